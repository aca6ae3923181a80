import {
  type Accept,
  type CloseInfo,
  type CompressionOptions,
  type OriginPolicy,
  type Reject,
  reject,
  type ServerSocket,
  type UpgradeRequest,
  type WebSocketServer,
} from "../engine/index.ts";
import {
  type Command,
  type Delivery,
  type Entry,
  type Attendance,
  type Found,
  type GatewayCore,
  type GatewayCoreInfo,
  type GatewayCounters,
  type GatewayEffect,
  type GatewayInput,
  type QuestionEffect,
  type Results,
  type Route,
} from "../gateway/index.ts";
import { closeCodes, type IsBinary, subprotocols, type WireError } from "../wire/index.ts";
import type { Entrance } from "./entrance.ts";
import { codecOf, DeliveryForms, Forms } from "./forms.ts";
import type { Hooks } from "./hooks.ts";
import type { ServerLimits } from "./limits.ts";
import type { Log } from "./log.ts";
import type { Machine } from "./machine.ts";
import { ChannelWatch } from "./operate/channel-watch.ts";
import type { Meters } from "./operate/meters.ts";
import type { Store } from "./store.ts";
import { type Batch, Turn } from "./turn.ts";
import type { Visitor } from "./visitor.ts";

export interface ShellOptions {
  readonly core: GatewayCore;
  readonly entrance: Entrance;
  readonly hooks: Hooks;
  readonly store: Store;
  readonly limits: ServerLimits;
  readonly origins: OriginPolicy;
  readonly compression: CompressionOptions | undefined;
  readonly log: Log;
  readonly machine: Machine;
  readonly meters: Meters;
}

type Socket = ServerSocket<Visitor>;

/** A message may be so much longer than its limit and is still answered with an error; a longer one ends the connection (1009). */
const hardLimitFactor = 2;

/** Carries out what the core decides: one input at a time, its effects in order, sockets and hooks and the store at its hands. */
export class Shell {
  readonly engine: WebSocketServer<Visitor>;
  readonly core: GatewayCore;
  /** While it is true handshakes are refused with 503. */
  isDraining = false;
  readonly channelWatch: ChannelWatch = new ChannelWatch();
  readonly #options: ShellOptions;
  readonly #sockets = new Map<number, Socket>();
  /** Connections whose queue is over the high-water mark. */
  readonly #congested = new Set<number>();
  readonly #deliveries: DeliveryForms;
  readonly #isBinary: IsBinary = (channel, event) => {
    const found = this.find(channel);
    return found.type === "found" && found.value.settings.binary?.includes(event) === true;
  };

  readonly #turn = new Turn();
  readonly #endTurn = (): void => {
    for (const batch of this.#turn.take()) this.#flush(batch);
  };

  readonly #inputs: GatewayInput[] = [];
  readonly #commands = new Map<number, (connectionCount: number) => void>();
  #lastCommand = 0;
  #isRunning = false;
  #whenEmpty: (() => void)[] = [];
  #cancelTimer: (() => void) | undefined;
  #timerAtMs = Infinity;

  constructor(options: ShellOptions) {
    const { compression, limits, log, machine, origins } = options;
    this.#options = options;
    this.core = options.core;
    this.#deliveries = new DeliveryForms(this.#isBinary);
    this.engine = machine.createWebSocketServer<Visitor>({
      protocols: Object.values(subprotocols),
      origins,
      maxMessageBytes: limits.maxMessageBytes * hardLimitFactor,
      maxConnections: limits.maxConnections,
      pingAfterMs: limits.pingAfterMs,
      deadAfterMs: limits.deadAfterMs,
      stalledAfterMs: limits.stalledAfterMs,
      highWaterBytes: limits.highWaterBytes,
      ...(compression === undefined ? {} : { compression }),
      upgrade: (request) => this.#admit(request),
      open: (socket) => this.#open(socket),
      message: (socket, data) => this.#receive(socket, data),
      drain: (socket) => this.#drained(socket),
      close: (socket, info) => this.#closed(socket, info),
      error: (error, socket) => log.error({ error, connection: socket?.id }, "A connection failed"),
    });
  }

  get info(): GatewayCoreInfo {
    return this.core.info;
  }

  get counters(): GatewayCounters {
    return this.core.counters;
  }

  /** Bytes that wait for their receivers, all connections together. */
  get queuedBytes(): number {
    let bytes = 0;
    for (const socket of this.#sockets.values()) bytes += socket.bufferedBytes;
    return bytes;
  }

  /** Connections whose queue is over its mark. */
  get congestedCount(): number {
    return this.#congested.size;
  }

  /** What a channel's name leads to. */
  find(channel: string): Found<Route> {
    return this.core.find(channel);
  }

  /** Why a channel takes no more of the server's own now; nothing if it does, and then it is counted. */
  refuse(channel: string, content: string): WireError | undefined {
    const { core, machine } = this.#options;
    return core.refuse(channel, { content, nowMs: machine.steadyMs() });
  }

  attendanceOf(channel: string): Attendance {
    return this.core.attendanceOf(channel);
  }

  /** Takes an input; at once, or after those that are in work. */
  feed(input: GatewayInput): void {
    this.#inputs.push(input);
    if (this.#isRunning) return;
    this.#isRunning = true;
    const { core, machine, store } = this.#options;
    const { tracing } = store;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        const startMs = machine.steadyMs();
        const effects = core.handle(next, startMs);
        for (const effect of effects) this.#carryOut(effect);
        if (tracing !== undefined && next.type === "appended") {
          const { channel, entry } = next;
          tracing.delivered(
            { channel, tag: entry.tag },
            {
              startMs,
              endMs: machine.steadyMs(),
              receiverCount: countReceivers(effects),
            },
          );
        }
      }
    } finally {
      this.#isRunning = false;
    }
    this.#arm();
  }

  /** The store tells of an entry. */
  appended(channel: string, epoch: string, entry: Entry): void {
    const { machine, meters } = this.#options;
    this.feed({ type: "appended", channel, epoch, entry });
    meters.flights.landed(entry.tag, machine.steadyMs());
    this.channelWatch.appended(channel, entry);
  }

  broadcasted(channel: string, payload: string): void {
    this.feed({ type: "broadcasted", channel, payload });
    this.channelWatch.broadcasted(channel, payload);
  }

  /** The connections that speak the protocol, by their ids, in the order in which they were opened. */
  get sockets(): ReadonlyMap<number, Socket> {
    return this.#sockets;
  }

  /** Resolves when no connection is left. */
  async emptied(): Promise<void> {
    if (this.#sockets.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenEmpty.push(resolve);
    });
  }

  /** Carries out a command. @returns at how many connections something came of it. */
  async command(command: Command): Promise<number> {
    this.#lastCommand += 1;
    const request = this.#lastCommand;
    return new Promise((resolve) => {
      this.#commands.set(request, resolve);
      this.feed({ type: "commanded", request, command });
    });
  }

  /** Nothing more happens by itself. */
  stop(): void {
    this.#cancelTimer?.();
    this.#timerAtMs = -Infinity;
  }

  // ---- sockets

  #admit(request: UpgradeRequest): Accept<Visitor> | Reject {
    if (!this.isDraining) return this.#options.entrance.admit(request);
    return reject(503, "The server is going away", { "Retry-After": "1" });
  }

  #open(socket: Socket): void {
    const { entrance, log, machine } = this.#options;
    entrance.entered(socket.data);
    socket.data.openedAtMs = machine.wallMs();
    log.info({ connection: socket.id, remoteAddress: socket.data.remoteAddress }, "Connection opened");
    // A browser is not shown an HTTP status, so the refusal is a close code.
    if (codecOf(socket) === undefined) {
      return socket.close(closeCodes.badVersion, `This server speaks ${Object.values(subprotocols).join(" and ")}`);
    }
    this.#sockets.set(socket.id, socket);
    this.feed({ type: "opened", connection: socket.id });
  }

  #receive(socket: Socket, data: string | Uint8Array): void {
    const codec = codecOf(socket) ?? "json";
    this.feed({ type: "received", connection: socket.id, data, bytes: Buffer.byteLength(data), codec });
  }

  #drained(socket: Socket): void {
    const { id } = socket;
    this.#congested.delete(id);
    socket.resume();
    this.feed({ type: "drained", connection: id });
  }

  #closed({ data, id }: Socket, { by, code, reason, wasClean }: CloseInfo): void {
    this.#options.entrance.left(data);
    this.#options.log.info({ connection: id, code, reason, by, wasClean }, "Connection closed");
    this.#options.meters.closed({ by, code });
    this.#sockets.delete(id);
    this.#congested.delete(id);
    // A tab that is closed says 1001, a client that is closed 1000; 1005 is a close frame without a code.
    const isGoodbye = by === "peer" && (code === 1000 || code === 1001 || code === 1005);
    this.feed({ type: "closed", connection: id, isGoodbye });
    if (this.#sockets.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  /** Leaves when the turn is over, or when something else is to happen to a socket: with what else its receivers are sent. */
  #send(to: readonly number[], text: string): void {
    if (this.#turn.add(to, text)) queueMicrotask(this.#endTurn);
  }

  #flush({ texts, to }: Batch): void {
    const forms = new Forms(texts, to.length > 1, this.#isBinary);
    for (const id of to) {
      const socket = this.#sockets.get(id);
      if (socket !== undefined && !socket.send(forms.for(socket))) this.#tellCongested(id);
    }
  }

  #replay(id: number, deliveries: readonly Delivery[]): void {
    const socket = this.#sockets.get(id);
    if (socket === undefined) return;
    let isFlowing = true;
    for (const delivery of deliveries) isFlowing = socket.send(this.#deliveries.of(delivery).for(socket));
    if (!isFlowing) this.#tellCongested(id);
  }

  #tellCongested(id: number): void {
    if (this.#congested.has(id)) return;
    this.#congested.add(id);
    // Who does not read is not read: its next requests, and their answers, wait where they are.
    this.#sockets.get(id)?.pause();
    this.feed({ type: "congested", connection: id });
  }

  // ---- effects

  #carryOut(effect: GatewayEffect): void {
    const { store } = this.#options;
    switch (effect.type) {
      case "send":
        return this.#send(effect.to, effect.text);
      case "replay":
        this.#endTurn();
        return this.#replay(effect.connection, effect.deliveries);
      case "close":
        this.#endTurn();
        this.#options.log.warn(
          { connection: effect.connection, code: effect.code, reason: effect.reason },
          "Closing a connection",
        );
        return this.#sockets.get(effect.connection)?.close(effect.code, effect.reason);
      case "awaitDrain":
        this.#endTurn();
        if (!this.#congested.has(effect.connection)) this.feed({ type: "drained", connection: effect.connection });
        return;
      case "done":
        this.#commands.get(effect.request)?.(effect.connectionCount);
        this.#commands.delete(effect.request);
        return;
      case "leave":
        return void store.leave(effect.channel);
      case "broadcast":
        return void store.broadcast(effect.channel, effect.payload);
      default:
        return this.#answer(effect);
    }
  }

  #answer(effect: QuestionEffect): void {
    const { hooks, store } = this.#options;
    const { request } = effect;
    switch (effect.type) {
      case "authenticate":
        return this.#authenticate(effect);
      case "authorize": {
        const { request: _request, type: _type, ...question } = effect;
        return hooks.authorize(question, (result) => this.#settle({ question: "authorize", request, result }));
      }
      case "validate":
        return hooks.validate(effect, (result) => this.#settle({ question: "validate", request, result }));
      case "call":
        return hooks.call(effect, (result) => this.#settle({ question: "call", request, result }));
      case "append":
        return void store.append(effect.draft).then((result) => this.#settle({ question: "append", request, result }));
      case "recall":
        return void store.recall(effect.draft).then((result) => this.#settle({ question: "recall", request, result }));
      case "read":
        return void store.read(effect.read).then((result) => this.#settle({ question: "read", request, result }));
      case "compare":
        return void store
          .compare(effect.known)
          .then((result) => this.#settle({ question: "compare", request, result }));
      case "join":
        return void store.join(effect.channel).then((result) => this.#settle({ question: "join", request, result }));
      default:
        return effect satisfies never;
    }
  }

  #authenticate({
    connection,
    device,
    request,
    token,
  }: Extract<QuestionEffect, { readonly type: "authenticate" }>): void {
    const then = (result: Results["authenticate"]): void => this.#settle({ question: "authenticate", request, result });
    const socket = this.#sockets.get(connection);
    if (socket === undefined) return then({ type: "refused" });
    const { hooks } = this.#options;
    const { request: handshake, ticket } = socket.data;
    const asked = { token, device, request: handshake };
    if (token === undefined && ticket !== undefined) hooks.redeem(ticket, asked, then);
    else hooks.authenticate(asked, then);
  }

  #settle<Type extends keyof Results>(settled: {
    readonly question: Type;
    readonly request: number;
    readonly result: Results[Type];
  }): void {
    // One of the union's members, of which the compiler has lost sight.
    this.feed({ type: "settled", ...settled } as GatewayInput);
  }

  #arm(): void {
    const { core, machine } = this.#options;
    const { nextMs } = core;
    if (nextMs >= this.#timerAtMs || this.#timerAtMs === -Infinity) return;
    this.#cancelTimer?.();
    this.#timerAtMs = nextMs;
    this.#cancelTimer = machine.after(Math.max(0, Math.ceil(nextMs - machine.steadyMs())), () => {
      this.#timerAtMs = Infinity;
      this.feed({ type: "tick" });
    });
  }
}

function countReceivers(effects: readonly GatewayEffect[]): number {
  return effects.reduce((count, effect) => (effect.type === "send" ? count + effect.to.length : count), 0);
}

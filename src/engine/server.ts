import type { IncomingMessage } from "node:http";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  Connection,
  type ExtendedConnectRequest,
  prepareMessage,
  type Refusal,
  selectProtocol,
} from "../protocol/index.ts";
import { type AnyHttpServer, attachTo } from "./attachments.ts";
import { type Caller, cutSocket, isStream, streamCaller, upgradeCaller } from "./caller.ts";
import { type AgreedDeflate, Compression } from "./compression.ts";
import { addCounters, type Counting, createCounters, type ServerCounters } from "./counters.ts";
import { tellHandshake } from "./diagnostics.ts";
import { reportError } from "./handlers.ts";
import { createHttp1Listener, type Listener } from "./http1-listener.ts";
import { createHttp2Listener } from "./http2-listener.ts";
import { type LineLimits, readLimits, requireLimit } from "./limits.ts";
import { Line } from "./line.ts";
import { type ListenAddress, type ListenOptions, startListening } from "./listener.ts";
import { isAllowedOrigin } from "./origin-policy.ts";
import { PendingUpgrade } from "./pending-upgrade.ts";
import { createRefusal, refuse } from "./refuse.ts";
import { isPrepared, type MessageData } from "./queue-message.ts";
import type { ServerSocket } from "./sockets.ts";
import { sharedTimerWheel, type TimerWheel } from "./timer-wheel.ts";
import { Topics } from "./topics.ts";
import { accept, type Accept, describeUpgrade, type Reject, type UpgradeRequest } from "./upgrade.ts";
import type { CloseServerOptions, PublishOptions, ServerOptions, WebSocketServer } from "./web-socket-server.ts";

/**
 * Makes a WebSocket server. It does nothing until {@link WebSocketServer.listen} or {@link WebSocketServer.attach}.
 *
 * @throws {RangeError} for a limit that is not a positive integer or `Infinity`.
 *
 * @example
 * ```ts
 * const server = createWebSocketServer({
 *   upgrade: (request) => accept({ data: { name: request.query.get("name") ?? "guest" } }),
 *   message(socket, data) {
 *     socket.send(`${socket.data.name}: ${data}`);
 *   },
 * });
 * const { url } = await server.listen({ port: 0 });
 * ```
 */
export function createWebSocketServer<Data>(
  options: ServerOptions<Data> & Pick<Required<ServerOptions<Data>>, "upgrade">,
): WebSocketServer<Data>;
/** Makes a WebSocket server whose sockets carry no data of the user's. */
export function createWebSocketServer(options?: ServerOptions): WebSocketServer;
export function createWebSocketServer<Data>(options: ServerOptions<Data> = {}): WebSocketServer<Data> {
  return new LineServer(options);
}

type Answer<Data> = Accept<Data> | Reject;

/** A handshake that is in order, and where it came from. */
interface Call {
  readonly handshake: ExtendedConnectRequest;
  readonly caller: Caller;
}

const closingRefusal = createRefusal(503, "The server is closing", [["Retry-After", "5"]]);

class LineServer<Data> implements WebSocketServer<Data> {
  readonly #options: ServerOptions<Data>;
  readonly #limits: LineLimits;
  readonly #timers: TimerWheel;
  readonly #handshakeTimeoutMs: number;
  readonly #maxConnections: number;
  /** Of the handshakes. */
  readonly #handshakes = { accepted: 0, refused: 0, closed: 0 };
  /** Of the connections that are gone: the others count for themselves. */
  readonly #gone: Counting = createCounters();
  readonly #topics: Topics<Line<Data>>;
  readonly #compression: Compression | undefined;
  readonly #lines = new Set<Line<Data>>();
  readonly #pending = new Set<PendingUpgrade<Answer<Data>>>();
  /** Sockets that were refused and are not closed yet. */
  readonly #refused = new Set<Duplex>();
  readonly #detachers: (() => void)[] = [];
  readonly #listeners: Listener[] = [];
  /** What `listen()` has begun: nothing can be closed before it listens. */
  readonly #starting = new Set<Promise<unknown>>();
  readonly #whenEmpty: (() => void)[] = [];
  readonly #onClosed = (line: Line<Data>): void => {
    this.#handshakes.closed++;
    addCounters(this.#gone, line.counters);
    this.#lines.delete(line);
    this.#tellIfEmpty();
  };
  #lastId = 0;
  #isClosing = false;

  constructor(options: ServerOptions<Data>) {
    this.#options = options;
    this.#limits = readLimits(options);
    this.#timers = options.timers ?? sharedTimerWheel();
    this.#handshakeTimeoutMs = requireLimit("handshakeTimeoutMs", options.handshakeTimeoutMs ?? 10_000);
    this.#maxConnections = requireLimit("maxConnections", options.maxConnections ?? 20_000);
    this.#topics = new Topics(requireLimit("maxTopicsPerSocket", options.maxTopicsPerSocket ?? 256));
    const { compression } = options;
    this.#compression = compression && new Compression("server", compression);
  }

  get sockets(): ReadonlySet<ServerSocket<Data>> {
    return this.#lines;
  }

  get counters(): ServerCounters {
    const sum = { ...this.#gone };
    for (const line of this.#lines) addCounters(sum, line.counters);
    return { ...this.#handshakes, ...sum };
  }

  publish(topic: string, data: MessageData, options: PublishOptions<Data> = {}): number {
    const members = this.#topics.membersOf(topic);
    if (members.size === 0) return 0;
    const message = isPrepared(data) ? data : prepareMessage(data);
    let count = 0;
    for (const line of members) {
      if (line === options.except || line.state !== "open") continue;
      line.send(message);
      count++;
    }
    return count;
  }

  async listen(options: ListenOptions): Promise<ListenAddress> {
    if (this.#isClosing) throw new Error("Cannot listen: the server is closed");
    const starting = this.#listen(options);
    this.#starting.add(starting);
    return starting.finally(() => this.#starting.delete(starting));
  }

  async #listen(options: ListenOptions): Promise<ListenAddress> {
    const createListener = options.http2 === true ? createHttp2Listener : createHttp1Listener;
    const listener = createListener({
      tls: options.tls,
      handshakeTimeoutMs: this.#handshakeTimeoutMs,
      timers: this.#timers,
    });
    const address = await startListening(listener.server, { ...options, path: this.#options.path });
    this.#listeners.push(listener);
    this.#attach(listener.server, this.#options.path);
    return address;
  }

  attach(server: AnyHttpServer, options: { readonly path?: string } = {}): void {
    if (this.#isClosing) throw new Error("Cannot attach: the server is closed");
    this.#attach(server, options.path ?? this.#options.path);
  }

  #attach(server: AnyHttpServer, path: string | undefined): void {
    const detach = attachTo(server, {
      path,
      handle: (caller) => this.#receive(caller),
      handleForeign: (caller) => this.#refuse(caller, createRefusal(404, "Nothing is here")),
    });
    this.#detachers.push(detach);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#receive(upgradeCaller(request, socket, head));
  }

  handleStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    this.#receive(streamCaller(stream, headers));
  }

  async close(options: CloseServerOptions = {}): Promise<void> {
    const { code = 1001, reason = "", graceMs = 5_000 } = options;
    new Connection({ role: "server" }).sendClose(code, reason); // throws what every connection would throw
    this.#isClosing = true;
    if (this.#starting.size > 0) await Promise.allSettled(this.#starting);
    for (const detach of this.#detachers.splice(0)) detach();
    const listeners = this.#listeners.splice(0);
    const closed = listeners.map((listener) => listener.close());
    for (const pending of this.#pending) pending.answer(closingRefusal);
    for (const line of this.#lines) line.close(code, reason);
    const cutting = this.#timers.schedule(graceMs, () => this.#cutAll(listeners));
    await this.#empty();
    for (const listener of listeners) listener.cutUnused();
    await Promise.all(closed);
    this.#timers.cancel(cutting);
  }

  #receive(caller: Caller): void {
    caller.socket.on("error", ignoreError);
    const handshake = this.#judge(caller);
    if (handshake.type === "refusal") return this.#refuse(caller, handshake);
    const call: Call = { handshake, caller };
    const answer = this.#decide(describeUpgrade(handshake, caller));
    if (answer instanceof Promise) this.#await(answer, call);
    else this.#answer(answer, call);
  }

  /** What can be known without the application. */
  #judge(caller: Caller): ExtendedConnectRequest | Refusal {
    if (this.#isClosing) return closingRefusal;
    const handshake = caller.readHandshake();
    if (handshake.type === "refusal") return handshake;
    const { origin = "", host } = handshake;
    if (!isAllowedOrigin(this.#options.origins ?? "same", { ...handshake, isSecure: caller.isSecure })) {
      return createRefusal(403, `Cannot accept a connection from ${origin} to ${host}`);
    }
    if (this.#lines.size + this.#pending.size < this.#maxConnections) return handshake;
    return createRefusal(503, "Too many connections", [["Retry-After", "5"]]);
  }

  #decide(request: UpgradeRequest): Answer<Data> | Promise<Answer<Data>> {
    if (this.#options.upgrade === undefined) return accept() as Accept<Data>; // without it Data is undefined: see the overloads
    try {
      return this.#options.upgrade(request);
    } catch (error) {
      return this.#fail(error);
    }
  }

  #await(answer: Promise<Answer<Data>>, call: Call): void {
    const pending = new PendingUpgrade<Answer<Data>>({
      socket: call.caller.socket,
      timers: this.#timers,
      timeoutMs: this.#handshakeTimeoutMs,
      lateAnswer: createRefusal(503, "The decision took too long"),
      onSettled: (settled) => this.#pending.delete(settled),
      onAnswer: (given) => this.#answer(given, call),
    });
    this.#pending.add(pending);
    answer.then(
      (given) => pending.answer(given),
      (error: unknown) => pending.answer(this.#fail(error)),
    );
  }

  #answer(answer: Answer<Data>, call: Call): void {
    const { socket, head } = call.caller;
    if (socket.destroyed) return;
    const greeting = this.#greet(answer, call);
    if (greeting.type === "refusal") return this.#refuse(call.caller, greeting);
    this.#handshakes.accepted++;
    tellHandshake({ remoteAddress: call.caller.remoteAddress, status: isStream(socket) ? 200 : 101, reason: "" });
    if (socket instanceof Socket) socket.setTimeout(0).setNoDelay(true);
    const line = new Line<Data>({
      role: "server",
      socket,
      handlers: this.#options,
      limits: this.#limits,
      isDirect: this.#options.directIo ?? true,
      timers: this.#timers,
      protocol: greeting.protocol,
      extensions: greeting.deflate?.header ?? "",
      codec: greeting.deflate?.createCodec(),
      data: greeting.data,
      id: ++this.#lastId,
      counters: createCounters(),
      topics: this.#topics,
      onClosed: this.#onClosed,
    });
    this.#lines.add(line);
    socket.off("error", ignoreError);
    line.open(greeting.bytes);
    line.read(head);
  }

  #greet(answer: Answer<Data>, { handshake, caller }: Call): Greeting<Data> | Refusal {
    try {
      if (answer.type === "refusal") return answer;
      // Whatever else an untyped program returns: when in doubt, nobody is let in.
      if (answer.type !== "accept") {
        throw new TypeError("Cannot answer a handshake: upgrade must return accept() or reject()");
      }
      const { data, headers, protocol = selectProtocol(handshake.protocols, this.#options.protocols ?? []) } = answer;
      const deflate = this.#compression?.answer(handshake.extensions);
      const bytes = caller.accept({ protocol, headers, extensions: deflate?.header });
      return { type: "greeting", bytes, protocol: protocol ?? "", deflate, data };
    } catch (error) {
      return this.#fail(error); // a header or a subprotocol that may not be sent, or no answer at all
    }
  }

  #refuse(caller: Caller, refusal: Refusal): void {
    const { remoteAddress, socket } = caller;
    socket.on("error", ignoreError);
    const linger = { timers: this.#timers, lingerMs: this.#limits.closeTimeoutMs };
    try {
      refuse(caller, refusal, linger);
      tellHandshake({ remoteAddress, status: refusal.status, reason: refusal.reason });
    } catch (error) {
      const failure = this.#fail(error);
      refuse(caller, failure, linger);
      tellHandshake({ remoteAddress, status: failure.status, reason: failure.reason });
    }
    this.#handshakes.refused++;
    this.#refused.add(socket);
    socket.once("close", () => {
      this.#refused.delete(socket);
      this.#tellIfEmpty();
    });
  }

  #fail(error: unknown): Reject {
    reportError(this.#options, error);
    return createRefusal(500, "Internal error");
  }

  #cutAll(listeners: readonly Listener[]): void {
    for (const line of this.#lines) line.terminate();
    for (const socket of this.#refused) cutSocket(socket);
    for (const listener of listeners) listener.cut();
  }

  #empty(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
      this.#tellIfEmpty();
    });
  }

  #tellIfEmpty(): void {
    if (this.#lines.size + this.#refused.size > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

interface Greeting<Data> {
  readonly type: "greeting";
  readonly bytes: Uint8Array;
  readonly protocol: string;
  /** Where compression was negotiated. */
  readonly deflate: AgreedDeflate | undefined;
  readonly data: Data;
}

/** A peer may leave during its handshake: `close` follows. */
function ignoreError(): void {}

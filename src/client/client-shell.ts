import type { ChannelParams, Durability, User, WireEvent } from "../wire/index.ts";
import { Alarm } from "./alarm.ts";
import type { ClientControls, ClientStateInfo, RoomOptions } from "./client.ts";
import { ClientCore, type ClientCoreOptions } from "./client-core.ts";
import type { Written } from "./codec.ts";
import type { Clock, ConnectOptions } from "./connect-options.ts";
import type { Effect } from "./effect.ts";
import { ClientError, SendError } from "./errors.ts";
import { type FrameLimits, framesOf } from "./frames.ts";
import { Listeners } from "./listeners.ts";
import type { Pending } from "./pending.ts";
import type { OpenMemory, PositionMemory } from "./position-memory.ts";
import { randomHex } from "./random-hex.ts";
import type { Ack, HistoryPage, Message, Room, SendOptions } from "./room.ts";
import { handle, RoomHandle } from "./room-handle.ts";
import { keyOf } from "./room-key.ts";
import type { HistorySpan } from "./subscription.ts";
import type { WebSocketConstructor, WebSocketLike } from "./websocket-like.ts";

export interface ClientShellOptions extends ClientCoreOptions {
  readonly url: string;
  readonly token: ConnectOptions["token"];
  readonly WebSocket: WebSocketConstructor;
  readonly clock: Clock;
  readonly maxBufferedCount: number;
  readonly maxLatestCount: number;
  readonly memory?: PositionMemory | undefined;
}

/** A room that the server opened. */
interface NewRoom {
  readonly channel: string;
  readonly params: ChannelParams;
  readonly room: Room;
}

type NewRoomEffect = Extract<Effect, { readonly type: "room" }>;
type RoomEffect = Exclude<Extract<Effect, { readonly room: number }>, NewRoomEffect>;

/** How long `close()` waits for the server's close frame. */
const closeTimeoutMs = 5000;

/** The client's world: the socket, the one timer, the promises and listeners around a `ClientCore`. Decides nothing. */
export class ClientShell {
  readonly #options: ClientShellOptions;
  readonly #core: ClientCore;
  readonly #states: Listeners<ClientStateInfo>;
  readonly #errors: Listeners<ClientError>;
  readonly #newRooms: Listeners<NewRoom>;
  readonly #rooms: Map<number, RoomHandle> = new Map();
  /** The number of the room of these parameters. */
  readonly #roomOf: Map<string, number> = new Map();
  readonly #pending: Map<number, Pending> = new Map();
  readonly #memory: OpenMemory | undefined;
  #socket: WebSocketLike | undefined;
  /** Counts lines: what an earlier one still says is not heard. */
  #line = 0;
  /** What is written in this turn: it leaves together. */
  #unsent: Written[] = [];
  /** Of the hello: nothing is written before it. */
  #limits: FrameLimits | undefined;
  #info: ClientStateInfo = { state: "connecting" };
  #user: User | undefined;
  #durability: Durability | undefined;
  readonly #alarm: Alarm;
  #isPerforming = false;
  #closed: Promise<void> | undefined;
  readonly #wake = (): void => {
    this.#core.wake(this.#nowMs());
    this.#perform();
  };

  readonly #shown = (): void => {
    if (globalThis.document.visibilityState === "visible") this.#wake();
  };

  constructor(options: ClientShellOptions) {
    this.#options = options;
    this.#core = new ClientCore({ ...options, recall: (...at) => this.#memory?.recall(...at) });
    this.#errors = new Listeners((error) => console.error(error));
    this.#states = new Listeners((error) => this.#thrown(error));
    this.#newRooms = new Listeners((error) => this.#thrown(error));
    this.#alarm = new Alarm(options.clock, () => {
      this.#core.tick(this.#nowMs());
      this.#perform();
    });
    this.#memory = options.memory?.({
      url: options.url,
      clock: options.clock,
      userId: () => this.#user?.id,
      positions: () => [...this.#rooms.values()].flatMap((handle) => handle.settle()),
      report: (error) => this.#report(error),
    });
  }

  start(): void {
    // A browser's global object is an event target; Node's is not.
    globalThis.addEventListener?.("online", this.#wake);
    globalThis.document?.addEventListener("visibilitychange", this.#shown);
    this.#core.start(this.#nowMs());
    this.#perform();
  }

  controls(): ClientControls {
    const state = (): ClientStateInfo["state"] => this.#info.state;
    const user = (): User | undefined => this.#user;
    const durability = (): Durability | undefined => this.#durability;
    return {
      get state() {
        return state();
      },
      get user() {
        return user();
      },
      get durability() {
        return durability();
      },
      onState: (listener) => {
        const unsubscribe = this.#states.add(listener);
        listener(this.#info);
        return unsubscribe;
      },
      onRoom: (channel, listener) =>
        this.#newRooms.add((room) => {
          if (room.channel === channel) listener(room.room, room.params);
        }),
      onError: (listener) => this.#errors.add(listener),
      reconnect: this.#wake,
      close: () => (this.#closed ??= this.#close()),
    };
  }

  /** The room of these parameters: the one there is, or a new one. */
  open(channel: string, params: ChannelParams, { recent = 0 }: RoomOptions): Room {
    const key = keyOf(channel, params);
    const known = this.#rooms.get(this.#roomOf.get(key) ?? 0);
    if (known !== undefined) return known.room;
    const room = this.#hold(key, this.#core.join({ channel, params, recentCount: recent }, this.#nowMs()));
    this.#perform();
    return room;
  }

  #hold(key: string, id: number): Room {
    const handle = new RoomHandle({
      maxBufferedCount: this.#options.maxBufferedCount,
      maxLatestCount: this.#options.maxLatestCount,
      send: (event, data, options) => this.#send(id, { event, data, options }),
      history: (options) => this.#history(id, options),
      call: (method, data) =>
        new Promise((result, failed) => {
          this.#wait(this.#core.call(id, { method, data }, this.#nowMs()), { result, failed });
        }),
      leave: () => {
        this.#memory?.forget(this.#core.whereIs(id)?.[0] ?? "");
        this.#core.leave(id);
        this.#perform();
      },
      thrown: (error) => this.#thrown(error),
    });
    this.#rooms.set(id, handle);
    this.#roomOf.set(key, id);
    return handle.room;
  }

  #send(
    room: number,
    { event, data, options }: { event: string; data: unknown; options: SendOptions },
  ): Promise<Ack | boolean> {
    const { id = randomHex(16), signal, echo = true, firstSentAtMs } = options;
    const sent = new Promise<Ack | boolean>((resolve, reject) => {
      if (signal?.aborted === true) return reject(new SendError("ABORTED", `Cannot send ${event}: given up`, id));
      const nowMs = this.#nowMs();
      const age = firstSentAtMs === undefined ? {} : { sinceMs: nowMs - Math.max(0, Date.now() - firstSentAtMs) };
      const ticket = this.#core.publish(room, { event, id, data, isSilent: !echo, ...age }, nowMs);
      const abort = (): void => {
        this.#core.abort(ticket, this.#nowMs());
        this.#perform();
      };
      signal?.addEventListener("abort", abort);
      const settle = (): void => signal?.removeEventListener("abort", abort);
      const failed = (error: ClientError): void => {
        reject(error);
        // `sent` is not there yet if it fails at once.
        if (error.code === "CLOSED") queueMicrotask(() => handle(sent));
      };
      this.#wait(ticket, { sent: resolve, failed, settle });
    });
    return sent;
  }

  #history(room: number, span: HistorySpan): Promise<HistoryPage> {
    return new Promise((resolve, reject) => {
      const ticket = this.#core.history(room, span, this.#nowMs());
      this.#wait(ticket, {
        page: (events, more) => resolve({ messages: events.map((event) => this.#message(event)), more }),
        failed: reject,
      });
    });
  }

  #wait(ticket: number, pending: Pending): void {
    this.#pending.set(ticket, pending);
    this.#perform();
  }

  #message({ event, data, messageId, user, offset, atMs }: WireEvent): Message {
    return { event, data, id: messageId, user, offset, atMs, isMine: user.id === this.#user?.id };
  }

  #close(): Promise<void> {
    const socket = this.#socket;
    const closed = new Promise<void>((resolve) => {
      if (socket === undefined) return resolve();
      const cancel = this.#options.clock.after(closeTimeoutMs, resolve);
      socket.addEventListener("close", () => {
        cancel();
        resolve();
      });
    });
    this.#memory?.close();
    this.#core.close();
    this.#perform();
    return closed;
  }

  // ---- effects

  /** Does what the core wants. What a listener asks of the core meanwhile joins the queue. */
  #perform(): void {
    if (this.#isPerforming) return;
    this.#isPerforming = true;
    for (let effects = this.#core.takeEffects(); effects.length > 0; effects = this.#core.takeEffects()) {
      for (const effect of effects) this.#do(effect);
    }
    this.#isPerforming = false;
    this.#memory?.note();
    this.#alarm.set(this.#core.deadlineMs);
  }

  #do(effect: Effect): void {
    switch (effect.type) {
      case "dial":
        return this.#dial();
      case "token":
        return this.#fetchToken();
      case "write":
        return this.#write(effect);
      case "hangUp":
        return this.#hangUp(effect.code);
      case "state":
        return this.#changeState(effect.info);
      case "server":
        this.#durability = effect.durability;
        this.#limits = effect.limits;
        return;
      case "room":
        return this.#tellNewRoom(effect);
      case "error":
        return this.#report(effect.error);
      case "sent":
        return this.#settle(effect.ticket, (pending) => pending.sent?.(effect.ack));
      case "result":
        return this.#settle(effect.ticket, (pending) => pending.result?.(effect.data));
      case "page":
        return this.#settle(effect.ticket, (pending) => pending.page?.(effect.events, effect.more));
      case "failed":
        return this.#settle(effect.ticket, (pending) => pending.failed(effect.error));
      default:
        return this.#tellRoom(effect);
    }
  }

  #tellNewRoom({ channel, params, room: id }: NewRoomEffect): void {
    const room = this.#hold(keyOf(channel, params), id);
    this.#newRooms.tell({ channel, params, room });
  }

  #tellRoom(effect: RoomEffect): void {
    const handle = this.#rooms.get(effect.room);
    handle?.settle();
    this.#tellHandle(effect, handle);
    handle?.moveTo(this.#core.whereIs(effect.room));
  }

  #tellHandle(effect: RoomEffect, handle: RoomHandle | undefined): void {
    switch (effect.type) {
      case "message":
        return handle?.receiveMessage(this.#message(effect.message));
      case "unstored":
        return effect.message.type === "latest"
          ? handle?.receiveLatest(effect.message)
          : handle?.receiveEphemeral(effect.message);
      case "gap":
        return handle?.receiveGap(effect.gap);
      case "presence":
        return handle?.receivePresence(effect.change);
      case "status":
        if (effect.info.status === "refused" || effect.info.status === "left") this.#forget(effect.room);
        return handle?.receiveStatus(effect);
      default:
        return effect satisfies never;
    }
  }

  #forget(room: number): void {
    this.#rooms.delete(room);
    for (const [key, id] of this.#roomOf) if (id === room) this.#roomOf.delete(key);
  }

  #settle(ticket: number, settle: (pending: Pending) => void): void {
    const pending = this.#pending.get(ticket);
    if (pending === undefined) return;
    this.#pending.delete(ticket);
    pending.settle?.();
    settle(pending);
  }

  #changeState(info: ClientStateInfo): void {
    this.#info = info;
    if (info.state === "open") this.#user = info.user;
    if (info.state === "closed") {
      globalThis.removeEventListener?.("online", this.#wake);
      globalThis.document?.removeEventListener("visibilitychange", this.#shown);
    }
    this.#states.tell(info);
  }

  #dial(): void {
    const { codec, url, WebSocket, token } = this.#options;
    const line = this.#line;
    const socket = new WebSocket(url, [codec.subprotocol]);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#hear(line, (nowMs) => this.#core.receive(data, nowMs)));
    socket.addEventListener("close", ({ code, reason }) =>
      this.#hear(line, (nowMs) => {
        this.#forgetLine();
        this.#core.loseLine(code, reason, nowMs);
      }),
    );
    if (typeof token !== "function") this.#core.receiveToken(token, this.#nowMs());
    else this.#fetchToken();
  }

  #fetchToken(): void {
    const { token } = this.#options;
    if (typeof token !== "function") return;
    const line = this.#line;
    Promise.resolve()
      .then(token)
      .then(
        (value) => this.#hear(line, (nowMs) => this.#core.receiveToken(value, nowMs)),
        (error: unknown) => this.#hear(line, (nowMs) => this.#core.failToken(String(error), nowMs)),
      );
  }

  /** Leaves when the turn is over, with what else is written in it. */
  #write(request: Written): void {
    if (this.#unsent.push(request) === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    if (this.#limits === undefined) return;
    for (const frame of framesOf(this.#unsent.splice(0), this.#options.codec, this.#limits)) this.#socket?.send(frame);
  }

  #hangUp(code: 1000 | undefined): void {
    this.#flush();
    this.#socket?.close(code);
    this.#forgetLine();
  }

  /** Neither its socket nor a token that was meant for it is heard any more. */
  #forgetLine(): void {
    this.#line += 1;
    this.#socket = undefined;
    this.#unsent = [];
  }

  #hear(line: number, tell: (nowMs: number) => void): void {
    if (line !== this.#line) return;
    tell(this.#nowMs());
    this.#perform();
  }

  #nowMs(): number {
    return this.#options.clock.nowMs();
  }

  #report(error: ClientError): void {
    if (this.#errors.count === 0) console.error(error);
    else this.#errors.tell(error);
  }

  #thrown(cause: unknown): void {
    this.#report(new ClientError("LISTENER", `A listener threw: ${String(cause)}`, { cause }));
  }
}

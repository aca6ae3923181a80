import type { Duplex } from "node:stream";
import type { Connection, ConnectionEvent, PreparedMessage, Role, SendOptions } from "../protocol/index.ts";
import { cutSocket, remoteAddressOf } from "./caller.ts";
import { type CloseInfo, lostBy, type PeerClose } from "./close-info.ts";
import { type Codec, compressedFrame, isToCompress } from "./codec.ts";
import type { Counting } from "./counters.ts";
import { tellBackpressure, tellClose, tellOpen } from "./diagnostics.ts";
import { reportError, type SocketHandlers } from "./handlers.ts";
import type { LineLimits } from "./limits.ts";
import { connectionFor, type LineHooks, type LineOptions } from "./line-options.ts";
import { createMaskingKey } from "./masking-keys.ts";
import { PeerPace } from "./peer-pace.ts";
import { requirePrepared } from "./require-prepared.ts";
import type { ServerSocket } from "./sockets.ts";
import type { TimerWheel, WheelTimer } from "./timer-wheel.ts";
import type { Topics } from "./topics.ts";
import { Writer } from "./writer.ts";

const nothing: readonly never[] = [];
// `drain` is called when the queue is down to this share of `highWaterBytes`: neither at every write nor only when it ran dry.
const drainShare = 0.25;
// A write that took so long waited for the peer. TLS lets every write wait for a moment, also those to a peer that is dead.
const peerWaitMs = 250;

/** One open connection, of either role: the protocol's state machine on a socket, with a writer and deadlines. */
export class Line<Data> implements ServerSocket<Data> {
  readonly data: Data;
  readonly id: number;
  readonly protocol: string;
  readonly remoteAddress: string | undefined;
  readonly #role: Role;
  readonly #socket: Duplex;
  readonly #handlers: SocketHandlers<Line<Data>>;
  readonly #limits: LineLimits;
  readonly #timers: TimerWheel;
  readonly #connection: Connection;
  readonly #codec: Codec | undefined;
  readonly #writer: Writer;
  readonly #counting: Counting;
  readonly #topics: Topics<Line<Data>> | undefined;
  readonly #onClosed: (line: Line<Data>) => void;
  readonly #hooks: LineHooks;
  /** Why the line is ending; the first cause stands. Undefined while it is open. */
  #ending: CloseInfo | undefined;
  #peerClose: PeerClose | undefined;
  /** The close frame that answers the peer: it is sent when what came before the peer's is told, and answered. */
  #lastWord: Uint8Array | undefined;
  #isGone = false;
  #hasPeerEnded = false;
  #isPaused = false;
  /** It was closed while it was paused, or a handler failed: what still comes is read for the close frame only. */
  #isDeaf = false;
  /** What arrived and may not be delivered yet. */
  #held: readonly ConnectionEvent[] = nothing;
  #needsDrain = false;
  #lastAliveMs: number;
  #hasPinged = false;
  /** When the heartbeat's ping that is not answered yet was sent. */
  #pingedAtMs: number | undefined;
  #roundTripMs: number | undefined;
  #blockedAtMs = 0;
  #heartbeatTimer: WheelTimer | undefined;
  #closeTimer: WheelTimer | undefined;
  #stallTimer: WheelTimer | undefined;
  #pace: PeerPace | undefined;

  constructor(options: LineOptions<Data>) {
    const { role, socket, limits, timers } = options;
    this.data = options.data;
    this.id = options.id;
    this.protocol = options.protocol;
    this.remoteAddress = remoteAddressOf(socket);
    this.#role = role;
    this.#socket = socket;
    this.#handlers = options.handlers;
    this.#limits = limits;
    this.#timers = timers;
    this.#counting = options.counting;
    this.#topics = options.topics;
    this.#onClosed = options.onClosed;
    this.#hooks = options.hooks ?? {};
    this.#codec = options.codec;
    this.#connection = connectionFor(options);
    this.#writer = new Writer({
      socket,
      counting: options.counting,
      ...(role === "client" ? { createMaskingKey } : {}),
      onBlocked: () => this.#watchStall(),
      onTaken: (hadToWait) => this.#handleTaken(hadToWait),
    });
    this.#lastAliveMs = timers.nowMs;
  }

  get state(): "open" | "closing" | "closed" {
    if (this.#isGone) return "closed";
    return this.#ending === undefined && (this.#lastWord ?? this.#speaking) !== undefined ? "open" : "closing";
  }

  /** The protocol, while it may send frames of its own: not any more when the peer's close frame has come. */
  get #speaking(): Connection | undefined {
    return this.#ending === undefined && this.#connection.state === "open" ? this.#connection : undefined;
  }

  get bufferedBytes(): number {
    return this.#writer.bufferedBytes;
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** The peer's close frame; undefined while none came. */
  get peerClose(): PeerClose | undefined {
    return this.#peerClose;
  }

  /** Begins. `greeting`, a server's 101, leaves in one write with what the `open` handler sends. */
  open(greeting: Uint8Array): void {
    if (greeting.length > 0) this.#writer.writeFrame(greeting);
    this.#socket.on("error", (error) => this.#end(lostBy("network", error.message)));
    this.#socket.on("close", () => this.#handleGone());
    this.#scheduleHeartbeat(0);
    tellOpen({ role: this.#role, socket: this });
    this.#run(this.#handlers.open, undefined);
  }

  /** Begins to read; `head` came before everything else. */
  read(head: Uint8Array): void {
    if (head.length > 0) this.#receive(head);
    this.#socket.on("end", () => this.#handlePeerEnd());
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    if (!this.#isPaused) this.#socket.resume();
  }

  send(data: string | Uint8Array | PreparedMessage, options?: SendOptions): boolean {
    if (this.state !== "open") return false;
    const [codec, role, connection] = [this.#codec, this.#role, this.#speaking];
    if (codec && connection && (options?.compress ?? isToCompress(data, codec, role))) {
      this.#writer.writeFrame(compressedFrame(data, { connection, codec, role }));
    } else if (typeof data === "string") this.#writer.writeText(data);
    else if (data instanceof Uint8Array) this.#writer.writeBinary(data);
    else this.#writer.writeFrame(requirePrepared(data, this.#role).frame);
    this.#counting.messagesOut++;
    const { bufferedBytes } = this.#writer;
    const { highWaterBytes, maxQueuedBytes } = this.#limits;
    if (bufferedBytes <= highWaterBytes) return true;
    if (!this.#needsDrain) {
      this.#needsDrain = true;
      this.#counting.backpressured++;
      tellBackpressure({ role: this.#role, socket: this, bufferedBytes, highWaterBytes });
    }
    if (bufferedBytes > maxQueuedBytes) this.close(1013, `More than ${maxQueuedBytes} bytes were waiting to be read`);
    return false;
  }

  subscribe(topic: string): boolean {
    return this.state === "open" && this.#topics !== undefined && this.#topics.add(this, topic);
  }

  unsubscribe(topic: string): boolean {
    return this.#topics !== undefined && this.#topics.remove(this, topic);
  }

  ping(data?: Uint8Array): void {
    this.sendFrame((connection) => connection.sendPing(data));
  }

  sendFrame(make: (connection: Connection) => Uint8Array): void {
    const connection = this.#speaking;
    if (connection !== undefined) this.#writer.writeFrame(make(connection));
  }

  close(code = 1000, reason = ""): void {
    this.#startClose(this.#speaking?.sendClose(code, reason), code, reason);
  }

  /** As {@link close}, with a frame that has no body: what a browser's `close()` sends, and its peer reads as 1005. */
  closeWithoutCode(): void {
    this.#startClose(this.#speaking?.sendClose(), 1005, "");
  }

  terminate(): void {
    this.#cut(lostBy("us", "The connection was terminated"));
  }

  pause(): void {
    if (this.state !== "open") return;
    this.#isPaused = true;
    this.#pingedAtMs = undefined; // the time in which we do not read is not the peer's
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#markAlive();
    // Not from within resume(), which a handler may have called; and before the socket reads on, a tick later.
    process.nextTick(() => this.#deliver());
    this.#socket.resume();
  }

  /** Without a frame it is the peer that closes: nothing more is sent but our answer to that. */
  #startClose(frame: Uint8Array | undefined, code: number, reason: string): void {
    if (frame !== undefined) {
      this.#writer.writeFrame(frame);
      this.#end({ code, reason, by: "us", wasClean: false });
    } else if (this.state === "open") this.#sayLastWord();
    else return;
    if (!this.#isPaused) return;
    this.#isDeaf = true;
    this.resume();
  }

  #receive(chunk: Uint8Array): void {
    this.#markAlive();
    this.#counting.bytesIn += chunk.length;
    const wasSpeaking = this.#connection.state === "open";
    this.#connection.receive(chunk);
    const output = this.#connection.takeOutput();
    if (wasSpeaking && this.#connection.state !== "open") this.#lastWord = output.at(-1);
    for (const frame of output) if (frame !== this.#lastWord) this.#writer.writeFrame(frame);
    // Nothing is held yet: a paused socket gives no data, and resume() delivers what is held before the data flows again.
    this.#held = this.#connection.takeEvents();
    const { isMidMessage } = this.#connection;
    if (isMidMessage || this.#pace !== undefined) this.#paceNow().watchMessage(isMidMessage, this.#held);
    this.#deliver();
  }

  #paceNow(): PeerPace {
    return (this.#pace ??= new PeerPace({
      limits: this.#limits,
      timers: this.#timers,
      isPaused: () => this.#isPaused,
      refuse: (reason) => this.#refuse(reason),
    }));
  }

  /** The peer behaves in a way that is not worth an answer: RFC 6455 §7.1.7, with 1008. */
  #refuse(reason: string): void {
    const frame = this.#speaking?.sendClose(1008, reason);
    if (frame === undefined) return;
    this.#isDeaf = true;
    this.#startClose(frame, 1008, reason);
    this.#writer.end();
  }

  #deliver(): void {
    const events = this.#held;
    let count = 0;
    for (const event of events) {
      if (this.#isPaused || this.#socket.destroyed) break;
      count++;
      this.#handleEvent(event);
    }
    this.#held = count === events.length ? nothing : events.slice(count);
    if (this.#held.length > 0) return;
    this.#codec?.release();
    if (this.#hasPeerEnded) this.#handlePeerEnd();
  }

  #sayLastWord(): void {
    if (this.#lastWord !== undefined) this.#writer.writeFrame(this.#lastWord);
    this.#lastWord = undefined;
  }

  #handleEvent(event: ConnectionEvent): void {
    switch (event.type) {
      case "message":
        if (this.#isDeaf) return;
        this.#counting.messagesIn++;
        return this.#run(this.#handlers.message, event.data);
      case "ping":
        return this.#paceNow().acceptPing() ? this.#run(this.#handlers.ping, event.data) : undefined;
      case "pong":
        this.#measureRoundTrip();
        return this.#run(this.#handlers.pong, event.data);
      case "close":
        this.#sayLastWord();
        this.#end({ code: event.code, reason: event.reason, by: "peer", wasClean: false });
        this.#peerClose = { code: event.code, reason: event.reason };
        // RFC 6455 §7.1.1: the server ends the transport first, so that it is the client that waits in TIME_WAIT for nobody.
        if (this.#role === "server") this.#writer.end();
        return;
      case "fail":
        this.#sayLastWord();
        this.#hooks.failed?.(event.code, event.reason);
        this.#end({ code: event.code, reason: event.reason, by: "us", wasClean: false });
        return this.#writer.end();
      default:
        event satisfies never;
    }
  }

  #handlePeerEnd(): void {
    this.#hasPeerEnded = true;
    if (this.#held.length > 0) return; // it ends when what it said before is delivered
    if (this.#connection.state === "closed") return this.#writer.end();
    this.#connection.receiveEnd();
    this.#cut(lostBy("network", "The peer ended the connection without a close frame"));
  }

  #handleGone(): void {
    this.#end(lostBy("network", "The connection was lost"));
    this.#isGone = true;
    this.#held = nothing;
    this.#codec?.close();
    this.#pace?.stop();
    for (const timer of [this.#heartbeatTimer, this.#closeTimer, this.#stallTimer]) this.#timers.cancel(timer);
    this.#topics?.removeAll(this);
    this.#onClosed(this);
    const info: CloseInfo = { ...(this.#ending as CloseInfo), wasClean: this.#peerClose !== undefined };
    tellClose({ role: this.#role, socket: this, info });
    this.#run(this.#handlers.close, info);
  }

  /** The line is ending because of `cause`; from now on the transport has `closeTimeoutMs` to be gone. */
  #end(cause: CloseInfo): void {
    if (this.#ending !== undefined) return;
    this.#ending = cause;
    this.#closeTimer = this.#timers.schedule(this.#limits.closeTimeoutMs, () => cutSocket(this.#socket));
  }

  #cut(cause: CloseInfo): void {
    this.#end(cause);
    cutSocket(this.#socket);
  }

  #cutLate(reason: string): void {
    this.#cut(lostBy("timeout", reason));
  }

  #markAlive(): void {
    this.#lastAliveMs = this.#timers.nowMs;
    this.#hasPinged = false;
  }

  #scheduleHeartbeat(silentMs: number): void {
    const { pingAfterMs, deadAfterMs } = this.#limits;
    const dueMs = this.#hasPinged ? deadAfterMs : Math.min(pingAfterMs, deadAfterMs);
    this.#heartbeatTimer = this.#timers.schedule(dueMs - silentMs, () => this.#checkHeartbeat());
  }

  #checkHeartbeat(): void {
    if (this.state !== "open") return; // the close timer watches now
    // While we do not read, silence says nothing.
    if (this.#isPaused) this.#markAlive();
    const silentMs = this.#timers.nowMs - this.#lastAliveMs;
    const { pingAfterMs, deadAfterMs } = this.#limits;
    if (silentMs >= deadAfterMs) return this.#cutLate(`Nothing was received for ${deadAfterMs} ms`);
    if (silentMs >= pingAfterMs && !this.#hasPinged) {
      this.ping();
      this.#hasPinged = true;
      this.#pingedAtMs = this.#timers.clockMs;
    }
    this.#scheduleHeartbeat(silentMs);
  }

  #measureRoundTrip(): void {
    if (this.#pingedAtMs === undefined) return; // nobody asked
    this.#roundTripMs = this.#timers.clockMs - this.#pingedAtMs;
    this.#pingedAtMs = undefined;
  }

  #watchStall(): void {
    const { stalledAfterMs } = this.#limits;
    this.#blockedAtMs = this.#timers.nowMs;
    this.#stallTimer = this.#timers.schedule(stalledAfterMs, () =>
      this.#cutLate(`Nothing of what was sent was taken for ${stalledAfterMs} ms`),
    );
  }

  #handleTaken(hadToWait: boolean): void {
    if (hadToWait) {
      this.#timers.cancel(this.#stallTimer);
      // The peer has made room by reading: that is life, though its pong may be far behind.
      if (this.#timers.nowMs - this.#blockedAtMs >= peerWaitMs) this.#markAlive();
    }
    this.#hooks.taken?.();
    if (!this.#needsDrain || this.state !== "open") return;
    if (this.#writer.bufferedBytes > this.#limits.highWaterBytes * drainShare) return;
    this.#needsDrain = false;
    this.#run(this.#handlers.drain, undefined);
  }

  #run<Argument>(handler: ((line: Line<Data>, argument: Argument) => unknown) | undefined, argument: Argument): void {
    if (handler === undefined) return;
    try {
      const result: unknown = handler.call(this.#handlers, this, argument);
      if (result instanceof Promise) result.catch((error: unknown) => this.#handleFailure(error));
    } catch (error) {
      this.#handleFailure(error);
    }
  }

  #handleFailure(error: unknown): void {
    reportError(this.#handlers, error, this);
    this.#isDeaf = true;
    this.close(1011, "Internal error");
  }
}

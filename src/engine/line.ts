import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Connection, type ConnectionEvent, type PreparedMessage, ProtocolError, type Role } from "../protocol/index.ts";
import type { CloseInfo } from "./close-info.ts";
import { decodeText } from "./decode-text.ts";
import { reportError, type SocketHandlers } from "./handlers.ts";
import type { LineLimits } from "./limits.ts";
import { createMaskingKey } from "./masking-keys.ts";
import type { ServerSocket } from "./sockets.ts";
import type { TimerWheel, WheelTimer } from "./timer-wheel.ts";
import { Writer } from "./writer.ts";

/** What a {@link Line} is made from. */
export interface LineOptions<Data> {
  readonly role: Role;
  /** After its handshake; nothing else may read or write it any more. */
  readonly socket: Duplex;
  readonly handlers: SocketHandlers<Line<Data>>;
  readonly limits: LineLimits;
  readonly timers: TimerWheel;
  readonly protocol: string;
  readonly data: Data;
  readonly id: number;
  /** Called once, before the `close` handler. */
  readonly onClosed: (line: Line<Data>) => void;
  /** Default none. */
  readonly hooks?: LineHooks;
  /** Default true. */
  readonly answersPings?: boolean;
}

/** What only a facade with another interface needs to hear: {@link adoptSocket}. They must not throw. */
export interface LineHooks {
  /** The peer's close frame came; 1005 if it had no code. Called also when it answers ours. */
  peerClosed?(code: number, reason: string): void;
  /** The peer broke the protocol or a limit; it was told this code. */
  failed?(code: number, reason: string): void;
  /** The operating system has taken what it was given: `bufferedBytes` is smaller now. */
  taken?(): void;
}

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
  readonly #writer: Writer;
  readonly #onClosed: (line: Line<Data>) => void;
  readonly #hooks: LineHooks;
  /** Why the line is ending; the first cause stands. Undefined while it is open. */
  #ending: CloseInfo | undefined;
  #isClean = false;
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
  #blockedAtMs = 0;
  #heartbeatTimer: WheelTimer | undefined;
  #closeTimer: WheelTimer | undefined;
  #stallTimer: WheelTimer | undefined;

  constructor(options: LineOptions<Data>) {
    const { role, socket, limits, timers } = options;
    const maskingKeys = role === "client" ? { createMaskingKey } : {};
    this.data = options.data;
    this.id = options.id;
    this.protocol = options.protocol;
    this.remoteAddress = socket instanceof Socket ? socket.remoteAddress : undefined;
    this.#role = role;
    this.#socket = socket;
    this.#handlers = options.handlers;
    this.#limits = limits;
    this.#timers = timers;
    this.#onClosed = options.onClosed;
    this.#hooks = options.hooks ?? {};
    this.#connection = new Connection({
      role,
      maxMessageBytes: limits.maxMessageBytes,
      maxFragmentCount: limits.maxFragmentCount,
      decodeText,
      answersPings: options.answersPings ?? true,
      ...maskingKeys,
    });
    this.#writer = new Writer({
      socket,
      ...maskingKeys,
      onBlocked: () => this.#watchStall(),
      onTaken: (hadToWait) => this.#handleTaken(hadToWait),
    });
    this.#lastAliveMs = timers.nowMs;
  }

  get state(): "open" | "closing" | "closed" {
    if (this.#isGone) return "closed";
    return this.#ending === undefined && this.#connection.state === "open" ? "open" : "closing";
  }

  get bufferedBytes(): number {
    return this.#writer.bufferedBytes;
  }

  /** Begins. `greeting`, a server's 101, leaves in one write with what the `open` handler sends. */
  open(greeting: Uint8Array): void {
    if (greeting.length > 0) this.#writer.writeFrame(greeting);
    this.#socket.on("error", (error) =>
      this.#end({ code: 1006, reason: error.message, by: "network", wasClean: false }),
    );
    this.#socket.on("close", () => this.#handleGone());
    this.#scheduleHeartbeat(0);
    this.#run(this.#handlers.open, undefined);
  }

  /** Begins to read; `head` came before everything else. */
  read(head: Uint8Array): void {
    if (head.length > 0) this.#receive(head);
    this.#socket.on("end", () => this.#handlePeerEnd());
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    if (!this.#isPaused) this.#socket.resume();
  }

  send(data: string | Uint8Array | PreparedMessage): boolean {
    if (this.state !== "open") return false;
    if (typeof data === "string") this.#writer.writeText(data);
    else if (data instanceof Uint8Array) this.#writer.writeBinary(data);
    else this.#writer.writeFrame(requireServerFrame(data, this.#role));
    const { bufferedBytes } = this.#writer;
    if (bufferedBytes <= this.#limits.highWaterBytes) return true;
    this.#needsDrain = true;
    if (bufferedBytes > this.#limits.maxQueuedBytes) {
      this.close(1013, `More than ${this.#limits.maxQueuedBytes} bytes were waiting to be read`);
    }
    return false;
  }

  ping(data?: Uint8Array): void {
    if (this.state === "open") this.#writer.writeFrame(this.#connection.sendPing(data));
  }

  pong(data?: Uint8Array): void {
    if (this.state === "open") this.#writer.writeFrame(this.#connection.sendPong(data));
  }

  sendFragment(data: string | Uint8Array, isFinal: boolean): void {
    if (this.state === "open") this.#writer.writeFrame(this.#connection.sendFragment(data, isFinal));
  }

  close(code = 1000, reason = ""): void {
    this.#close(code, reason);
  }

  closeWithoutCode(): void {
    this.#close(undefined, "");
  }

  #close(code: number | undefined, reason: string): void {
    if (this.state !== "open") return;
    this.#writer.writeFrame(this.#connection.sendClose(code, reason));
    this.#end({ code: code ?? 1005, reason, by: "us", wasClean: false });
    if (!this.#isPaused) return;
    this.#isDeaf = true;
    this.resume();
  }

  terminate(): void {
    this.#cut({ code: 1006, reason: "The connection was terminated", by: "us", wasClean: false });
  }

  pause(): void {
    if (this.state !== "open") return;
    this.#isPaused = true;
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

  #receive(chunk: Uint8Array): void {
    this.#markAlive();
    this.#connection.receive(chunk);
    for (const frame of this.#connection.takeOutput()) this.#writer.writeFrame(frame);
    // Nothing is held yet: a paused socket gives no data, and resume() delivers what is held before the data flows again.
    this.#held = this.#connection.takeEvents();
    this.#deliver();
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
    if (this.#hasPeerEnded && this.#held.length === 0) this.#handlePeerEnd();
  }

  #handleEvent(event: ConnectionEvent): void {
    switch (event.type) {
      case "message":
        if (!this.#isDeaf) this.#run(this.#handlers.message, event.data);
        return;
      case "ping":
        return this.#run(this.#handlers.ping, event.data);
      case "pong":
        return this.#run(this.#handlers.pong, event.data);
      case "close":
        this.#hooks.peerClosed?.(event.code, event.reason);
        this.#end({ code: event.code, reason: event.reason, by: "peer", wasClean: false });
        this.#isClean = true;
        // RFC 6455 §7.1.1: the server ends the transport first, so that it is the client that waits in TIME_WAIT for nobody.
        if (this.#role === "server") this.#writer.end();
        return;
      case "fail":
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
    this.#cut({
      code: 1006,
      reason: "The peer ended the connection without a close frame",
      by: "network",
      wasClean: false,
    });
  }

  #handleGone(): void {
    this.#end({ code: 1006, reason: "The connection was lost", by: "network", wasClean: false });
    this.#isGone = true;
    this.#held = nothing;
    for (const timer of [this.#heartbeatTimer, this.#closeTimer, this.#stallTimer]) this.#timers.cancel(timer);
    this.#onClosed(this);
    this.#run(this.#handlers.close, { ...(this.#ending as CloseInfo), wasClean: this.#isClean });
  }

  /** The line is ending because of `cause`; from now on the transport has `closeTimeoutMs` to be gone. */
  #end(cause: CloseInfo): void {
    if (this.#ending !== undefined) return;
    this.#ending = cause;
    this.#closeTimer = this.#timers.schedule(this.#limits.closeTimeoutMs, () => this.#socket.destroy());
  }

  #cut(cause: CloseInfo): void {
    this.#end(cause);
    this.#socket.destroy();
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
    if (silentMs >= deadAfterMs) {
      return this.#cut({
        code: 1006,
        reason: `Nothing was received for ${deadAfterMs} ms`,
        by: "timeout",
        wasClean: false,
      });
    }
    if (silentMs >= pingAfterMs && !this.#hasPinged) {
      this.ping();
      this.#hasPinged = true;
    }
    this.#scheduleHeartbeat(silentMs);
  }

  #watchStall(): void {
    this.#blockedAtMs = this.#timers.nowMs;
    this.#stallTimer = this.#timers.schedule(this.#limits.stalledAfterMs, () => this.#cutStalled());
  }

  #cutStalled(): void {
    const reason = `Nothing of what was sent was taken for ${this.#limits.stalledAfterMs} ms`;
    this.#cut({ code: 1006, reason, by: "timeout", wasClean: false });
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

function requireServerFrame(data: PreparedMessage, role: Role): Uint8Array {
  const isFrame = data?.type === "prepared" && data.frame instanceof Uint8Array;
  if (isFrame && role === "server") return data.frame;
  const kind = Object.prototype.toString.call(data).slice("[object ".length, -1);
  throw new ProtocolError(
    "ERR_PAYLOAD_TYPE",
    `Cannot send ${isFrame ? "a server's frame to a server" : kind}: give a string or a Uint8Array`,
  );
}

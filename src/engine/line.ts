import type { Duplex } from "node:stream";
import type { Connection, ConnectionEvent, Role, SendOptions } from "../protocol/index.ts";
import { cutSocket, isStream, lossOf, remoteAddressOf } from "./caller.ts";
import { abnormalClose, type CloseInfo, type PeerClose } from "./close-info.ts";
import { createConnection, maskingOf } from "./create-connection.ts";
import { type Codec, compressedFrame, isToCompress } from "./codec.ts";
import type { Counting } from "./counters.ts";
import { tellClose, tellOpen } from "./diagnostics.ts";
import { callHandler, type Handler, reportError, type SocketHandlers } from "./handlers.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Inbox } from "./inbox.ts";
import { keepEvents, keepMessage } from "./keep-bytes.ts";
import type { LineLimits } from "./limits.ts";
import type { MessageStream } from "./message-stream.ts";
import { type LineHooks, type LineOptions, noHooks } from "./line-options.ts";
import { PeerPace } from "./peer-pace.ts";
import { Pressure } from "./pressure.ts";
import { byteCountOf, type MessageData, queueMessage } from "./queue-message.ts";
import { listenToData, listenToFate, type SocketListener } from "./socket-events.ts";
import type { ServerSocket } from "./sockets.ts";
import { StreamError } from "./stream-error.ts";
import { type MessageSource, type SendStreamOptions, StreamSender } from "./stream-sender.ts";
import type { TimerWheel, WheelTimer } from "./timer-wheel.ts";
import type { Topics } from "./topics.ts";
import { Writer, type WriterOwner } from "./writer.ts";

const nothing: readonly never[] = [];

/** One open connection, of either role: the protocol's state machine on a socket, with a writer and deadlines. */
export class Line<Data> implements ServerSocket<Data>, SocketListener, WriterOwner {
  readonly data: Data;
  readonly id: number;
  readonly protocol: string;
  readonly extensions: string;
  readonly remoteAddress: string | undefined;
  readonly limits: LineLimits;
  readonly timers: TimerWheel;
  readonly role: Role;
  readonly counters: Counting;
  readonly #socket: Duplex;
  readonly #handlers: SocketHandlers<Line<Data>>;
  readonly #connection: Connection;
  readonly #codec: Codec | undefined;
  readonly writer: Writer;
  readonly #topics: Topics<Line<Data>> | undefined;
  readonly #onClosed: (line: Line<Data>) => void;
  readonly #hooks: LineHooks;
  /** Why the line is ending; the first cause stands. Undefined while it is open. */
  #ending: CloseInfo | undefined;
  /** The peer's close frame; undefined while none came. */
  peerClose: PeerClose | undefined;
  /** The close frame that answers the peer: it is sent when what came before the peer's is told, and answered. */
  #lastWord: Uint8Array | undefined;
  #isGone = false;
  #hasPeerEnded = false;
  #isPaused = false;
  /** It was closed while it was paused, or a handler failed: what still comes is read for the close frame only. */
  #isDeaf = false;
  /** What arrived and may not be delivered yet. */
  #held: readonly ConnectionEvent[] = nothing;
  /** Made when a handler first has to be waited for. */
  #inbox: Inbox | undefined;
  /** Made when a message is first sent in pieces. */
  #sender: StreamSender | undefined;
  readonly #heartbeat: Heartbeat;
  /** Made when the peer takes less than it is sent. */
  #pressure: Pressure | undefined;
  #closeTimer: WheelTimer | undefined;
  #pace: PeerPace | undefined;

  constructor(options: LineOptions<Data>) {
    this.data = options.data;
    this.id = options.id;
    this.protocol = options.protocol;
    this.extensions = options.extensions;
    this.remoteAddress = remoteAddressOf(options.socket);
    this.role = options.role;
    this.#socket = options.socket;
    this.#handlers = options.handlers;
    this.limits = options.limits;
    this.timers = options.timers;
    this.counters = options.counters;
    this.#topics = options.topics;
    this.#onClosed = options.onClosed;
    this.#hooks = options.hooks ?? noHooks;
    this.#codec = options.codec?.serve(this);
    this.#connection = createConnection(options);
    this.writer = new Writer({ ...options, createMaskingKey: maskingOf(options), owner: this });
    this.#heartbeat = new Heartbeat(this);
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
    return this.writer.bufferedBytes + (this.#sender?.waitingBytes ?? 0);
  }

  get roundTripMs(): number | undefined {
    return this.#heartbeat.roundTripMs;
  }

  /** Whether nothing is read: it is paused, or waits for a handler. */
  get isHeld(): boolean {
    return this.#isPaused || this.#inbox?.isBusy === true;
  }

  /** Begins. `greeting`, a server's 101, leaves in one write with what the `open` handler sends. */
  open(greeting: Uint8Array): void {
    if (greeting.length > 0) this.writer.writeFrame(greeting);
    listenToFate(this.#socket, this);
    this.#heartbeat.start();
    tellOpen({ role: this.role, socket: this });
    void this.#run(this.#handlers.open, undefined);
  }

  /** Begins to read; `head` came before everything else. */
  read(head: Uint8Array): void {
    if (head.length > 0) this.handleData(head);
    listenToData(this.#socket, this.writer.isDirect);
    // To be told again: what the stream was told does not hold for a direct reader.
    if (this.isHeld) this.#socket.pause();
    else this.#socket.resume();
  }

  send(data: MessageData, options?: SendOptions): boolean {
    if (this.state !== "open") return false;
    if (this.#sender?.isBusy === true) {
      const kept = keepMessage(data);
      this.#sender.enqueue(byteCountOf(kept, this.role), () => this.send(kept, options));
      return this.#pressureNow().judge();
    }
    const codec = this.#connection.state === "open" ? this.#codec : undefined;
    if (codec !== undefined && (options?.compress ?? isToCompress(data, codec, this.role))) {
      this.writer.writeShared(compressedFrame(data, { connection: this.#connection, codec, role: this.role }));
    } else queueMessage(this.writer, data, this.role);
    this.counters.messagesOut++;
    return this.writer.bufferedBytes <= this.limits.highWaterBytes || this.#pressureNow().judge();
  }

  async sendStream(pieces: MessageSource, options: SendStreamOptions = {}): Promise<void> {
    await (this.#sender ??= new StreamSender(this, this.#pressureNow())).send(pieces, options);
  }

  sendFragment(data: string | Uint8Array, isFinal: boolean, options: SendOptions): void {
    this.writer.writeFrame(this.#connection.sendFragment(data, isFinal, options));
    if (isFinal) this.counters.messagesOut++;
  }

  #pressureNow(): Pressure {
    return (this.#pressure ??= new Pressure(this, this.#heartbeat));
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
    if (connection !== undefined) this.writer.writeFrame(make(connection));
  }

  close(code = 1000, reason = ""): void {
    this.#startClose(this.#speaking?.sendClose(code, reason), code, reason);
  }

  /** As {@link close}, with a frame that has no body: what a browser's `close()` sends, and its peer reads as 1005. */
  closeWithoutCode(): void {
    this.#startClose(this.#speaking?.sendClose(), 1005, "");
  }

  terminate(): void {
    this.#cut(abnormalClose("us", "The connection was terminated"));
  }

  pause(): void {
    if (this.state !== "open") return;
    this.#isPaused = true;
    this.#hold();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // Not from within resume(), which a handler may have called.
    process.nextTick(() => this.readOn());
  }

  #hold(): void {
    this.#heartbeat.hold();
    this.#socket.pause();
  }

  /** Delivers what is held, then reads on, unless somebody holds it again. */
  readOn(): void {
    if (this.#isPaused || this.#isGone || this.#inbox?.goOn() === false) return;
    this.#heartbeat.markAlive();
    this.#deliver();
    if (!this.isHeld) this.#socket.resume();
  }

  /** Without a frame it is the peer that closes: nothing more is sent but our answer to that. */
  #startClose(frame: Uint8Array | undefined, code: number, reason: string): void {
    if (frame !== undefined) {
      this.writer.writeFrame(frame);
      this.#end({ code, reason, by: "us", wasClean: false });
    } else if (this.state === "open") this.#sayLastWord();
    else return;
    if (!this.#isPaused) return;
    this.#isDeaf = true;
    this.resume();
  }

  handleData(chunk: Uint8Array, end: number = chunk.length): void {
    this.#heartbeat.markAlive();
    this.counters.bytesIn += end;
    this.writer.tap?.received(chunk, end, this.#connection.isMidMessage);
    const wasSpeaking = this.#connection.state === "open";
    this.#connection.receive(chunk, end);
    const output = this.#connection.takeOutput();
    if (wasSpeaking && this.#connection.state !== "open") this.#lastWord = output.at(-1);
    for (const frame of output) if (frame !== this.#lastWord) this.writer.writeFrame(frame);
    // Nothing is held yet: a paused socket gives no data, and resume() delivers what is held before the data flows again.
    this.#held = this.#connection.takeEvents();
    const isTimed = this.#connection.isMidMessage && this.#handlers.messageStream === undefined;
    if (isTimed) this.#pace ??= new PeerPace(this);
    this.#pace?.watchMessage(isTimed, this.#held);
    this.#deliver();
    this.#held = keepEvents(this.#held);
  }

  /** The peer behaves in a way that is not worth an answer: RFC 6455 §7.1.7. */
  refuse(reason: string, code = 1008): void {
    const frame = this.#speaking?.sendClose(code, reason);
    if (frame === undefined) return;
    this.#isDeaf = true;
    this.#startClose(frame, code, reason);
    this.writer.end();
  }

  #deliver(): void {
    const events = this.#held;
    let count = 0;
    for (const event of events) {
      if (this.isHeld || this.#socket.destroyed) break;
      count++;
      this.#handleEvent(event);
    }
    this.#held = count === events.length ? nothing : events.slice(count);
    if (this.#inbox?.isBusy === true) return this.#hold();
    if (this.#held.length > 0) return;
    this.#codec?.release();
    if (this.#hasPeerEnded) this.handleEnd();
  }

  #sayLastWord(): void {
    if (this.#lastWord !== undefined) this.writer.writeFrame(this.#lastWord);
    this.#lastWord = undefined;
  }

  #handleEvent(event: ConnectionEvent): void {
    switch (event.type) {
      case "message":
      case "bytes":
      case "piece":
        return this.#isDeaf ? undefined : this.#hear(event);
      case "ping":
        this.#pace ??= new PeerPace(this);
        return this.#pace.acceptPing() ? void this.#run(this.#handlers.ping, event.data) : undefined;
      case "pong":
        this.#heartbeat.measure();
        return void this.#run(this.#handlers.pong, event.data);
      case "close":
        this.peerClose = { code: event.code, reason: event.reason };
        this.#conclude({ ...this.peerClose, by: "peer", wasClean: false });
        // RFC 6455 §7.1.1: the server ends first, so that TIME_WAIT is the client's. On HTTP/2 there is none, but some servers wait.
        if (this.role === "server" || isStream(this.#socket)) this.writer.end();
        return;
      case "fail":
        this.#conclude({ code: event.code, reason: event.reason, by: "us", wasClean: false });
        return this.writer.end();
      default:
        event satisfies never;
    }
  }

  #hear(event: ConnectionEvent & { readonly type: "message" | "bytes" | "piece" }): void {
    if (event.type !== "piece" || event.isFirst) this.counters.messagesIn++;
    if (event.type === "piece") return this.#inboxNow().put(event);
    const { message, messageBytes } = this.#handlers;
    const handling = event.type === "bytes" ? this.#run(messageBytes, event) : this.#run(message, event.data);
    if (handling !== undefined) this.#inboxNow().wait(handling);
  }

  /** The peer has nothing more to say. */
  #conclude(info: CloseInfo): void {
    const { code, reason, by } = info;
    this.#inbox?.fail(by === "peer" ? `the peer closed with ${code}` : reason);
    this.#sayLastWord();
    if (by === "peer") this.#hooks.closing?.(code, reason);
    else this.#hooks.failed?.(code, reason);
    this.#end(info);
  }

  #inboxNow(): Inbox {
    return (this.#inbox ??= new Inbox(this, this.#codec));
  }

  openStream(message: MessageStream): Promise<void> | undefined {
    return this.#run(this.#handlers.messageStream, message);
  }

  handleEnd(): void {
    this.#hasPeerEnded = true;
    if (this.#held.length > 0 || this.#inbox?.isBusy === true) return; // it ends when what it said before is delivered
    if (this.#connection.state === "closed") return this.writer.end();
    this.#connection.receiveEnd();
    this.#cut(lossOf(this.#socket, "The peer ended the connection without a close frame"));
  }

  handleError(error: Error): void {
    this.#end(lossOf(this.#socket, error.message));
  }

  handleClose(): void {
    this.#end(lossOf(this.#socket, "The connection was lost"));
    this.#isGone = true;
    this.#held = nothing;
    this.#inbox?.fail("the connection is gone");
    this.#codec?.close();
    this.#pace?.stop();
    this.#heartbeat.stop();
    this.#pressure?.stop();
    this.timers.cancel(this.#closeTimer);
    this.#topics?.removeAll(this);
    this.#onClosed(this);
    const info: CloseInfo = { ...(this.#ending as CloseInfo), wasClean: this.peerClose !== undefined };
    tellClose({ role: this.role, socket: this, info });
    void this.#run(this.#handlers.close, info);
  }

  /** The line is ending because of `cause`; from now on the transport has `closeTimeoutMs` to be gone. */
  #end(cause: CloseInfo): void {
    if (this.#ending !== undefined) return;
    this.#ending = cause;
    this.#sender?.stop();
    this.#closeTimer = this.timers.schedule(this.limits.closeTimeoutMs, cutSocket, this.#socket);
  }

  #cut(cause: CloseInfo): void {
    this.#end(cause);
    cutSocket(this.#socket);
  }

  cutLate(reason: string): void {
    this.#cut(abnormalClose("timeout", reason));
  }

  handleDrained(): void {
    void this.#run(this.#handlers.drain, undefined);
  }

  handleBlocked(): void {
    this.#pressureNow().handleBlocked();
  }

  handleTaken(hadToWait: boolean): void {
    this.#hooks.taken?.();
    this.#sender?.handleTaken();
    this.#pressure?.handleTaken(hadToWait);
  }

  #run<Argument>(handler: Handler<Line<Data>, Argument> | undefined, argument: Argument): Promise<void> | undefined {
    return handler === undefined ? undefined : callHandler(this.#handlers, handler, this, argument);
  }

  handleFailure(error: unknown): void {
    // The connection went while the handler was streaming: `close` tells that.
    if (error instanceof StreamError && this.state !== "open") return;
    reportError(this.#handlers, error, this);
    this.#isDeaf = true;
    this.#inbox?.fail("a handler failed");
    this.close(1011, "Internal error");
  }
}

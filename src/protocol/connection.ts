import { closeCodes } from "./close-codes.ts";
import { encodeClose, readClose } from "./close-frame.ts";
import { checkOptions, type ConnectionOptions } from "./connection-options.ts";
import { transitions, type ConnectionInput, type ConnectionState } from "./connection-state.ts";
import { deflateMessage, inflateFaults, type MessageCodec, type SendOptions } from "./deflate.ts";
import { ProtocolError } from "./errors.ts";
import { Fragmenter } from "./fragmenter.ts";
import { encodeFrame, opcodes, type Opcode } from "./frame.ts";
import { FrameHeaderReader, isControl } from "./frame-header-reader.ts";
import { judgeDataFrame, type MessageLimits } from "./judge-data-frame.ts";
import { isMessageBytes, PartialMessage, readBytes, readMessage } from "./message.ts";
import type { Kind, MessageBytes, MessagePorts, ReceivedMessage } from "./message.ts";
import { encodeText, requireBytes, requireControlBytes } from "./payload.ts";
import { type MessagePiece, StreamedMessage } from "./streamed-message.ts";

/** What the peer did. */
export type ConnectionEvent =
  | ReceivedMessage
  /** Instead of messages, where `tellsPieces` is set. */
  | MessagePiece
  /** Instead of messages, where `tellsBytes` is set. */
  | MessageBytes
  | { readonly type: "ping"; readonly data: Uint8Array }
  | { readonly type: "pong"; readonly data: Uint8Array }
  /** The peer's close frame; `code` is 1005 when it had none. Our answer, if one is due, is in the output. */
  | { readonly type: "close"; readonly code: number; readonly reason: string }
  /** The peer broke the protocol or a limit. Our close frame is in the output; write it and end the transport. */
  | { readonly type: "fail"; readonly code: number; readonly reason: string };

const nothing: readonly never[] = Object.freeze([]);
const noBytes = new Uint8Array(0);
// §5.5.3 lets us answer the newest ping only. So many in one receive() are answered each all the same, as Autobahn 2.10 asks.
const maxPongCount = 16;

/**
 * One WebSocket connection after its handshake (RFC 6455 §5-§7): bytes in, events and bytes out. It has no I/O, no clock and no
 * randomness of its own.
 *
 * After each {@link receive} take the events and the output. Nothing a peer sends makes it throw; what the caller does wrong
 * throws {@link ProtocolError} at once.
 *
 * @example
 * ```ts
 * const connection = new Connection({ role: "server" });
 * connection.receive(new Uint8Array([0x81, 0x82, 0, 0, 0, 0, 0x48, 0x69]));
 * connection.takeEvents(); // [{ type: "message", opcode: "text", data: "Hi" }]
 * ```
 */
export class Connection {
  readonly #limits: MessageLimits;
  readonly #createMaskingKey: (() => number) | undefined;
  readonly #ports: MessagePorts;
  readonly #answersPings: boolean;
  readonly #answersCloses: boolean;
  readonly #codec: MessageCodec | undefined;
  readonly #tellsPieces: boolean;
  readonly #tellsBytes: boolean;
  readonly #header: FrameHeaderReader;

  #state: ConnectionState = "open";
  #events: ConnectionEvent[] | undefined;
  #output: Uint8Array[] | undefined;
  /** How much of the current frame's payload is still to come. */
  #missingBytes = 0;
  /** The payload of the control frame that is being read. */
  #control: Uint8Array = noBytes;
  /** The message that has begun and is not complete; a message in one frame in one chunk never becomes one. */
  #message: PartialMessage | StreamedMessage | undefined;
  /** The peer has closed, and the caller is to answer. */
  #owesClose = false;
  /** The payload of the newest ping that is not answered. */
  #unansweredPing: Uint8Array | undefined;
  /** How many pings were answered in this {@link receive}. */
  #pongCount = 0;
  /** Made for the first message that is sent in fragments. */
  #fragmenter: Fragmenter | undefined;

  /**
   * @throws {ProtocolError} `ERR_OPTION` if a limit is not a positive integer or `Infinity`, or a client has no
   * `createMaskingKey`.
   */
  constructor(options: ConnectionOptions) {
    const checked = checkOptions(options);
    const { limits, createMaskingKey, ports, codec, answersPings, tellsPieces } = checked;
    this.#limits = limits;
    this.#createMaskingKey = createMaskingKey;
    this.#ports = ports;
    this.#answersPings = answersPings;
    this.#answersCloses = checked.answersCloses;
    this.#codec = codec;
    this.#tellsPieces = tellsPieces;
    this.#tellsBytes = checked.tellsBytes;
    this.#header = new FrameHeaderReader({ isMasked: options.role === "server", isCompressible: codec !== undefined });
  }

  /** Where the connection stands. */
  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether a frame or a message has begun and is not complete: what a deadline against slow senders has to look at. */
  get isMidMessage(): boolean {
    return this.#message !== undefined || !this.#header.isEmpty;
  }

  /**
   * Feeds what the transport received: `chunk[0, end)`, by default all of it. That is unmasked in place, so it is this connection's
   * until the call returns; afterwards nothing refers to it.
   */
  receive(chunk: Uint8Array, end: number = chunk.length): void {
    let at = 0;
    // §1.4, §5.5.1: after the peer's close frame, and after we failed the connection, what follows is not looked at.
    while (at < end && this.#state !== "closed" && !this.#owesClose) {
      at = this.#header.isComplete ? this.#readPayload(chunk, at, end) : this.#readHeader(chunk, at, end);
    }
    this.#answerPing();
    this.#pongCount = 0;
  }

  /** The transport ended. Without a close event before it, this is 1006 to the application (§7.1.5). */
  receiveEnd(): void {
    this.#move("end");
  }

  /** What happened since the last call; the array is the caller's. */
  takeEvents(): readonly ConnectionEvent[] {
    const events = this.#events ?? nothing;
    this.#events = undefined;
    return events;
  }

  /**
   * The frames that answer what was received: pongs and close frames, each whole. Of more than 16 pings in one {@link receive} the
   * first 16 and the newest are answered (§5.5.3).
   */
  takeOutput(): readonly Uint8Array[] {
    const output = this.#output ?? nothing;
    this.#output = undefined;
    return output;
  }

  /**
   * A text message in one frame, compressed if it was negotiated and is worth it. A lone surrogate becomes U+FFFD, as in a browser.
   *
   * @throws {ProtocolError} `ERR_PAYLOAD_TYPE`, `ERR_NOT_OPEN`, `ERR_MESSAGE_UNFINISHED`.
   */
  sendText(text: string, options?: SendOptions): Uint8Array {
    this.#requireWholeMessages();
    return this.#messageFrame(opcodes.text, encodeText(text), options);
  }

  /**
   * A binary message in one frame, compressed if it was negotiated and is worth it; the bytes are copied.
   *
   * @throws {ProtocolError} `ERR_PAYLOAD_TYPE`, `ERR_NOT_OPEN`, `ERR_MESSAGE_UNFINISHED`.
   */
  sendBinary(data: Uint8Array, options?: SendOptions): Uint8Array {
    this.#requireWholeMessages();
    return this.#messageFrame(opcodes.binary, requireBytes(data), options);
  }

  /**
   * A message in one frame as it was received by a connection that `tellsBytes`, here or elsewhere; the bytes are copied.
   *
   * @throws {ProtocolError} `ERR_PAYLOAD_TYPE`, `ERR_NOT_OPEN`, `ERR_MESSAGE_UNFINISHED`.
   */
  sendBytes(message: MessageBytes, options?: SendOptions): Uint8Array {
    this.#requireWholeMessages();
    if (!isMessageBytes(message)) return this.sendBinary(message, options); // which says what it is
    return this.#messageFrame(opcodes[message.opcode], message.data, options);
  }

  /**
   * The next piece of a message of unknown length, as one frame (§5.4). Strings make a text message, bytes a binary one; between
   * the first piece and the last only control frames may be sent. A surrogate pair may be cut by two pieces.
   *
   * @param options.compress - with the first piece: whether to compress the message. Default false.
   * @throws {ProtocolError} `ERR_PAYLOAD_TYPE` also if the kind changes within a message; `ERR_NOT_OPEN`.
   */
  sendFragment(data: string | Uint8Array, isFinal: boolean, options?: SendOptions): Uint8Array {
    this.#requireOpen();
    const fragment = (this.#fragmenter ??= new Fragmenter(this.#codec)).next(data, { isFinal, ...options });
    return encodeFrame({ fin: isFinal, ...fragment, maskingKey: this.#createMaskingKey?.() });
  }

  /**
   * A ping. The peer answers with the same bytes, but may skip all but the newest (§5.5.3).
   *
   * @param data - At most 125 bytes. Default none.
   * @throws {ProtocolError} `ERR_CONTROL_TOO_BIG`, `ERR_PAYLOAD_TYPE`, `ERR_NOT_OPEN`.
   */
  sendPing(data: Uint8Array = noBytes): Uint8Array {
    this.#requireOpen();
    return this.#frame(opcodes.ping, requireControlBytes(data));
  }

  /**
   * A pong nobody asked for, which may serve as a one-way heartbeat (§5.5.3). Pings are answered without it.
   *
   * @param data - At most 125 bytes. Default none.
   * @throws {ProtocolError} `ERR_CONTROL_TOO_BIG`, `ERR_PAYLOAD_TYPE`, `ERR_NOT_OPEN`.
   */
  sendPong(data: Uint8Array = noBytes): Uint8Array {
    this.#requireOpen();
    return this.#frame(opcodes.pong, requireControlBytes(data));
  }

  /**
   * A close frame. Nothing may be sent after it; the peer's answer is the `close` event (§7.1.2). An unfinished message of ours
   * stays unfinished.
   *
   * @param code - 1000-1003, 1007-1014 or 3000-4999. Default: a close frame without code, which the peer sees as 1005.
   * @param reason - At most 123 bytes of UTF-8 (§5.5: 125 less the two of the code); needs a code.
   * @throws {ProtocolError} `ERR_CLOSE_CODE`, `ERR_CLOSE_REASON`, `ERR_PAYLOAD_TYPE`, `ERR_NOT_OPEN`.
   */
  sendClose(code?: number, reason = ""): Uint8Array {
    this.#requireOpen();
    const payload = encodeClose(code, reason);
    this.#move("sendClose");
    if (this.#owesClose) this.#move("receiveClose");
    return this.#frame(opcodes.close, payload);
  }

  #readHeader(chunk: Uint8Array, at: number, chunkEnd: number): number {
    const header = this.#header;
    const next = header.read(chunk, at, chunkEnd);
    if (header.fault !== undefined) this.#fail(closeCodes.protocolError, header.fault);
    else if (header.isComplete && this.#beginPayload()) return this.#readPayload(chunk, next, chunkEnd);
    return next;
  }

  /** Judges a frame by the message around it, before anything is allocated for it. False if the connection failed. */
  #beginPayload(): boolean {
    const { opcode, isFinal, payloadBytes } = this.#header;
    this.#missingBytes = payloadBytes;
    if (isControl(opcode)) {
      this.#control = new Uint8Array(payloadBytes);
      return true;
    }
    const fault = judgeDataFrame(this.#header, this.#message, this.#limits);
    if (fault !== undefined) return this.#fail(fault.code, fault.reason);
    this.#message?.beginFrame(payloadBytes, isFinal);
    return true;
  }

  #readPayload(chunk: Uint8Array, at: number, chunkEnd: number): number {
    const header = this.#header;
    const end = Math.min(at + this.#missingBytes, chunkEnd);
    const readBytes = header.payloadBytes - this.#missingBytes;
    const isAscii =
      this.#createMaskingKey === undefined && this.#ports.unmask(chunk, at, end, header.maskingKey, readBytes);
    this.#missingBytes -= end - at;
    if (isControl(header.opcode)) this.#control.set(chunk.subarray(at, end), readBytes);
    else this.#readData(chunk, at, end, isAscii);
    if (this.#missingBytes > 0) return end;
    header.reset();
    if (isControl(header.opcode)) this.#receiveControl(header.opcode, this.#control);
    return end;
  }

  #readData(chunk: Uint8Array, start: number, end: number, isAscii: boolean): void {
    const { opcode, isFinal, isCompressed, payloadBytes } = this.#header;
    const isText = opcode === opcodes.text;
    if (this.#message === undefined) {
      if (isFinal && end - start === payloadBytes && !this.#tellsPieces) {
        if (isCompressed) return this.#receiveCompressed(isText, chunk.subarray(start, end));
        return this.#receiveWhole(isText ? (isAscii ? "ascii" : "text") : "binary", chunk, start, end);
      }
      this.#message = this.#tellsPieces
        ? new StreamedMessage(isText, isCompressed, this.#ports.decodeText)
        : new PartialMessage(isText, isCompressed, this.#ports);
      this.#message.beginFrame(payloadBytes, isFinal);
    }
    const message = this.#message;
    if (message instanceof StreamedMessage) return this.#readPiece(message, chunk, start, end);
    if (!message.append(chunk, start, end)) return this.#receiveMessage(undefined);
    if (this.#missingBytes > 0 || !isFinal) return;
    this.#message = undefined;
    if (message.isCompressed) return this.#receiveCompressed(message.isText, message.takeBytes());
    this.#receiveMessage(this.#tellsBytes ? message.finishBytes() : message.finish());
  }

  #receiveWhole(kind: Kind, bytes: Uint8Array, start: number, end: number): void {
    const read = this.#tellsBytes ? readBytes : readMessage;
    this.#receiveMessage(read(kind, bytes, start, end, this.#ports));
  }

  #readPiece(message: StreamedMessage, chunk: Uint8Array, start: number, end: number): void {
    const isLast = this.#header.isFinal && this.#missingBytes === 0;
    if (start === end && !isLast) return; // a header alone, or an empty fragment: nothing to tell
    if (isLast) this.#message = undefined;
    this.#receiveMessage(message.read(chunk, start, end, isLast));
  }

  #receiveCompressed(isText: boolean, compressed: Uint8Array): void {
    const codec = this.#codec as MessageCodec; // the header reader lets RSV1 pass only where there is one
    const result = codec.inflate(compressed, this.#limits.maxMessageBytes);
    if (result.type === "inflated") {
      return this.#receiveWhole(isText ? "text" : "binary", result.data, 0, result.data.length);
    }
    const { code, reason } = inflateFaults[result.fault];
    this.#fail(code, reason);
  }

  #receiveMessage(event: ReceivedMessage | MessageBytes | MessagePiece | undefined): void {
    if (event !== undefined) this.#tell(event);
    // §8.1: "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid UTF-8
    // stream, that endpoint MUST _Fail the WebSocket Connection_."
    else this.#fail(closeCodes.invalidData, "A text message must be UTF-8");
  }

  #receiveControl(opcode: number, data: Uint8Array): void {
    this.#control = noBytes;
    if (opcode === opcodes.close) return this.#receiveClose(data);
    this.#tell({ type: opcode === opcodes.ping ? "ping" : "pong", data });
    // §5.5.3: "If an endpoint receives a Ping frame and has not yet sent Pong frame(s) in response to previous Ping frame(s), the
    // endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame." That bounds a ping flood.
    if (opcode !== opcodes.ping || !this.#answersPings) return;
    this.#unansweredPing = data;
    if (this.#pongCount < maxPongCount) this.#answerPing();
  }

  #receiveClose(payload: Uint8Array): void {
    const reading = readClose(payload, this.#ports);
    if (reading.type === "fault") {
      this.#fail(reading.code, reading.reason);
      return;
    }
    this.#tell(reading);
    if (!this.#answersCloses && this.#state === "open") {
      this.#owesClose = true;
      return;
    }
    // §5.5.1: "When sending a Close frame in response, the endpoint typically echos the status code it received."
    this.#answerClose(payload.subarray(0, 2));
    this.#move("receiveClose");
  }

  /** Always false: what began cannot go on. */
  #fail(code: number, reason: string): false {
    this.#answerClose(encodeClose(code, reason));
    this.#move("fail");
    this.#tell({ type: "fail", code, reason });
    return false;
  }

  #answerClose(payload: Uint8Array): void {
    // §5.5.2: a ping is to be answered "unless it already received a Close frame": this one came before.
    this.#answerPing();
    if (this.#state === "open") (this.#output ??= []).push(this.#frame(opcodes.close, payload));
  }

  #answerPing(): void {
    if (this.#unansweredPing === undefined) return;
    this.#pongCount++;
    (this.#output ??= []).push(this.#frame(opcodes.pong, this.#unansweredPing));
    this.#unansweredPing = undefined;
  }

  #messageFrame(opcode: Opcode, payload: Uint8Array, options: SendOptions | undefined): Uint8Array {
    const compressed = this.#codec && deflateMessage(this.#codec, payload, options?.compress);
    if (compressed === undefined) return this.#frame(opcode, payload);
    const maskingKey = this.#createMaskingKey?.();
    return encodeFrame({ fin: true, rsv1: true, opcode, payload: compressed, maskingKey });
  }

  #frame(opcode: Opcode, payload: Uint8Array): Uint8Array {
    return encodeFrame({ fin: true, rsv1: false, opcode, payload, maskingKey: this.#createMaskingKey?.() });
  }

  #tell(event: ConnectionEvent): void {
    if (this.#events === undefined) this.#events = [event];
    else this.#events.push(event);
  }

  #move(input: ConnectionInput): void {
    this.#state = transitions[this.#state][input] ?? this.#state;
    if (this.#state !== "closed") return;
    this.#message = undefined;
    this.#header.reset();
  }

  #requireOpen(): void {
    // §5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."
    if (this.#state !== "open") {
      throw new ProtocolError("ERR_NOT_OPEN", `Cannot send on a connection that is ${this.#state}`);
    }
  }

  #requireWholeMessages(): void {
    this.#requireOpen();
    this.#fragmenter?.requireNone();
  }
}

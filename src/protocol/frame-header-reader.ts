import { maxControlBytes, opcodes } from "./frame.ts";

const parts = { first: 0, second: 1, length: 2, key: 3, done: 4 } as const;
type Part = (typeof parts)[keyof typeof parts];

const lastDataOpcode = opcodes.binary;
const firstControlOpcode = opcodes.close;
const lastControlOpcode = opcodes.pong;

/** Whether an opcode that passed the reader is a control frame's (RFC 6455 §5.5: "the most significant bit of the opcode is 1"). */
export function isControl(opcode: number): boolean {
  return opcode >= firstControlOpcode;
}

/**
 * Reads one frame header after the other, byte by byte, so that there is one path for every cut of the stream.
 *
 * It knows what is true of a header alone (RFC 6455 §5.2); what depends on the message around it is the connection's to judge.
 * The fields are meaningful once {@link isComplete}. They are plain fields, not a value per frame: nothing is allocated here.
 */
export class FrameHeaderReader {
  isFinal = false;
  /** RSV1: the message that begins here is compressed (RFC 7692 §6). */
  isCompressed = false;
  opcode = 0;
  /** May exceed the safe integers, then rounded: good enough to be compared with a limit. */
  payloadBytes = 0;
  maskingKey = 0;
  /** What is wrong with the header, in words for the close frame; always 1002. */
  fault: string | undefined = undefined;

  #part: Part = parts.first;
  #missingBytes = 0;
  /** The least length that may be written in the form at hand. */
  #shortestBytes = 0;
  readonly #isMasked: boolean;
  readonly #isCompressible: boolean;

  /**
   * @param options.isMasked - whether the peer must mask: true in a server, false in a client (§5.1).
   * @param options.isCompressible - whether permessage-deflate was negotiated.
   */
  constructor(options: { readonly isMasked: boolean; readonly isCompressible: boolean }) {
    this.#isMasked = options.isMasked;
    this.#isCompressible = options.isCompressible;
  }

  /** Whether the next byte is the payload's. */
  get isComplete(): boolean {
    return this.#part === parts.done;
  }

  /** Whether no byte of a header was read since {@link reset}. */
  get isEmpty(): boolean {
    return this.#part === parts.first;
  }

  /** Reads from `bytes[at, end)`, and returns the index behind the last byte it took. It stops at the first fault. */
  read(bytes: Uint8Array, at: number, end: number = bytes.length): number {
    let next = at;
    while (next < end && this.#part !== parts.done && this.fault === undefined) {
      this.#take(bytes[next++] as number);
    }
    return next;
  }

  /** Makes ready for the next header. */
  reset(): void {
    this.#part = parts.first;
  }

  #take(byte: number): void {
    if (this.#part === parts.first) this.#takeFirst(byte);
    else if (this.#part === parts.second) this.#takeSecond(byte);
    else if (this.#part === parts.length) this.#takeLength(byte);
    else this.#takeKey(byte);
  }

  #takeFirst(byte: number): void {
    this.isFinal = byte >= 0x80;
    this.isCompressed = (byte & 0x40) !== 0;
    this.opcode = byte & 0x0f;
    this.#part = parts.second;
    if ((byte & 0x70) !== 0) this.#checkReserved(byte);
    if (this.opcode > lastControlOpcode || (this.opcode > lastDataOpcode && !isControl(this.opcode))) {
      this.fault = `Opcode ${this.opcode} is reserved`;
    }
    // §5.5: "All control frames [...] MUST NOT be fragmented."
    else if (isControl(this.opcode) && !this.isFinal) this.fault = "A control frame must not be fragmented";
  }

  /**
   * §5.2: "If a nonzero value is received and none of the negotiated extensions defines the meaning of such a nonzero value, the
   * receiving endpoint MUST _Fail the WebSocket Connection_."
   */
  #checkReserved(byte: number): void {
    if ((byte & 0x30) !== 0) this.fault = "RSV2 and RSV3 must be 0: no extension that uses them is negotiated";
    else if (!this.#isCompressible) this.fault = "RSV1 must be 0: no compression is negotiated";
    // RFC 7692 §6.1: 'An endpoint MUST NOT set the "Per-Message Compressed" bit of control frames and non-first fragments of a
    // data message.'
    else if (this.opcode === opcodes.continuation || isControl(this.opcode)) {
      this.fault = "RSV1 must be 0 but on the first frame of a message";
    }
  }

  #takeSecond(byte: number): void {
    const length = byte & 0x7f;
    // §5.1: "The server MUST close the connection upon receiving a frame that is not masked. [...] A client MUST close a
    // connection if it detects a masked frame." Told now, before four bytes of payload could be taken for a key.
    if (byte >= 0x80 !== this.#isMasked) {
      this.fault = this.#isMasked ? "A frame from a client must be masked" : "A frame from a server must not be masked";
    } else if (isControl(this.opcode) && length > maxControlBytes) {
      this.fault = `A control frame must not have more than ${maxControlBytes} bytes of payload, as with length ${length}`;
    } else if (this.opcode === opcodes.close && length === 1) {
      // §5.5.1: "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer"
      this.fault = "A close frame must not have one byte";
    } else if (length < 126) {
      this.payloadBytes = length;
      this.#endLength();
    } else {
      this.payloadBytes = 0;
      this.#part = parts.length;
      this.#missingBytes = length === 126 ? 2 : 8;
      this.#shortestBytes = length === 126 ? 126 : 65536;
    }
  }

  #takeLength(byte: number): void {
    // §5.2: "the most significant bit MUST be 0" of a 64-bit length.
    if (this.#missingBytes === 8 && byte >= 0x80) this.fault = "The most significant bit of a 64-bit length must be 0";
    this.payloadBytes = this.payloadBytes * 256 + byte;
    if (--this.#missingBytes > 0) return;
    // §5.2: "the minimal number of bytes MUST be used to encode the length"
    if (this.payloadBytes < this.#shortestBytes) this.fault = "A length must be written in its shortest form";
    this.#endLength();
  }

  #endLength(): void {
    this.#part = this.#isMasked ? parts.key : parts.done;
    this.#missingBytes = 4;
  }

  #takeKey(byte: number): void {
    this.maskingKey = (this.maskingKey << 8) | byte;
    if (--this.#missingBytes === 0) this.#part = parts.done;
  }
}

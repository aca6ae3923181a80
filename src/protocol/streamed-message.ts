import type { TextDecode } from "./message.ts";
import { TextPieces } from "./text-pieces.ts";

/** The next bytes of a message that is told as it comes: strings if it is a text, without a cut character, else bytes. */
export interface MessagePiece {
  readonly type: "piece";
  readonly opcode: "text" | "binary";
  /** Of a compressed message the bytes as they came, of a text too: they are still to be inflated, and checked. */
  readonly data: string | Uint8Array;
  readonly isCompressed: boolean;
  /** Whether a message begins with it. */
  readonly isFirst: boolean;
  /** Whether the message ends with it; it may be empty then. */
  readonly isLast: boolean;
}

/** A message that is told in pieces and not held: of a text it keeps a cut character, of anything else nothing. */
export class StreamedMessage {
  /** How many bytes have arrived. */
  byteCount = 0;
  /** Always 0: its frames cost nothing, so their number has no limit. */
  readonly fragmentCount = 0;
  readonly isCompressed: boolean;
  readonly #opcode: "text" | "binary";
  readonly #text: TextPieces | undefined;
  #isFirst = true;

  constructor(isText: boolean, isCompressed: boolean, decode: TextDecode) {
    this.isCompressed = isCompressed;
    this.#opcode = isText ? "text" : "binary";
    this.#text = isText && !isCompressed ? new TextPieces(decode) : undefined;
  }

  /** As {@link PartialMessage} has it. Nothing is reserved for what comes. */
  beginFrame(_payloadBytes: number, _isFinal: boolean): void {}

  /** A copy of `bytes[start, end)` as a piece, or `undefined` if a text is not UTF-8: at the first wrong byte, or at its end. */
  read(bytes: Uint8Array, start: number, end: number, isLast: boolean): MessagePiece | undefined {
    this.byteCount += end - start;
    const data = this.#text === undefined ? copy(bytes, start, end) : this.#text.take(bytes, start, end);
    if (data === undefined || (isLast && this.#text?.isComplete === false)) return undefined;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    return { type: "piece", opcode: this.#opcode, data, isCompressed: this.isCompressed, isFirst, isLast };
  }
}

function copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
  // Not `slice`, which makes a view when the transport's chunk is a Node `Buffer`.
  const own = new Uint8Array(end - start);
  own.set(bytes.subarray(start, end));
  return own;
}

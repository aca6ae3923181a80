import type { TextDecode } from "./message.ts";
import { checkUtf8, utf8Complete, utf8Invalid, type Utf8State } from "./utf8.ts";

const noBytes = new Uint8Array(0);
// In UTF-8 every byte from here on begins a character of several bytes (RFC 3629 §3).
const firstLeadByte = 0xc0;

/** Makes strings of the bytes of one text, however they are cut. It holds at most three bytes: those of a character that is cut. */
export class TextPieces {
  readonly #decode: TextDecode;
  #utf8: Utf8State = utf8Complete;
  #open: Uint8Array = noBytes;

  constructor(decode: TextDecode) {
    this.#decode = decode;
  }

  /** Whether no character is cut: here the text may end. */
  get isComplete(): boolean {
    return this.#utf8 === utf8Complete;
  }

  /** The next piece, of whole characters; or `undefined` at the first byte that cannot be UTF-8. Refers to no byte afterwards. */
  take(bytes: Uint8Array, start: number, end: number): string | undefined {
    this.#utf8 = checkUtf8(this.#utf8, bytes, start, end);
    if (this.#utf8 === utf8Invalid) return undefined;
    if (this.#open.length === 0 && this.isComplete) return this.#decode(bytes, start, end);
    const joined = new Uint8Array(this.#open.length + end - start);
    joined.set(this.#open);
    joined.set(bytes.subarray(start, end), this.#open.length);
    const cut = this.isComplete ? joined.length : joined.findLastIndex((byte) => byte >= firstLeadByte);
    this.#open = joined.slice(cut);
    return this.#decode(joined, 0, cut);
  }
}

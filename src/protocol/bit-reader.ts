import { decodeSymbol, type HuffmanCode } from "./huffman.ts";

const noBytes = new Uint8Array(0);
/** Of the longest Huffman code. */
const maxSymbolBits = 15;

/**
 * The bits of DEFLATE, the least significant first (RFC 1951 §3.1.1), of input that may be cut anywhere.
 *
 * Where bits are missing it gives zeros and says so in {@link isShort}: whoever reads a thing of several parts looks once, at its end, and
 * goes back to its beginning.
 */
export class BitReader {
  input: Uint8Array = noBytes;
  /** Where in the input the next byte is that is not in {@link bits}. */
  at = 0;
  /** Taken from the input and not read yet, the next one lowest. */
  bits = 0;
  bitCount = 0;
  /** Whether bits were missing since {@link mark}. */
  isShort = false;
  #markedAt = 0;
  #markedBits = 0;
  #markedBitCount = 0;

  /** Whether every bit was read. */
  get isEmpty(): boolean {
    return this.bitCount === 0 && this.at === this.input.length;
  }

  /** Adds input, behind what was not read. It is not copied, and must stay as it is while it is not read to its end. */
  feed(bytes: Uint8Array): void {
    const rest = this.input.subarray(this.at);
    this.at = 0;
    this.input = bytes;
    if (rest.length === 0) return;
    this.input = new Uint8Array(rest.length + bytes.length);
    this.input.set(rest);
    this.input.set(bytes, rest.length);
  }

  /** The next bits, 16 at most, as a number. */
  take(count: number): number {
    this.#fill(count);
    if (this.bitCount < count) return this.#miss();
    const value = this.bits & ((1 << count) - 1);
    this.bits >>>= count;
    this.bitCount -= count;
    return value;
  }

  /** The next symbol of a code; `undefined` for bits that are none, and where bits are missing. */
  takeSymbol(code: HuffmanCode): number | undefined {
    this.#fill(maxSymbolBits);
    const entry = decodeSymbol(code, this.bits);
    const length = entry === 0 ? maxSymbolBits : entry & 15;
    if (length > this.bitCount) this.#miss();
    if (entry === 0 || this.isShort) return undefined;
    this.bits >>>= length;
    this.bitCount -= length;
    return entry >> 4;
  }

  /** Leaves out what is left of a byte. */
  alignToByte(): void {
    this.putBack();
    this.bits = this.bitCount = 0;
  }

  /** Makes whole bytes that were taken input again, so that fewer than 8 bits are left. To be done before {@link feed}. */
  putBack(): void {
    this.at -= this.bitCount >> 3;
    this.bitCount &= 7;
    this.bits &= (1 << this.bitCount) - 1;
  }

  /** Where {@link rewind} goes back to. */
  mark(): void {
    this.isShort = false;
    this.#markedAt = this.at;
    this.#markedBits = this.bits;
    this.#markedBitCount = this.bitCount;
  }

  rewind(): void {
    this.at = this.#markedAt;
    this.bits = this.#markedBits;
    this.bitCount = this.#markedBitCount;
  }

  #fill(count: number): void {
    while (this.bitCount < count && this.at < this.input.length) {
      this.bits |= (this.input[this.at++] as number) << this.bitCount;
      this.bitCount += 8;
    }
  }

  #miss(): 0 {
    this.isShort = true;
    return 0;
  }
}

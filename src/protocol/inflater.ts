import { BitReader } from "./bit-reader.ts";
import { type BlockCodes, endOfBlock, readBlockHead } from "./deflate-block.ts";
import type { HuffmanCode } from "./huffman.ts";

const noBytes = new Uint8Array(0);
/** The longest match (RFC 1951 §3.2.5), and so the least room with which one more symbol may be decoded. */
const longestMatchBytes = 258;
const firstOutputBytes = 4096;
const firstLength = endOfBlock + 1;

// §3.2.5. A base of 0 is that of a symbol which "will never actually occur".
const lengthBases: readonly number[] = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258, 0,
  0,
];
const lengthExtraBits: readonly number[] = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0, 0, 0,
];
const distanceBases: readonly number[] = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12_289, 16_385, 24_577, 0, 0,
];
const distanceExtraBits: readonly number[] = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 0, 0,
];

/** What an {@link Inflater} is made from. */
export interface InflaterOptions {
  /** How far the sender may look back: 2 to the power of this many bytes, 8 to 15. */
  readonly windowBits: number;
  /** The most that one {@link Inflater.read} gives, in bytes; at least 258. */
  readonly pieceBytes: number;
  /** The end of what was said before, at most a window of it. */
  readonly dictionary?: Uint8Array | undefined;
}

/** What became of a step: there is more to do; nothing can be done now, as input is missing or the piece is full; it is no DEFLATE. */
type Outcome = "on" | "wait" | "corrupt";

/**
 * Inflates what was compressed (RFC 1951), a piece at a time and only when it is asked: whatever a few bytes stand for, no more of it is
 * held than a window and a piece.
 *
 * Its input may be cut anywhere. What has not come whole (a symbol with its extra bits, the head of a block) is begun again when more has
 * come, so that there is no state within one.
 */
export class Inflater {
  readonly #windowBytes: number;
  readonly #pieceBytes: number;
  readonly #reader = new BitReader();
  /** What may be looked back on, and behind it what was not given yet. It grows as it is filled. */
  #output: Uint8Array;
  #end: number;
  /** Where the piece at hand has to end. */
  #limit = 0;
  /** The codes of the block at hand; undefined between blocks and in one that is not compressed. */
  #codes: BlockCodes | undefined;
  /** How many bytes are still to come of a block that is not compressed. */
  #storedBytes = 0;
  #isFinal = false;

  constructor({ windowBits, pieceBytes, dictionary = noBytes }: InflaterOptions) {
    this.#windowBytes = 2 ** windowBits;
    this.#pieceBytes = pieceBytes;
    this.#output = new Uint8Array(dictionary.length + firstOutputBytes);
    this.#output.set(dictionary);
    this.#end = dictionary.length;
  }

  /** Whether all that came was inflated, and the next byte begins a block: only there may a message end. */
  get isBetweenBlocks(): boolean {
    return this.#codes === undefined && this.#storedBytes === 0 && this.#reader.isEmpty;
  }

  /** Adds what has come. It is not copied: it must stay as it is until {@link read} has said `undefined`. */
  feed(bytes: Uint8Array): void {
    this.#reader.feed(bytes);
  }

  /** The next bytes, which are the caller's; `undefined` when more has to come first; `"corrupt"` for what is no DEFLATE. */
  read(): Uint8Array | "corrupt" | undefined {
    if (this.#end > this.#windowBytes) {
      this.#output.copyWithin(0, this.#end - this.#windowBytes, this.#end);
      this.#end = this.#windowBytes;
    }
    const start = this.#end;
    this.#limit = start + this.#pieceBytes;
    let outcome: Outcome = "on";
    while (outcome === "on") outcome = this.#step();
    if (outcome === "corrupt") this.#reader.rewind(); // to what is wrong, so that it stays so
    this.#reader.putBack();
    if (outcome === "corrupt") return outcome;
    return this.#end === start ? undefined : this.#output.slice(start, this.#end);
  }

  #step(): Outcome {
    if (this.#storedBytes > 0) return this.#copyStored();
    return this.#codes === undefined ? this.#beginBlock() : this.#inflateBlock(this.#codes);
  }

  #beginBlock(): Outcome {
    // RFC 7692 §7.2.3.4: a block may be final. The next begins at the next byte, and what was said may still be looked back on.
    if (this.#isFinal) this.#reader.alignToByte();
    this.#isFinal = false;
    const head = readBlockHead(this.#reader);
    if (typeof head === "string") return head;
    this.#codes = head.codes;
    this.#storedBytes = head.storedBytes;
    this.#isFinal = head.isFinal;
    return "on";
  }

  #copyStored(): Outcome {
    const reader = this.#reader;
    const { input, at } = reader;
    const count = Math.min(this.#storedBytes, input.length - at, this.#limit - this.#end);
    if (count === 0) return "wait";
    if (this.#end + count > this.#output.length) this.#grow(this.#end + count);
    this.#output.set(input.subarray(at, at + count), this.#end);
    reader.at += count;
    this.#end += count;
    this.#storedBytes -= count;
    return "on";
  }

  #inflateBlock({ literals, distances }: BlockCodes): Outcome {
    const reader = this.#reader;
    const lastEnd = this.#limit - longestMatchBytes;
    while (this.#end <= lastEnd) {
      reader.mark();
      const symbol = reader.takeSymbol(literals);
      if (symbol === undefined) return this.#miss();
      if (symbol === endOfBlock) {
        this.#codes = undefined;
        return "on";
      }
      if (this.#end + longestMatchBytes > this.#output.length) this.#grow(this.#end + longestMatchBytes);
      if (symbol < endOfBlock) this.#output[this.#end++] = symbol;
      else {
        const outcome = this.#copyMatch(symbol - firstLength, distances);
        if (outcome !== "on") return outcome;
      }
    }
    return "wait";
  }

  #copyMatch(lengthSymbol: number, distances: HuffmanCode): Outcome {
    const reader = this.#reader;
    const length = (lengthBases[lengthSymbol] as number) + reader.take(lengthExtraBits[lengthSymbol] as number);
    const symbol = reader.takeSymbol(distances);
    if (symbol === undefined) return this.#miss();
    const distance = (distanceBases[symbol] as number) + reader.take(distanceExtraBits[symbol] as number);
    if (reader.isShort) return this.#miss();
    // PD10: what looks back to before the beginning, or farther than was agreed
    if (length === 0 || distance === 0 || distance > Math.min(this.#end, this.#windowBytes)) return "corrupt";
    const output = this.#output;
    const from = this.#end - distance;
    for (let index = 0; index < length; index++) output[this.#end + index] = output[from + index] as number;
    this.#end += length;
    return "on";
  }

  /** What was begun has not come whole, or it is nothing. */
  #miss(): Outcome {
    if (!this.#reader.isShort) return "corrupt";
    this.#reader.rewind();
    return "wait";
  }

  #grow(neededBytes: number): void {
    const mostBytes = this.#windowBytes + this.#pieceBytes;
    const grown = new Uint8Array(Math.min(mostBytes, Math.max(2 * this.#output.length, neededBytes)));
    grown.set(this.#output);
    this.#output = grown;
  }
}

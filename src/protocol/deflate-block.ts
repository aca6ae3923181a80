import type { BitReader } from "./bit-reader.ts";
import { createHuffmanCode, type HuffmanCode } from "./huffman.ts";

/** The two codes of a block that is compressed. */
export interface BlockCodes {
  /** Of bytes, of the end of the block, and of the lengths of matches. */
  readonly literals: HuffmanCode;
  readonly distances: HuffmanCode;
}

/** How a block begins (RFC 1951 §3.2.3). */
export interface BlockHead {
  readonly isFinal: boolean;
  /** Absent for a block that is not compressed. */
  readonly codes: BlockCodes | undefined;
  /** How many bytes a block has that is not compressed. */
  readonly storedBytes: number;
}

export const endOfBlock = 256;

const maxLiteralCount = 286;
const maxDistanceCount = 30;
// RFC 1951 §3.2.7: "code lengths for the code length alphabet [...] in the order"
const lengthOrder: readonly number[] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
// The last length again, and zeros.
const firstRun = 16;
const runs: readonly { readonly shortest: number; readonly extraBits: number }[] = [
  { shortest: 3, extraBits: 2 },
  { shortest: 3, extraBits: 3 },
  { shortest: 11, extraBits: 7 },
];

/** The head of the next block, or why there is none: it has not come whole, and then nothing of it was read, or it is no head. */
export function readBlockHead(reader: BitReader): BlockHead | "wait" | "corrupt" {
  reader.mark();
  const head = parseHead(reader);
  if (!reader.isShort) return head ?? "corrupt";
  reader.rewind();
  return "wait";
}

function parseHead(reader: BitReader): BlockHead | undefined {
  const isFinal = reader.take(1) === 1;
  const type = reader.take(2);
  if (type === 0) return parseStored(reader, isFinal);
  const codes = type === 1 ? fixedCodes() : type === 2 ? parseCodes(reader) : undefined;
  return codes && { isFinal, codes, storedBytes: 0 };
}

function parseStored(reader: BitReader, isFinal: boolean): BlockHead | undefined {
  reader.alignToByte();
  const storedBytes = reader.take(16);
  // §3.2.4: "NLEN is the one's complement of LEN."
  return reader.take(16) === (storedBytes ^ 0xffff) ? { isFinal, codes: undefined, storedBytes } : undefined;
}

/** §3.2.7 */
function parseCodes(reader: BitReader): BlockCodes | undefined {
  const literalCount = reader.take(5) + 257;
  const distanceCount = reader.take(5) + 1;
  const lengthCount = reader.take(4) + 4;
  if (literalCount > maxLiteralCount || distanceCount > maxDistanceCount) return undefined;
  const lengthLengths = new Uint8Array(lengthOrder.length);
  for (const place of lengthOrder.slice(0, lengthCount)) lengthLengths[place] = reader.take(3);
  const lengthCode = createHuffmanCode(lengthLengths, false);
  const lengths = lengthCode && parseLengths(reader, lengthCode, literalCount + distanceCount);
  if (lengths === undefined || lengths[endOfBlock] === 0) return undefined;
  const literals = createHuffmanCode(lengths.subarray(0, literalCount), true);
  const distances = createHuffmanCode(lengths.subarray(literalCount), true);
  return literals && distances && { literals, distances };
}

function parseLengths(reader: BitReader, code: HuffmanCode, count: number): Uint8Array | undefined {
  const lengths = new Uint8Array(count);
  let at = 0;
  while (at < count) {
    const symbol = reader.takeSymbol(code);
    if (symbol === undefined) return undefined;
    const run = runs[symbol - firstRun];
    if (run === undefined) {
      lengths[at++] = symbol;
      continue;
    }
    if (symbol === firstRun && at === 0) return undefined; // there is none to copy
    const end = at + run.shortest + reader.take(run.extraBits);
    if (end > count) return undefined;
    lengths.fill(symbol === firstRun ? (lengths[at - 1] as number) : 0, at, end);
    at = end;
  }
  return lengths;
}

let fixed: BlockCodes | undefined;

/** §3.2.6 */
function fixedCodes(): BlockCodes {
  if (fixed !== undefined) return fixed;
  const lengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
  // Complete both, so neither is refused.
  fixed = {
    literals: createHuffmanCode(lengths, true) as HuffmanCode,
    distances: createHuffmanCode(new Uint8Array(32).fill(5), true) as HuffmanCode,
  };
  return fixed;
}

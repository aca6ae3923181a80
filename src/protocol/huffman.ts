// Codes of up to so many bits are decoded with one look; longer ones are rare, and a larger table would take longer to make.
const fastBits = 9;
const fastMask = 2 ** fastBits - 1;
const maxBits = 15;

/** A Huffman code of DEFLATE (RFC 1951 §3.2.2), made for decoding. */
export interface HuffmanCode {
  /** For any next bits: the symbol and its length as {@link decodeSymbol} gives them; 0 where the code is longer. */
  readonly fast: Uint16Array;
  /** How many codes there are of each length. */
  readonly counts: Uint16Array;
  /** The symbols by the length of their code, and within a length by their order. */
  readonly symbols: Uint16Array;
}

/**
 * Makes a code of the length of each symbol's, 0 for one that does not occur.
 *
 * @param mayBeSingle - whether there may be one code of one bit, and none for the other.
 * @returns `undefined` for lengths that are no code: there are more codes than bits for them, or fewer; none at all is let pass, as in zlib.
 */
export function createHuffmanCode(lengths: Uint8Array, mayBeSingle: boolean): HuffmanCode | undefined {
  const counts = new Uint16Array(maxBits + 1);
  for (const length of lengths) (counts[length] as number)++;
  const usedCount = lengths.length - (counts[0] as number);
  counts[0] = 0;
  let left = 1;
  for (let length = 1; length <= maxBits; length++) {
    left = left * 2 - (counts[length] as number);
    if (left < 0) return undefined;
  }
  if (left > 0 && usedCount > (mayBeSingle ? (counts[1] as number) : 0)) return undefined;
  const symbols = sortSymbols(lengths, counts);
  return { fast: createFastTable(counts, symbols), counts, symbols };
}

function sortSymbols(lengths: Uint8Array, counts: Uint16Array): Uint16Array {
  const places = new Uint16Array(maxBits + 2);
  for (let length = 1; length <= maxBits; length++) {
    places[length + 1] = (places[length] as number) + (counts[length] as number);
  }
  const symbols = new Uint16Array(lengths.length);
  for (const [symbol, length] of lengths.entries()) if (length > 0) symbols[(places[length] as number)++] = symbol;
  return symbols;
}

function createFastTable(counts: Uint16Array, symbols: Uint16Array): Uint16Array {
  const fast = new Uint16Array(2 ** fastBits);
  let [code, index] = [0, 0];
  for (let length = 1; length <= fastBits; length++) {
    for (const end = index + (counts[length] as number); index < end; index++) {
      const entry = ((symbols[index] as number) << 4) | length;
      for (let at = reverse(code++, length); at < fast.length; at += 2 ** length) fast[at] = entry;
    }
    code <<= 1;
  }
  return fast;
}

/** "Huffman codes are packed starting with the most-significant bit of the code" (RFC 1951 §3.1.1); bits come from the least one. */
function reverse(code: number, length: number): number {
  let reversed = 0;
  for (let bit = 0; bit < length; bit++) reversed |= ((code >> bit) & 1) << (length - 1 - bit);
  return reversed;
}

/** The symbol that these next 15 bits begin with, times 16, plus the length of its code; 0 if none does. */
export function decodeSymbol({ fast, counts, symbols }: HuffmanCode, bits: number): number {
  const entry = fast[bits & fastMask] as number;
  if (entry !== 0) return entry;
  let [code, first, index] = [0, 0, 0];
  for (let length = 1; length <= maxBits; length++) {
    code = (code << 1) | ((bits >> (length - 1)) & 1);
    first <<= 1;
    const count = counts[length] as number;
    if (code - first < count) return ((symbols[index + code - first] as number) << 4) | length;
    first += count;
    index += count;
  }
  return 0;
}

/** What a message inflates to, or why it does not. */
export type ReferenceInflate = Buffer | "tooBig" | "corrupt" | "tooManyStreams";

class BitReader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length * 8;
  }

  bits(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index++) value |= this.bit() << index;
    return value;
  }

  bit(): number {
    if (this.at >= this.#end) throw new Error("corrupt");
    const bit = ((this.#bytes[this.at >> 3] ?? 0) >> (this.at & 7)) & 1;
    this.at++;
    return bit;
  }

  alignToByte(): void {
    this.at = (this.at + 7) & ~7;
  }
}

type Code = ReadonlyMap<string, number>;

/** RFC 1951 §3.2.2, with the codes as texts of 0 and 1. Which incomplete sets of lengths may be is zlib's choice, as are the RFC's gaps. */
function makeCode(lengths: readonly number[], kind: "lengths" | "symbols"): Code {
  let room = 1;
  const code = new Map<string, number>();
  let next = 0;
  for (let length = 1; length <= 15; length++) {
    room *= 2;
    next *= 2;
    for (const [symbol, its] of lengths.entries()) {
      if (its !== length) continue;
      code.set(next.toString(2).padStart(length, "0"), symbol);
      next++;
      room--;
    }
    if (room < 0) throw new Error("corrupt");
  }
  const longest = Math.max(0, ...lengths);
  if (longest > 0 && room > 0 && (kind === "lengths" || longest !== 1)) throw new Error("corrupt");
  return code;
}

function readSymbol(reader: BitReader, code: Code): number {
  for (let text = ""; text.length < 15;) {
    text += reader.bit();
    const symbol = code.get(text);
    if (symbol !== undefined) return symbol;
  }
  throw new Error("corrupt");
}

const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const lengthBases = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const fixedLiterals = makeCode(
  Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
  "symbols",
);
const fixedDistances = makeCode(
  Array.from({ length: 32 }, () => 5),
  "symbols",
);

function readDynamicCodes(reader: BitReader): { literals: Code; distances: Code } {
  const [literalCount, distanceCount] = [reader.bits(5) + 257, reader.bits(5) + 1];
  const given = reader.bits(4) + 4;
  if (literalCount > 286 || distanceCount > 30) throw new Error("corrupt");
  const lengthLengths = Array.from({ length: 19 }, () => 0);
  for (const symbol of lengthOrder.slice(0, given)) lengthLengths[symbol] = reader.bits(3);
  const lengths = readLengths(reader, makeCode(lengthLengths, "lengths"), literalCount + distanceCount);
  if (lengths[256] === 0) throw new Error("corrupt");
  return {
    literals: makeCode(lengths.slice(0, literalCount), "symbols"),
    distances: makeCode(lengths.slice(literalCount), "symbols"),
  };
}

// Symbol 16 repeats the length before, 17 and 18 repeat 0: how often at least, and how many bits say how much more.
const repeats: Readonly<Record<number, { readonly least: number; readonly bits: number }>> = {
  16: { least: 3, bits: 2 },
  17: { least: 3, bits: 3 },
  18: { least: 11, bits: 7 },
};

function readLengths(reader: BitReader, code: Code, count: number): number[] {
  const lengths: number[] = [];
  while (lengths.length < count) {
    const symbol = readSymbol(reader, code);
    const repeat = repeats[symbol];
    const repeated = symbol === 16 ? lengths.at(-1) : repeat === undefined ? symbol : 0;
    if (repeated === undefined) throw new Error("corrupt"); // there is none before
    const times = repeat === undefined ? 1 : repeat.least + reader.bits(repeat.bits);
    for (let time = 0; time < times; time++) lengths.push(repeated);
  }
  if (lengths.length > count) throw new Error("corrupt");
  return lengths;
}

/**
 * RFC 1951 and RFC 7692 §7.2.2 once more, bit by bit: a message of at most 32 streams, with its tail, after `before`.
 * The window is 32 KiB.
 */
export function inflateSlowly(message: Uint8Array, before: Uint8Array, limitBytes: number): ReferenceInflate {
  if (message.length === 0) return Buffer.alloc(0);
  const bytes = Buffer.concat([message, Buffer.from("0000ffff", "hex")]);
  const out = [...before.subarray(-32_768)];
  const start = out.length;
  const reader = new BitReader(bytes);
  function put(byte: number): void {
    if (out.length - start >= limitBytes) throw new Error("tooBig");
    out.push(byte);
  }
  try {
    for (let streamCount = 1; ; streamCount++) {
      while (!readBlock(reader, out, put)) {
        if (reader.at === bytes.length * 8) return Buffer.from(out.slice(start));
      }
      reader.alignToByte();
      if (reader.at === bytes.length * 8) return Buffer.from(out.slice(start));
      if (streamCount === 32) return "tooManyStreams";
    }
  } catch (error) {
    return (error as Error).message as "corrupt" | "tooBig";
  }
}

/** True behind the final block. */
function readBlock(reader: BitReader, out: readonly number[], put: (byte: number) => void): boolean {
  const isFinal = reader.bit() === 1;
  const kind = reader.bits(2);
  if (kind === 3) throw new Error("corrupt");
  if (kind === 0) {
    reader.alignToByte();
    const length = reader.bits(16);
    if (reader.bits(16) !== (~length & 0xffff)) throw new Error("corrupt");
    for (let at = 0; at < length; at++) put(reader.bits(8));
    return isFinal;
  }
  const { literals, distances } =
    kind === 1 ? { literals: fixedLiterals, distances: fixedDistances } : readDynamicCodes(reader);
  for (;;) {
    const symbol = readSymbol(reader, literals);
    if (symbol === 256) return isFinal;
    if (symbol < 256) put(symbol);
    else copy(reader, { symbol, distances, out, put });
  }
}

function copy(
  reader: BitReader,
  {
    symbol,
    distances,
    out,
    put,
  }: { symbol: number; distances: Code; out: readonly number[]; put: (byte: number) => void },
): void {
  const index = symbol - 257;
  const base = lengthBases[index];
  if (base === undefined) throw new Error("corrupt");
  const length = base + reader.bits(index < 8 || index === 28 ? 0 : (index - 4) >> 2);
  const distanceSymbol = readSymbol(reader, distances);
  if (distanceSymbol > 29) throw new Error("corrupt");
  const extraBits = distanceSymbol < 2 ? 0 : (distanceSymbol - 2) >> 1;
  const distanceBase = distanceSymbol < 2 ? distanceSymbol : (2 + (distanceSymbol & 1)) << extraBits;
  const distance = 1 + distanceBase + reader.bits(extraBits);
  if (distance > Math.min(out.length, 32_768)) throw new Error("corrupt");
  for (let at = 0; at < length; at++) put(out[out.length - distance] as number); // checked to be within
}

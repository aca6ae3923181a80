import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { writeBits } from "../../test/write-bits.ts";
import { BitReader } from "./bit-reader.ts";
import { type BlockHead, readBlockHead } from "./deflate-block.ts";
import { decodeSymbol } from "./huffman.ts";

function readerOf(bytes: Uint8Array): BitReader {
  const reader = new BitReader();
  reader.feed(bytes);
  return reader;
}

function read(...numbers: readonly (readonly [value: number, bitCount: number])[]): BlockHead | string {
  // Zeros behind it: what is wrong with a head is told when it has come whole.
  return readBlockHead(readerOf(writeBits(...numbers, ...Array.from({ length: 400 }, () => [0, 8] as const))));
}

test("[PD24] a block that is not compressed begins at a byte, with its length and the complement", () => {
  expect(read([1, 1], [0, 2], [0, 5], [5, 16], [0xfffa, 16])).toEqual({
    isFinal: true,
    codes: undefined,
    storedBytes: 5,
  });
  expect(read([0, 1], [0, 2], [0, 5], [5, 16], [0xfffb, 16])).toBe("corrupt");
});

test("[PD24] a block of the fixed codes has them at once, always the same ones", () => {
  const head = read([0, 1], [1, 2]) as BlockHead;
  expect(head).toMatchObject({ isFinal: false, storedBytes: 0 });
  expect(decodeSymbol(head.codes!.literals, 0)).toBe((256 << 4) | 7);
  expect(decodeSymbol(head.codes!.distances, 0)).toBe(5);
  expect((read([1, 1], [1, 2]) as BlockHead).codes).toBe(head.codes);
});

test("[PD25] a block of the kind that is reserved is none", () => {
  expect(read([0, 1], [3, 2])).toBe("corrupt");
});

test("[PD24] a head that has not come whole is waited for, and none of it is read", () => {
  const block = deflateRawSync(Buffer.from("a head of codes of its own, which is long enough for them: ".repeat(20)));
  expect((block[0]! >> 1) & 3).toBe(2);
  let headBytes = 0;
  for (let count = 0; count <= block.length; count++) {
    const reader = readerOf(block.subarray(0, count));
    const head = readBlockHead(reader);
    expect(head === "corrupt").toBe(false);
    if (head !== "wait") {
      headBytes ||= count;
      continue;
    }
    expect([reader.at, reader.bitCount, headBytes]).toEqual([0, 0, 0]);
  }
  expect(headBytes).toBeGreaterThan(10);
});

const [literals257, distances1, lengths19] = [
  [0, 5],
  [0, 5],
  [15, 4],
] as const;
/** The lengths of the code of lengths, in the RFC's order: one of a bit for 18, of two for 0 and 1, or others. */
function lengthLengths(lengths: Readonly<Record<number, number>>): readonly (readonly [number, number])[] {
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  return order.map((symbol) => [lengths[symbol] ?? 0, 3]);
}
const dynamic = [[0, 1], [2, 2], literals257, distances1, lengths19] as const;
// With 18: 1, 0: 2, 1: 2 the codes are 0 for 18, 10 for 0, 11 for 1, written from the left.
const plain = lengthLengths({ 18: 1, 0: 2, 1: 2 });
const zeros = (count: number) =>
  [
    [0, 1],
    [count - 11, 7],
  ] as const;
const one = [3, 2] as const;

test("[PD24] codes of a block's own are read from runs of lengths", () => {
  // 256 zeros, the end of the block of one bit, one distance of one bit
  const head = read(...dynamic, ...plain, ...zeros(138), ...zeros(118), one, one) as BlockHead;
  expect(decodeSymbol(head.codes!.literals, 0)).toBe((256 << 4) | 1);
  expect(decodeSymbol(head.codes!.distances, 0)).toBe(1);
  // The same with 16, the last length again, and 17, 3 to 10 zeros.
  const runs = lengthLengths({ 1: 2, 16: 2, 17: 2, 18: 2 });
  const [code1, code16, code17, code18] = [
    [0, 2],
    [2, 2],
    [1, 2],
    [3, 2],
  ] as const;
  const manyZeros = [code18, [127, 7], code18, [101, 7], code17, [0, 3], code16, [0, 2]] as const; // 138 + 112 + 3 + 3
  expect(read(...dynamic, ...runs, ...manyZeros, code1, code1)).toEqual(head);
});

// Each but for its one fault: a code of one bit for the end of the block, and one for a distance.
const [endAt256, distance] = [[...zeros(138), ...zeros(118), one], one];
// With 18: 1, 1: 2, 16: 2 the codes are 0 for 18, 10 for 1 and 11 for 16.
const withCopies = lengthLengths({ 18: 1, 1: 2, 16: 2 });
const [oneThere, copyThree] = [
  [1, 2],
  [3, 2],
] as const;

test.each<readonly [name: string, head: readonly (readonly [number, number])[]]>([
  [
    "287 codes of literals and lengths",
    [[0, 1], [2, 2], [30, 5], distances1, lengths19, ...plain, ...endAt256, ...zeros(30), distance],
  ],
  [
    "31 codes of distances",
    [[0, 1], [2, 2], literals257, [30, 5], lengths19, ...plain, ...endAt256, distance, ...zeros(30)],
  ],
  ["a code of lengths with one code alone", [...dynamic, ...lengthLengths({ 18: 1 })]],
  ["no code of lengths", [...dynamic, ...lengthLengths({})]],
  [
    "a run of the length before the first",
    [...dynamic, ...withCopies, copyThree, [0, 2], ...zeros(138), ...zeros(115), oneThere, oneThere],
  ],
  ["a run beyond the last length", [...dynamic, ...plain, ...endAt256, ...zeros(11)]],
  ["no end of the block", [...dynamic, ...plain, ...zeros(138), ...zeros(119), distance]],
  ["too many codes of literals", [...dynamic, ...plain, one, one, one, ...zeros(138), ...zeros(115), one, distance]],
  [
    "too many codes of distances",
    [[0, 1], [2, 2], literals257, [2, 5], lengths19, ...plain, ...endAt256, distance, distance, distance],
  ],
])("[PD25] %s: corrupt", (_name, head) => {
  expect(read(...head)).toBe("corrupt");
});

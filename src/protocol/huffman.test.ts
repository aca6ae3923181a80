import { expect, test } from "vitest";
import { createHuffmanCode, decodeSymbol, type HuffmanCode } from "./huffman.ts";

/** What a code written as in the RFC, the most significant bit first, is decoded to: the symbol and its length. */
function decode(code: HuffmanCode | undefined, text: string): readonly [symbol: number, length: number] | undefined {
  const bits = Number.parseInt([...text].toReversed().join(""), 2);
  const entry = decodeSymbol(code as HuffmanCode, bits);
  return entry === 0 ? undefined : [entry >> 4, entry & 15];
}

test("[PD24] codes are those of RFC 1951 §3.2.2: by length, then by order, whatever follows", () => {
  // "ABCDEFGH, with bit lengths (3, 3, 3, 3, 3, 2, 4, 4)"
  const code = createHuffmanCode(Uint8Array.of(3, 3, 3, 3, 3, 2, 4, 4), false);
  const codes = ["010", "011", "100", "101", "110", "00", "1110", "1111"];
  for (const [symbol, text] of codes.entries()) {
    for (const rest of ["", "0", "1", "10110111"]) expect(decode(code, text + rest)).toEqual([symbol, text.length]);
  }
});

test("[PD24] codes of up to 15 bits are decoded, those that one look does not find too", () => {
  // 0, 10, 110, … : one of each length, and a second of the longest.
  const lengths = Uint8Array.from([...Array.from({ length: 15 }, (_, index) => index + 1), 15]);
  const code = createHuffmanCode(lengths, false);
  for (let symbol = 0; symbol < 15; symbol++) {
    expect(decode(code, `${"1".repeat(symbol)}0`)).toEqual([symbol, symbol + 1]);
  }
  expect(decode(code, "1".repeat(15))).toEqual([15, 15]);
});

test("[PD25] lengths with too many codes, or too few, are no code", () => {
  expect(createHuffmanCode(Uint8Array.of(1, 1, 1), true)).toBeUndefined();
  expect(createHuffmanCode(Uint8Array.of(1, 2), true)).toBeUndefined();
  expect(createHuffmanCode(Uint8Array.of(2), true)).toBeUndefined();
  expect(createHuffmanCode(Uint8Array.of(1), false)).toBeUndefined();
  expect(createHuffmanCode(Uint8Array.from([...Array(15).keys()].map((index) => index + 1)), true)).toBeUndefined();
});

test("[PD25] a single code of one bit may stand alone, and nothing is decoded where there is none", () => {
  const single = createHuffmanCode(Uint8Array.of(0, 0, 1), true);
  expect([decode(single, "0"), decode(single, "1")]).toEqual([[2, 1], undefined]);
  const none = createHuffmanCode(new Uint8Array(30), true);
  expect(decode(none, "0")).toBeUndefined();
  expect(decode(createHuffmanCode(new Uint8Array(19), false), "1")).toBeUndefined();
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { writeBits } from "../../test/write-bits.ts";
import { BitReader } from "./bit-reader.ts";
import { createHuffmanCode, type HuffmanCode } from "./huffman.ts";

function readerOf(...chunks: readonly Uint8Array[]): BitReader {
  const reader = new BitReader();
  for (const chunk of chunks) reader.feed(chunk);
  return reader;
}

const number = fc
  .integer({ min: 1, max: 16 })
  .chain((count) => fc.tuple(fc.nat({ max: 2 ** count - 1 }), fc.constant(count)));

test("[PD24] numbers of 1 to 16 bits are read as they were written, in any cut", () => {
  fc.assert(
    fc.property(fc.array(number, { minLength: 1 }), fc.nat({ max: 60 }), (numbers, cut) => {
      const bytes = writeBits(...numbers);
      const reader = readerOf(bytes.subarray(0, cut), bytes.subarray(cut));
      for (const [value, count] of numbers) expect(reader.take(count)).toBe(value);
      expect(reader.isShort).toBe(false);
    }),
  );
});

test("[PD24] bits that are missing are zeros, and are told; from the mark on it is read again when more has come", () => {
  const reader = readerOf(Uint8Array.of(0b1010_0110));
  expect(reader.take(3)).toBe(0b110);
  reader.mark();
  expect([reader.take(4), reader.take(8), reader.isShort]).toEqual([0b0100, 0, true]);
  reader.rewind();
  reader.putBack();
  expect([reader.at, reader.bitCount, reader.bits]).toEqual([1, 5, 0b1_0100]);
  reader.feed(Uint8Array.of(0b0000_1111));
  reader.mark();
  expect(reader.isShort).toBe(false);
  expect([reader.take(4), reader.take(8), reader.isShort]).toEqual([0b0100, 0b0001_1111, false]);
});

test("[PD24] a symbol is read when all its bits are there", () => {
  const code = createHuffmanCode(Uint8Array.of(1, 2, 3, 3), false) as HuffmanCode;
  const reader = readerOf(writeBits([0, 1], [0b11, 2], [0b011, 3], [0b11, 2]));
  reader.mark();
  expect([reader.takeSymbol(code), reader.take(1)]).toEqual([0, 1]);
  reader.rewind();
  expect(reader.takeSymbol(code)).toBe(0);
  expect(reader.take(2)).toBe(0b11);
  expect(reader.takeSymbol(code)).toBe(2);
  expect([reader.takeSymbol(code), reader.isShort]).toEqual([undefined, true]);
});

test("[PD25] bits that are no symbol are none, and are not taken for missing ones", () => {
  const code = createHuffmanCode(Uint8Array.of(1), true) as HuffmanCode;
  const reader = readerOf(Uint8Array.of(0xff, 0xff));
  reader.mark();
  expect([reader.takeSymbol(code), reader.isShort]).toEqual([undefined, false]);
  const end = readerOf(Uint8Array.of(0xff));
  end.mark();
  expect([end.takeSymbol(code), end.isShort]).toEqual([undefined, true]);
});

test("[PD24] whole bytes that were taken are put back, and no bit of them is left", () => {
  const reader = readerOf(Uint8Array.of(0xff, 0xff, 0xff));
  reader.takeSymbol(createHuffmanCode(Uint8Array.of(1, 1), false) as HuffmanCode); // looks 15 bits ahead
  reader.putBack();
  expect([reader.at, reader.bitCount, reader.bits]).toEqual([1, 7, 0x7f]);
});

test("[PD24] what is left of a byte is left out, and whole bytes are not", () => {
  const reader = readerOf(Uint8Array.of(0xff, 0x12, 0x34));
  expect(reader.take(1)).toBe(1);
  reader.alignToByte();
  expect([reader.take(16), reader.isEmpty]).toEqual([0x3412, true]);
  reader.alignToByte();
  expect([reader.isEmpty, readerOf(Uint8Array.of(1)).isEmpty, readerOf().isEmpty]).toEqual([true, false, true]);
});

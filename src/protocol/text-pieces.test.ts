import { expect, test } from "vitest";
import { TextPieces } from "./text-pieces.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const decode = (bytes: Uint8Array, start: number, end: number): string => decoder.decode(bytes.subarray(start, end));
const text = "aé€😀\u{feff}z";
const bytes = new TextEncoder().encode(text);

test("[ST2] a text that is cut anywhere, twice, is told in pieces of whole characters", () => {
  for (let first = 0; first <= bytes.length; first++) {
    for (let second = first; second <= bytes.length; second++) {
      const pieces = new TextPieces(decode);
      const told = [
        pieces.take(bytes, 0, first),
        pieces.take(bytes, first, second),
        pieces.take(bytes, second, bytes.length),
      ];
      expect(told.join("")).toBe(text);
      expect(told.every((piece) => !piece?.includes("\ufffd"))).toBe(true);
      expect(pieces.isComplete).toBe(true);
    }
  }
});

test("[ST2] a text in single bytes tells each character with its last byte", () => {
  const pieces = new TextPieces(decode);
  const told = Array.from(bytes, (_, index) => pieces.take(bytes, index, index + 1));
  expect(told).toEqual(["a", "", "é", "", "", "€", "", "", "", "😀", "", "", "\u{feff}", "z"]);
});

test("[ST2] what is told or kept does not refer to the bytes that were handed in", () => {
  const pieces = new TextPieces(decode);
  const chunk = Buffer.from([0xe2, 0x82]);
  expect(pieces.take(chunk, 0, 2)).toBe("");
  chunk.fill(0);
  expect(pieces.isComplete).toBe(false);
  expect(pieces.take(Uint8Array.of(0xac), 0, 1)).toBe("€");
});

test("[ST2] the first byte that cannot be UTF-8 ends it, also within a cut character", () => {
  expect(new TextPieces(decode).take(Uint8Array.of(0x61, 0xff), 0, 2)).toBeUndefined();
  const pieces = new TextPieces(decode);
  pieces.take(Uint8Array.of(0xe2), 0, 1);
  expect(pieces.take(Uint8Array.of(0x41), 0, 1)).toBeUndefined();
});

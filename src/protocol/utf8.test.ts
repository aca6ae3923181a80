import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkUtf8, checkUtf8Piece, utf8Complete, utf8Invalid } from "./utf8.ts";

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

/** How many bytes are taken before the check says invalid; undefined if it never does. */
function failsAt(bytes: Uint8Array): number | undefined {
  let state = utf8Complete;
  for (let at = 0; at < bytes.length; at++) {
    state = checkUtf8(state, bytes, at, at + 1);
    if (state === utf8Invalid) return at;
  }
  return undefined;
}

test("[MS3] every pair of bytes, alone and behind a first byte of three or four, is judged as Node judges it", () => {
  const misjudged: string[] = [];
  for (const prefix of ["", "e0", "e1", "ed", "ee", "f0", "f1", "f3", "f4", "f490", "f08f", "eda0"]) {
    const head = bytesOf(prefix);
    for (let pair = 0; pair < 65536; pair++) {
      const bytes = new Uint8Array([...head, pair >> 8, pair & 0xff]);
      const isValid = checkUtf8(utf8Complete, bytes, 0, bytes.length) === utf8Complete;
      if (isValid !== isUtf8(bytes)) misjudged.push(Buffer.from(bytes).toString("hex"));
    }
  }
  expect(misjudged).toEqual([]);
});

test("[MS3] the first byte that nothing could make valid fails, not a later one", () => {
  const cases = [
    ["80", 0],
    ["c0", 0],
    ["c1", 0],
    ["f5", 0],
    ["ff", 0],
    ["c361", 1],
    ["e080", 1],
    ["e09f", 1],
    ["eda0", 1],
    ["f080", 1],
    ["f08f", 1],
    ["f490", 1],
    ["e28261", 2],
    ["f09f9861", 3],
    ["61c3a980", 3],
  ] as const;
  for (const [hex, at] of cases) expect(failsAt(bytesOf(`${hex}8080`)), hex).toBe(at);
});

test("[MS3] once invalid it stays so", () => {
  expect(checkUtf8(utf8Invalid, bytesOf("6161"), 0, 2)).toBe(utf8Invalid);
  expect(checkUtf8(checkUtf8(utf8Complete, bytesOf("ff"), 0, 1), new Uint8Array(300), 0, 300)).toBe(utf8Invalid);
});

test("[MS4] an open character is not skipped over by a long run of ASCII", () => {
  const open = checkUtf8(utf8Complete, bytesOf("e282"), 0, 2);
  expect(checkUtf8(open, new Uint8Array(300).fill(0x61), 0, 300)).toBe(utf8Invalid);
});

test("[MS4] the state carries a character over any cut; valid is what Node says is valid", () => {
  const pieces = fc.array(
    fc.oneof(
      fc.string({ unit: "binary" }).map((text) => new TextEncoder().encode(text)),
      fc.uint8Array({ maxLength: 4 }),
    ),
  );
  fc.assert(
    fc.property(pieces, fc.nat(), (parts, cut) => {
      const bytes = new Uint8Array(Buffer.concat(parts));
      const middle = bytes.length === 0 ? 0 : cut % bytes.length;
      const half = checkUtf8(utf8Complete, bytes, 0, middle);
      const state = checkUtf8(half, bytes, middle, bytes.length);
      expect(state).toBe(checkUtf8(utf8Complete, bytes, 0, bytes.length));
      expect(state === utf8Complete).toBe(isUtf8(bytes));
    }),
  );
});

test("[MS3] one bad byte is found at any place of a long ASCII text, at any alignment", () => {
  for (let offset = 0; offset < 4; offset++) {
    for (let at = 0; at < 260; at++) {
      const bytes = new Uint8Array(264).fill(0x61).subarray(offset);
      expect(checkUtf8(utf8Complete, bytes, 0, 260)).toBe(utf8Complete);
      bytes[at] = 0xff;
      expect(checkUtf8(utf8Complete, bytes, 0, 260)).toBe(utf8Invalid);
      expect(checkUtf8(utf8Complete, bytes, at + 1, 260)).toBe(utf8Complete);
    }
  }
});

test("[MS4] a platform's check of the middle of a piece changes nothing: for any bytes, any cut, any state before", () => {
  const pieces = fc.array(
    fc.oneof(
      fc.string({ unit: "binary", minLength: 30 }).map((text) => new TextEncoder().encode(text)),
      fc.uint8Array({ maxLength: 3 }),
      fc.constantFrom(...["e282ac", "f09f9880", "f09f98", "c3", "f0908080", "eda080", "8080808080"].map(bytesOf)),
    ),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(pieces, fc.nat(), (parts, cut) => {
      const bytes = new Uint8Array(Buffer.concat(parts));
      const middle = bytes.length === 0 ? 0 : cut % bytes.length;
      const half = checkUtf8(utf8Complete, bytes, 0, middle);
      for (const [state, start, end] of [
        [utf8Complete, 0, bytes.length],
        [utf8Complete, 0, middle],
        [half, middle, bytes.length],
      ] as const) {
        expect(checkUtf8Piece(state, bytes, start, end, isUtf8)).toBe(checkUtf8(state, bytes, start, end));
      }
    }),
    { numRuns: 500 },
  );
});

test("[MS4] a piece of 64 bytes is checked by the platform, one of 63 is not; what is cut at its ends is not given to it", () => {
  const given: string[] = [];
  const note = (bytes: Uint8Array): boolean => given.push(Buffer.from(bytes).toString("latin1")) > 0;
  const text = new Uint8Array(Buffer.concat([bytesOf("82ac"), Buffer.from("a".repeat(60)), bytesOf("e282")]));
  const open = checkUtf8(utf8Complete, bytesOf("e2"), 0, 1);
  const end = checkUtf8Piece(open, text, 0, 64, note);
  expect(end).toBe(checkUtf8(utf8Complete, bytesOf("e282"), 0, 2));
  expect(checkUtf8Piece(open, text, 0, 63, note)).toBe(checkUtf8(utf8Complete, bytesOf("e2"), 0, 1));
  expect(given).toEqual(["a".repeat(60)]);
});

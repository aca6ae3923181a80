import fc from "fast-check";
import { expect, test } from "vitest";
import { ChunkDecoder } from "./chunk-decoder.ts";

/** The data and whether it is all, read whole or a character at a time. */
function read(parts: Iterable<string>): [string, boolean] {
  const decoder = new ChunkDecoder();
  let data = "";
  for (const part of parts) {
    data += String.fromCharCode(...decoder.decode(Uint8Array.from(part, (character) => character.charCodeAt(0))));
  }
  return [data, decoder.isDone];
}

test.each([
  ["", "", false],
  ["5", "", false],
  ["5\r\n", "", false],
  ["5\r\nab", "ab", false],
  ["5\r\nabcde\r", "abcde", false],
  ["5\r\nabcde\r\nA;name=value\r\n0123456789\r\n0\r\n\r\n", "abcde0123456789", true],
  ["00000003 \r\nabc\r\n000\r\ntrailer: x\r\n\r\n", "abc", true],
  ["1\r\na\r\nzz\r\n1\r\nb\r\n", "a", true],
  ["123456789\r\nabc", "", true],
  ["\r\nabc", "", true],
])("[HC10] the chunks %j are %j, complete: %j", (text, data, isDone) => {
  expect(read([text])).toEqual([data, isDone]);
  expect(read(text)).toEqual([data, isDone]);
});

test("[HC10] any body in any chunks is read in any cut, and no part of it is complete", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[ -~]{1,40}$/u)), fc.nat(), (parts, number) => {
      const text = `${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("")}0\r\n`;
      const cut = number % text.length;
      expect(read([text.slice(0, cut), text.slice(cut)])).toEqual([parts.join(""), true]);
      const [start, isDone] = read([text.slice(0, cut)]);
      expect(isDone).toBe(false);
      expect(parts.join("").startsWith(start)).toBe(true);
    }),
  );
});

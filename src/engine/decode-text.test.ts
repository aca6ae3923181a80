import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeText } from "./decode-text.ts";

test("[EN20] any text comes out as it went in, wherever it lies, from a Buffer or a plain array", () => {
  const texts = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "grapheme-ascii", minLength: 1000, maxLength: 1100 }),
  );
  fc.assert(
    fc.property(texts, fc.nat(20), fc.nat(20), (text, before, after) => {
      const bytes = Buffer.concat([Buffer.alloc(before, 0xff), Buffer.from(text), Buffer.alloc(after, 0xff)]);
      const end = bytes.length - after;
      expect(decodeText(bytes, before, end)).toBe(text);
      expect(decodeText(new Uint8Array(bytes), before, end)).toBe(text);
    }),
  );
});

test("[EN20] long text beyond ASCII is decoded in pieces, and no character is cut", () => {
  for (const unit of ["ä", "€", "😀", "aé€😀"]) {
    for (let lead = 0; lead < 4; lead++) {
      const text = "x".repeat(lead) + unit.repeat(20_000);
      const bytes = Buffer.from(text);
      expect(decodeText(bytes, 0, bytes.length) === text, `${unit} behind ${lead}`).toBe(true);
    }
  }
});

test("[EN20] long text with one character beyond ASCII is not taken for Latin-1, and a byte order mark is kept", () => {
  const text = `\uFEFF${"a".repeat(2000)}ü`;
  const bytes = Buffer.from(text);
  expect(decodeText(bytes, 0, bytes.length)).toBe(text);
});

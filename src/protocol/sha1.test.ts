import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha1 } from "./sha1.ts";

test("[HS14] SHA-1 gives the digests of RFC 3174", () => {
  expect(hex(sha1(ascii("abc")))).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
  expect(hex(sha1(ascii("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")))).toBe(
    "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
  );
  expect(hex(sha1(ascii("01234567".repeat(80))))).toBe("dea356a2cddd90c7a7ecedc5ebb563934f460452");
});

test("[HS14] SHA-1 agrees with node:crypto at every length up to three blocks", () => {
  for (let length = 0; length <= 192; length++) {
    const bytes = new Uint8Array(length).fill(0xa5);
    expect(hex(sha1(bytes))).toBe(createHash("sha1").update(bytes).digest("hex"));
  }
});

test("[HS14] SHA-1 agrees with node:crypto on any bytes, and leaves them as they were", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const before = bytes.slice();
      expect(hex(sha1(bytes))).toBe(createHash("sha1").update(before).digest("hex"));
      expect(bytes).toEqual(before);
    }),
  );
});

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

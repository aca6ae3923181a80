import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { acceptValue, isKey } from "./handshake-key.ts";

test("[HS14] the key of RFC 6455 §1.3 gives the Accept of RFC 6455 §1.3", () => {
  expect(acceptValue("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test("[HS14] Accept agrees with node:crypto for any key", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const key = Buffer.from(bytes).toString("base64");
      const digest = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      expect(isKey(key)).toBe(true);
      expect(acceptValue(key)).toBe(digest);
    }),
  );
});

test("[HS10] only the base64 of 16 bytes is a key", () => {
  for (const length of [0, 1, 12, 15, 17, 18, 24, 32]) {
    expect(isKey(Buffer.alloc(length).toString("base64")), `${length} bytes`).toBe(false);
  }
  expect(isKey("AAAAAAAAAAAAAAAAAAAAAA==")).toBe(true);
  expect(isKey("AAAAAAAAAAAAAAAAAAAAAB==")).toBe(false);
  expect(isKey("AAAAAAAAAAAAAAAAAAAAAA")).toBe(false);
});

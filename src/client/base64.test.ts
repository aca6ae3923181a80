import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "./base64.ts";

test("[CC28] bytes are written as base64, and read again", () => {
  const run = (bytes: Uint8Array): void => {
    expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
    expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), run));
});

test("[CC28] what is no base64 is left as it is", () => {
  for (const data of ["A", "ä", { a: 1 }]) expect(decodeBase64(data)).toBe(data);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "./base64.ts";

// RFC 4648 §10.
test.each([
  ["", ""],
  ["f", "Zg=="],
  ["fo", "Zm8="],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg=="],
  ["fooba", "Zm9vYmE="],
  ["foobar", "Zm9vYmFy"],
])("[WM7] %j is %j in base64, as the RFC has it", (plain, text) => {
  const bytes = new TextEncoder().encode(plain);
  expect(encodeBase64(bytes)).toBe(text);
  expect(decodeBase64(text)).toEqual(bytes);
});

test("[WM7] any bytes are the same text as Node makes of them, and come back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = Buffer.from(bytes).toString("base64");
      expect(encodeBase64(bytes)).toBe(text);
      expect(decodeBase64(text)).toEqual(new Uint8Array(bytes));
    }),
  );
});

test.each(["Zg", "Zg=", "Z===", "Zm9v=", "Zm 9v", "Zm9v\n", "Zm-_", "ä123", "Zg==Zg=="])(
  "[WM7] %j is no base64",
  (text) => expect(decodeBase64(text)).toBeUndefined(),
);

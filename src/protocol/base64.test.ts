import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "./base64.ts";

test("[HS10] base64 gives the texts of RFC 4648 §10", () => {
  const texts = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
  for (const [length, text] of texts.entries()) {
    const bytes = new TextEncoder().encode("foobar".slice(0, length));
    expect(encodeBase64(bytes)).toBe(text);
    expect(decodeBase64(text)).toEqual(bytes);
  }
});

test("[HS10] base64 agrees with node:crypto's on any bytes, and is read back", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = encodeBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64"));
      expect(decodeBase64(text)).toEqual(bytes);
    }),
  );
});

test("[HS10] every text but the one that is written is refused", () => {
  for (const text of [
    "Z",
    "Zg",
    "Zg=",
    "Zg===",
    "Zh==",
    "Zm9=",
    "Zm8",
    "Z===",
    "=",
    "====",
    "Zm9v=",
    "Zm9v====",
    "Zg==Zg==",
  ]) {
    expect(decodeBase64(text), text).toBeUndefined();
  }
  for (const text of ["Zm9 ", " Zm9", "Zm9\n", "Zm9v\r\n", "Zm-v", "Zm_v", "Zmév", "Zm9\0", "Zm😀"]) {
    expect(decodeBase64(text), text).toBeUndefined();
  }
});

test("[HS10] any text is refused or is what its bytes are written as", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(..."AQgw/+=z ") }));
  fc.assert(
    fc.property(text, (value) => {
      const bytes = decodeBase64(value);
      expect(bytes === undefined || encodeBase64(bytes) === value).toBe(true);
    }),
  );
});

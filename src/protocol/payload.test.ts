import { expect, test } from "vitest";
import { encodeText, openSurrogate, requireBytes, requireControlBytes } from "./payload.ts";

test("[MS5] text is encoded as UTF-8, a lone surrogate as U+FFFD", () => {
  expect(Buffer.from(encodeText("é€😀")).toString("hex")).toBe("c3a9e282acf09f9880");
  expect(Buffer.from(encodeText("\ud800a\udc00")).toString("hex")).toBe("efbfbd61efbfbd");
});

test("[MS6] half a surrogate pair at the end of a piece is found", () => {
  for (const text of ["\ud800", "a\udbff", "\udc00\ud83d"]) expect(openSurrogate(text)).toBe(text.slice(-1));
  for (const text of ["", "a", "\ud7ff", "\udc00", "😀", "\ud83da"]) expect(openSurrogate(text)).toBe("");
});

test("[FR13] the refusal names what was given", () => {
  const refused = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      return `${(error as { code: string }).code}: ${(error as Error).message}`;
    }
    return "nothing was refused";
  };
  expect(refused(() => encodeText(5 as never))).toBe("ERR_PAYLOAD_TYPE: Cannot send Number as text: give a string");
  const floats = new Float32Array(1) as never;
  expect(refused(() => requireBytes(floats))).toBe(
    "ERR_PAYLOAD_TYPE: Cannot send Float32Array as bytes: give a Uint8Array",
  );
  const control = "ERR_CONTROL_TOO_BIG: Cannot send a control frame of 126 bytes: the limit is 125 bytes";
  expect(refused(() => requireControlBytes(new Uint8Array(126)))).toBe(control);
});

test("[FR13] bytes are let through as they are", () => {
  const bytes = Buffer.from([1, 2]);
  expect(requireBytes(bytes)).toBe(bytes);
  const full = new Uint8Array(125);
  expect(requireControlBytes(full)).toBe(full);
});

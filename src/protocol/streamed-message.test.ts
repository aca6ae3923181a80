import { expect, test } from "vitest";
import { StreamedMessage } from "./streamed-message.ts";

const decode = (bytes: Uint8Array, start: number, end: number): string =>
  new TextDecoder().decode(bytes.subarray(start, end));

test("[ST1] the pieces of a binary message are copies, the first and the last are marked", () => {
  const message = new StreamedMessage(false, false, decode);
  const chunk = Buffer.from([9, 1, 2, 9]);
  message.beginFrame(2, false);
  const first = message.read(chunk, 1, 3, false);
  chunk.fill(0);
  const piece = { type: "piece", opcode: "binary", isCompressed: false };
  expect(first).toEqual({ ...piece, data: Uint8Array.of(1, 2), isFirst: true, isLast: false });
  expect(message.read(chunk, 0, 0, true)).toEqual({ ...piece, data: new Uint8Array(), isFirst: false, isLast: true });
  expect([message.byteCount, message.fragmentCount]).toEqual([2, 0]);
});

test("[ST2] the pieces of a text are strings; it must not end within a character", () => {
  const message = new StreamedMessage(true, false, decode);
  const bytes = new TextEncoder().encode("é");
  expect(message.read(bytes, 0, 1, false)?.data).toBe("");
  expect(message.read(bytes, 1, 2, false)?.data).toBe("é");
  expect(message.read(bytes, 0, 1, true)).toBeUndefined();
  expect(new StreamedMessage(true, false, decode).read(Uint8Array.of(0xff), 0, 1, false)).toBeUndefined();
});

test("[ST3] a compressed text is told as the bytes that came", () => {
  const message = new StreamedMessage(true, true, decode);
  expect(message.read(Uint8Array.of(0xff, 0xc3), 0, 2, true)).toEqual({
    type: "piece",
    opcode: "text",
    data: Uint8Array.of(0xff, 0xc3),
    isCompressed: true,
    isFirst: true,
    isLast: true,
  });
});

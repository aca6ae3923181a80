import { expect, test } from "vitest";
import { isCloseCode } from "./close-codes.ts";
import { deflateMessage, inflateFaults, maxCompressedBytes, type MessageCodec } from "./deflate.ts";

const compressed = Uint8Array.of(1);
const codec: MessageCodec = {
  thresholdBytes: 3,
  deflate: () => compressed,
  deflatePieces: () => undefined,
  inflate: (data) => ({ type: "inflated", data }),
};

test("[PD13] a message is compressed from the threshold on, unless it is said otherwise of that message", () => {
  expect(deflateMessage(codec, new Uint8Array(3), undefined)).toBe(compressed);
  expect(deflateMessage(codec, new Uint8Array(2), undefined)).toBeUndefined();
  expect(deflateMessage(codec, new Uint8Array(2), true)).toBe(compressed);
  expect(deflateMessage(codec, new Uint8Array(3), false)).toBeUndefined();
  expect(deflateMessage({ ...codec, deflate: () => undefined }, new Uint8Array(3), true)).toBeUndefined();
});

test("[PD10] every fault of inflating has a code and words that a close frame may carry", () => {
  for (const { code, reason } of Object.values(inflateFaults)) {
    expect(isCloseCode(code)).toBe(true);
    expect(reason.length).toBeLessThanOrEqual(123);
  }
});

test("[PD11] the limit of what comes compressed leaves room for what cannot be compressed", () => {
  expect(maxCompressedBytes(1)).toBe(66);
  expect(maxCompressedBytes(2 ** 20)).toBe(2 ** 20 + 2 ** 17 + 64);
});

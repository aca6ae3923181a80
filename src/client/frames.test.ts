import fc from "fast-check";
import { expect, test } from "vitest";
import type { Written } from "./codec.ts";
import { framesOf } from "./frames.ts";
import { jsonCodec } from "./json-codec.ts";

function written(...texts: string[]): Written[] {
  return texts.map((text) => ({ text, hasBytes: false }));
}

const wide = { maxMessageBytes: 1000, maxOperationsPerFrame: 100 };

test("[CC60] what is written in one turn is one frame, in order; nothing is none", () => {
  expect(framesOf(written("1", "2", "3"), jsonCodec, wide)).toEqual(["1\n2\n3"]);
  expect(framesOf([], jsonCodec, wide)).toEqual([]);
});

test("[CC60] a frame has as many operations as the server takes, and no more", () => {
  const limits = { ...wide, maxOperationsPerFrame: 2 };
  expect(framesOf(written("1", "2"), jsonCodec, limits)).toEqual(["1\n2"]);
  expect(framesOf(written("1", "2", "3"), jsonCodec, limits)).toEqual(["1\n2", "3"]);
});

test("[CC60] a frame has as many bytes of UTF-8 as the server takes, and no more", () => {
  expect(framesOf(written("äb", "c"), jsonCodec, { ...wide, maxMessageBytes: 6 })).toEqual(["äb\nc"]);
  expect(framesOf(written("äb", "c"), jsonCodec, { ...wide, maxMessageBytes: 5 })).toEqual(["äb", "c"]);
});

test("[CC60] what is larger than a frame may be goes alone, and takes nothing with it", () => {
  expect(framesOf(written("1", "22222222", "3"), jsonCodec, { ...wide, maxMessageBytes: 4 })).toEqual([
    "1",
    "22222222",
    "3",
  ]);
});

test("[CC60] whatever is written, all of it leaves once, in order, within the limits", () => {
  const texts = fc.array(fc.string({ minLength: 1, maxLength: 6 }).filter((text) => !text.includes("\n")));
  fc.assert(
    fc.property(texts, fc.integer({ min: 8, max: 30 }), fc.integer({ min: 1, max: 5 }), (all, bytes, count) => {
      const frames = framesOf(written(...all), jsonCodec, { maxMessageBytes: bytes, maxOperationsPerFrame: count });
      expect(frames.flatMap((frame) => String(frame).split("\n"))).toEqual(all);
      for (const frame of frames) {
        expect(String(frame).split("\n").length).toBeLessThanOrEqual(count);
        const frameBytes = new TextEncoder().encode(String(frame)).byteLength;
        // One alone may be larger.
        expect(String(frame).includes("\n") ? frameBytes : 0).toBeLessThanOrEqual(bytes);
      }
    }),
  );
});

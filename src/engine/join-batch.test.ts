import { expect, test } from "vitest";
import { forgetJoined, joinBatch } from "./join-batch.ts";

const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(3)];

test("[EN132] the same small frames are joined once a turn, others on their own", () => {
  const first = joinBatch([a, b], 3);
  expect(first).toEqual([Buffer.of(1, 2, 3)]);
  expect(joinBatch([a, b], 3)).toBe(first);
  expect(joinBatch([b, a], 3)).toEqual([Buffer.of(3, 1, 2)]);
  expect(joinBatch([a, b, a], 5)).toEqual([Buffer.of(1, 2, 3, 1, 2)]);
  const again = joinBatch([a, b], 3);
  forgetJoined();
  expect(joinBatch([a, b], 3)).not.toBe(again);
});

test("[EN27] one chunk is given back as it is, and so is a batch with a large one or of more than 64 KiB", () => {
  expect(joinBatch([a], 2)).toEqual([a]);
  const large = new Uint8Array(4097);
  const batch = [a, large];
  expect(joinBatch(batch, 4099)).toBe(batch);
  const many = Array.from({ length: 17 }, () => new Uint8Array(4096));
  expect(joinBatch(many, 17 * 4096)).toBe(many);
  expect(joinBatch(many.slice(1), 16 * 4096)).toHaveLength(1);
});

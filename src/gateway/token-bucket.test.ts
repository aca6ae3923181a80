import { expect, test } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

test("[RL1] a bucket gives its burst at once, and one more only after it filled up", () => {
  const bucket = new TokenBucket({ perSecond: 20, burstCount: 60 });
  const waits = Array.from({ length: 61 }, () => bucket.take(1_000));
  expect(waits.slice(0, 60).every((waitMs) => waitMs === 0)).toBe(true);
  expect(waits[60]).toBe(50);
  expect(bucket.take(1_049)).toBe(1);
  expect(bucket.take(1_050)).toBe(0);
});

test("[RL2] several tokens are taken together or not at all", () => {
  const bucket = new TokenBucket({ perSecond: 10, burstCount: 5 });
  expect(bucket.take(0, 3)).toBe(0);
  expect(bucket.take(0, 3)).toBe(100);
  expect(bucket.take(0, 2)).toBe(0);
});

test("[RL6] an infinite burst never runs out", () => {
  const bucket = new TokenBucket({ perSecond: 20, burstCount: Infinity });
  expect(bucket.take(0, 1e9)).toBe(0);
  expect(bucket.take(0, 1e9)).toBe(0);
});

test("[RL6] an infinite rate never runs out", () => {
  const bucket = new TokenBucket({ perSecond: Infinity, burstCount: 1 });
  expect([bucket.take(5), bucket.take(5), bucket.take(6)]).toEqual([0, 0, 0]);
});

test("[CH12] a bucket is full until something is taken, and again when that is back", () => {
  const bucket = new TokenBucket({ perSecond: 10, burstCount: 5 });
  expect(bucket.isFull(0)).toBe(true);
  bucket.take(0);
  expect([bucket.isFull(99), bucket.isFull(100)]).toEqual([false, true]);
});

test("[RL31] what is charged is taken though it is not there, and has to fill up before more is given", () => {
  const bucket = new TokenBucket({ perSecond: 10, burstCount: 5 });
  bucket.charge(0, 7);
  expect(bucket.take(0)).toBe(300);
  expect([bucket.take(299), bucket.take(300)]).toEqual([1, 0]);
  const endless = new TokenBucket({ perSecond: Infinity, burstCount: 5 });
  endless.charge(0, 99);
  expect(endless.take(0)).toBe(0);
});

import { expect, test } from "vitest";
import { retryDelayMs } from "./backoff.ts";

const backoff = { minMs: 500, maxMs: 30_000 };
function delay(attempt: number, random: number, code?: number): number {
  return retryDelayMs({ attempt, backoff, random: () => random, ...(code === undefined ? {} : { code }) });
}

test("[CC4] full jitter: anything from nothing to a ceiling that doubles up to maxMs", () => {
  expect([0, 1, 2, 5, 6, 7, 10_000].map((attempt) => delay(attempt, 1))).toEqual([
    500, 1000, 2000, 16_000, 30_000, 30_000, 30_000,
  ]);
  expect(delay(3, 0)).toBe(0);
  expect(delay(3, 0.5)).toBe(2000);
});

test("[CC4] the first try after a restart is spread over 5 s, the next ones are not", () => {
  expect([delay(0, 0.5, 1001), delay(0, 1, 1012)]).toEqual([2500, 5000]);
  expect([delay(1, 1, 1001), delay(0, 1, 1006), delay(0, 1, 4001)]).toEqual([1000, 500, 500]);
});

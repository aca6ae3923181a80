import { expect, test } from "vitest";
import { Overruns } from "./overruns.ts";

/** Refuses so many at a time. @returns whether any was too much. */
function refuse(overruns: Overruns, { atMs, count }: { readonly atMs: number; readonly count: number }): boolean {
  return Array.from({ length: count }, () => overruns.refused(atMs, 2)).some(Boolean);
}

test("[RL7] as many as a burst in a second is no overrun, one more is", () => {
  const overruns = new Overruns(1);
  expect(refuse(overruns, { atMs: 0, count: 2 })).toBe(false);
  expect(refuse(overruns, { atMs: 1_000, count: 2 })).toBe(false);
  expect(refuse(overruns, { atMs: 1_999, count: 1 })).toBe(true);
});

test("[RL7] a second is one overrun, however many it had", () => {
  const overruns = new Overruns(2);
  expect(refuse(overruns, { atMs: 0, count: 99 })).toBe(false);
  expect(refuse(overruns, { atMs: 999, count: 99 })).toBe(false);
  expect(refuse(overruns, { atMs: 1_000, count: 3 })).toBe(true);
});

test("[RL7] overruns are forgotten after a minute", () => {
  const overruns = new Overruns(3);
  for (const atMs of [0, 10_000, 60_000]) expect(refuse(overruns, { atMs, count: 3 })).toBe(false);
  expect(refuse(overruns, { atMs: 69_999, count: 3 })).toBe(true);
});

test("[RL6] without a limit nothing is too much", () => {
  const overruns = new Overruns(Infinity);
  expect([1, 2, 3, 4, 5].some((second) => refuse(overruns, { atMs: second * 1_000, count: 99 }))).toBe(false);
  expect(new Overruns(1).refused(0, Infinity)).toBe(false);
});

import { expect, test } from "vitest";
import { planFarewells, readDrainOptions } from "./drain.ts";

const ten = Array.from({ length: 10 }, (_, index) => index);

test("[OP1] let go at once, clients come back evenly, as many a second as is borne", () => {
  const plan = planFarewells(ten, { drainMs: 0, reconnectsPerSecond: 5 });
  expect(plan.map(({ atMs }) => atMs)).toEqual(ten.map(() => 0));
  expect(plan.map(({ afterMs }) => afterMs)).toEqual([0, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800]);
  expect(plan.map(({ connection }) => connection)).toEqual(ten);
});

test("[OP1] let go one by one, nobody waits longer than the rate asks for", () => {
  const slow = planFarewells(ten, { drainMs: 2_000, reconnectsPerSecond: 5 });
  expect(slow.map(({ afterMs, atMs }) => [atMs, afterMs])).toEqual(ten.map((index) => [index * 200, 0]));
  const half = planFarewells(ten, { drainMs: 1_000, reconnectsPerSecond: 5 });
  expect(half.map(({ afterMs, atMs }) => [atMs, afterMs])).toEqual(ten.map((index) => [index * 100, index * 100]));
});

test("[OP1] nobody is told to stay away for more than a minute", () => {
  const last = planFarewells(ten, { drainMs: 0, reconnectsPerSecond: 0.1 }).map(({ afterMs }) => afterMs);
  expect(last.slice(5)).toEqual([50_000, 60_000, 60_000, 60_000, 60_000]);
});

test("[OP2] an option that cannot be is refused with its value", () => {
  expect(readDrainOptions({ graceMs: 1 })).toEqual({ graceMs: 1, drainMs: 0, reconnectsPerSecond: 1_000 });
  expect(readDrainOptions({ graceMs: Infinity, reconnectsPerSecond: Infinity })).toMatchObject({ drainMs: 0 });
  for (const [options, words] of [
    [{ graceMs: 0 }, "Cannot use 0 as graceMs: give a positive number"],
    [{ drainMs: -1 }, "Cannot use -1 as drainMs: give a time"],
    [{ reconnectsPerSecond: NaN }, "Cannot use NaN as reconnectsPerSecond"],
  ] as const) {
    expect(() => readDrainOptions(options)).toThrow(words);
  }
});

import { expect, test } from "vitest";
import { seededRandom } from "./seeded-random.ts";

test("[TS2] the same seed gives the same numbers, another seed others", () => {
  const draw = (seed: number): readonly number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 5 }, () => random.uint32());
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(draw(1)).toEqual([2693262067, 11749833, 2265367787, 4213581821, 4159151403]);
});

test("[TS2] numbers stay in their range and reach all of it", () => {
  const random = seededRandom(7);
  const dice = new Set(Array.from({ length: 200 }, () => random.below(6)));
  expect(dice).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  expect(new Set(Array.from({ length: 50 }, () => random.pick(["a", "b"])))).toEqual(new Set(["a", "b"]));
  expect([random.chance(0), random.chance(1), random.bytes(3).length]).toEqual([false, true, 3]);
  const heads = Array.from({ length: 1000 }, () => random.chance(0.25)).filter(Boolean).length;
  expect(Math.abs(heads - 250)).toBeLessThan(60);
});

test("[TS2] there must be something to choose from", () => {
  const random = seededRandom(7);
  expect(() => random.below(0)).toThrow(new RangeError("Cannot choose a number below 0"));
  expect(() => random.pick([])).toThrow(RangeError);
});

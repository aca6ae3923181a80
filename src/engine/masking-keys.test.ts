import { expect, test } from "vitest";
import { createMaskingKey } from "./masking-keys.ts";

test("[EN63] keys are 32 bits, spread evenly, and do not repeat when the pool is filled again", () => {
  const keys = Array.from({ length: 20_000 }, () => createMaskingKey());
  expect(keys.every((key) => Number.isInteger(key) && key >= 0 && key < 2 ** 32)).toBe(true);
  // With 20 000 of 2^32 a single repetition has a chance of one in twenty, ten have none.
  expect(new Set(keys).size).toBeGreaterThan(19_990);
  for (let bit = 0; bit < 32; bit++) {
    const setCount = keys.filter((key) => (key >>> bit) & 1).length;
    expect(Math.abs(setCount - 10_000)).toBeLessThan(500); // seven standard deviations
  }
});

import { expect, test } from "vitest";
import { defaultLimits } from "./limits.ts";

test("[RL6] every limit is finite by default, and allows something", () => {
  const loose = Object.entries(defaultLimits).filter(([, limit]) => !(Number.isSafeInteger(limit) && limit > 0));
  expect(loose).toEqual([]);
  expect(Object.keys(defaultLimits).length).toBeGreaterThan(15);
});

import { expect, test } from "vitest";
import { readLimits } from "./limits.ts";
import { connectionsWithin, maxOpenFiles } from "./open-files.ts";

test("[SV3] limits have their defaults, and Infinity is one", () => {
  expect(readLimits()).toMatchObject({
    maxMessageBytes: 65_536,
    maxConnections: connectionsWithin(maxOpenFiles(), 20_000),
    hookTimeoutMs: 10_000,
  });
  expect(readLimits()).toMatchObject({ highWaterBytes: 65_536, stalledAfterMs: 30_000, deadAfterMs: 40_000 });
  expect(readLimits({ publishesPerSecond: Infinity }).publishesPerSecond).toBe(Infinity);
});

test.for([0, -1, Number.NaN])("[SV3] the limit %d is refused", (value) => {
  expect(() => readLimits({ authTimeoutMs: value })).toThrow(
    new RangeError(`Cannot use ${value} as authTimeoutMs: give a positive number or Infinity`),
  );
});

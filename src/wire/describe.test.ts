import { expect, test } from "vitest";
import { describe as describeValue, isObject } from "./describe.ts";

const shown = [
  [undefined, "nothing"],
  [null, "null"],
  [true, "true"],
  [-1.5, "-1.5"],
  ["a b", '"a b"'],
  ["a\n", '"a\\n"'],
  [[1], "a list"],
  [{}, "an object"],
  [() => 1, "a function"],
  [1n, "a bigint"],
  ["x".repeat(60), `"${"x".repeat(60)}"`],
  ["x".repeat(61), `"${"x".repeat(60)}"…`],
] as const;

test.each(shown)("[WR7] a refusal shows %o as %s", (value, text) => {
  expect(describeValue(value)).toBe(text);
});

test("[WR1] only what JSON calls an object is one", () => {
  expect([{}, [], null, "{}"].map(isObject)).toEqual([true, false, false, false]);
});

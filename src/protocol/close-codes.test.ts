import { expect, test } from "vitest";
import { isCloseCode } from "./close-codes.ts";

test("[CL3] the codes a close frame may have are 1000-1003, 1007-1014 and 3000-4999", () => {
  const runs: string[] = [];
  let first: number | undefined;
  for (let code = 0; code <= 65536; code++) {
    if (isCloseCode(code)) first ??= code;
    else if (first !== undefined) {
      runs.push(`${first}-${code - 1}`);
      first = undefined;
    }
  }
  expect(runs).toEqual(["1000-1003", "1007-1014", "3000-4999"]);
});

test("[CL8] what is no integer is no close code", () => {
  for (const code of [1000.5, Number.NaN, Infinity, -1000, "1000" as never, null as never]) {
    expect(isCloseCode(code)).toBe(false);
  }
});

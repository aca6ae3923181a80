import { expect, test } from "vitest";
import { closingLine } from "./plain-reporter.ts";

test("[TL1] a run ends with one plain counted line", () => {
  expect(closingLine({ passed: 3, failed: 0, skipped: 1 })).toBe("3 passed, 0 failed, 1 skipped");
});

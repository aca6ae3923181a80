import { expect, test } from "vitest";
import { connectionsWithin, maxOpenFiles } from "./open-files.ts";

const limits = (soft: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                 524288               files\n`;

test("[AU16] the limit of open files is read where it can be", () => {
  expect(maxOpenFiles(() => limits("1024"))).toBe(1_024);
  expect(maxOpenFiles(() => limits("unlimited"))).toBe(Infinity);
  const absent = (): never => {
    throw new Error("ENOENT");
  };
  expect(maxOpenFiles(absent)).toBe(Infinity);
  expect(maxOpenFiles()).toBeGreaterThan(0);
});

test("[AU16] connections leave a tenth of them, and 64 at least, for the rest", () => {
  expect(connectionsWithin(Infinity, 20_000)).toBe(20_000);
  expect(connectionsWithin(1_024, 20_000)).toBe(921);
  expect(connectionsWithin(256, 20_000)).toBe(192);
  expect(connectionsWithin(1_000_000, 20_000)).toBe(20_000);
  expect(connectionsWithin(10, 20_000)).toBe(1);
});

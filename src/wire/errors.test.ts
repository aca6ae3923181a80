import { expect, test } from "vitest";
import { closeCodes, errorCodes, mayReconnect } from "./errors.ts";

test("[WR16] the range of a close code says whether to come back", () => {
  expect([1000, 1001, 1006, 1012, 4000, 4499, 5000].filter((code) => !mayReconnect(code))).toEqual([]);
  expect([4500, 4501, 4999].filter(mayReconnect)).toEqual([]);
});

test("[WR16] each of our own codes lies in the range of its verdict", () => {
  const { badCredentials, badVersion, disconnected, revoked, ...others } = closeCodes;
  expect(Object.values(others).every(mayReconnect)).toBe(true);
  expect([badCredentials, badVersion, disconnected, revoked].some(mayReconnect)).toBe(false);
});

test("[WR15] an error code is upper case, and has a sentence", () => {
  for (const [code, meaning] of Object.entries(errorCodes)) {
    expect(code).toMatch(/^[A-Z_]+$/);
    expect(meaning).toMatch(/^[A-Z].+[^.]$/);
  }
});

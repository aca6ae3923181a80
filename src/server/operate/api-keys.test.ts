import { expect, test } from "vitest";
import { ApiKeys } from "./api-keys.ts";

const key = "a".repeat(32);

test("[OP21] a key is found by its Authorization header, and by nothing else", () => {
  const keys = new ApiKeys([
    { key, scopes: ["read"] },
    { key: "b".repeat(256), scopes: ["admin", "publish"] },
  ]);
  expect([...(keys.scopesOf(`Bearer ${key}`) ?? [])]).toEqual(["read"]);
  expect([...(keys.scopesOf(`bearer  ${"b".repeat(256)}`) ?? [])]).toEqual(["admin", "publish"]);
  for (const header of [
    undefined,
    "",
    key,
    `Basic ${key}`,
    `Bearer ${key}a`,
    `Bearer ${key} `,
    `Bearer ${"b".repeat(257)}`,
  ]) {
    expect(keys.scopesOf(header)).toBeUndefined();
  }
  expect([keys.isEmpty, new ApiKeys([]).isEmpty]).toEqual([false, true]);
});

test("[OP21] a key that can be guessed, and a scope that is none, are refused without being told", () => {
  for (const [bad, words] of [
    [{ key: "a".repeat(31), scopes: ["read"] }, "Cannot use API key 2: it must be 32-256 visible ASCII characters"],
    [{ key: "a".repeat(257), scopes: ["read"] }, "Cannot use API key 2: it must be 32-256"],
    [{ key: `${key} b`, scopes: ["read"] }, "Cannot use API key 2: it must be 32-256"],
    [{ key, scopes: [] }, "Cannot use API key 2: it has no scope"],
    [{ key, scopes: ["root"] }, 'Cannot use API key 2: its scopes are read, publish and admin, not "root"'],
  ] as const) {
    const make = (): ApiKeys => new ApiKeys([{ key, scopes: ["read"] }, bad as never]);
    expect(make).toThrow(words);
    expect(make).not.toThrow(bad.key);
  }
});

import { afterEach, expect, test, vi } from "vitest";
import type { StorageLike } from "./connect-options.ts";
import { deviceId } from "./device-id.ts";

function storageOf(items: Record<string, string>): StorageLike {
  return {
    getItem: (key) => items[key] ?? null,
    setItem: (key, value) => {
      items[key] = value;
    },
  };
}

afterEach(() => vi.unstubAllGlobals());

test("[CC23] a device id is made once and kept where it can be kept", () => {
  const items: Record<string, string> = {};
  const made = deviceId(undefined, storageOf(items));
  expect(made).toMatch(/^[0-9a-f]{32}$/);
  expect(deviceId(undefined, storageOf(items))).toBe(made);
});

test("[CC23] the platform's own storage is the default", () => {
  const items = { "switchboard.device": "0".repeat(32) };
  vi.stubGlobal("localStorage", storageOf(items));
  expect(deviceId(undefined, undefined)).toBe("0".repeat(32));
});

test("[CC23] what was stored by someone else is replaced", () => {
  const items = { "switchboard.device": "x" };
  expect(deviceId(undefined, storageOf(items))).toBe(items["switchboard.device"]);
  expect(items["switchboard.device"]).not.toBe("x");
});

test("[CC23] without a storage each client is a device of its own", () => {
  vi.stubGlobal("localStorage", undefined);
  expect(deviceId(undefined, undefined)).not.toBe(deviceId(undefined, undefined));
  const full: StorageLike = {
    getItem: () => null,
    setItem: () => {
      throw new Error("quota");
    },
  };
  expect(deviceId(undefined, full)).toMatch(/^[0-9a-f]{32}$/);
});

test("[CC23] a device id that is given is used, or refused", () => {
  expect(deviceId("a".repeat(32), undefined)).toBe("a".repeat(32));
  expect(() => deviceId("me", undefined)).toThrow('Cannot use device "me": it must be 32 of 0-9 a-f');
});

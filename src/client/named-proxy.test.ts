import { expect, test } from "vitest";
import { namedProxy } from "./named-proxy.ts";

const proxy = namedProxy<Record<string, unknown>>({ state: "open" }, (name) => `made ${name}`);

test("[CC1] what an object has stays its own, every other name is made", () => {
  expect([proxy["state"], proxy["chat"], proxy["order.placed"]]).toEqual(["open", "made chat", "made order.placed"]);
});

test("[CC1] what was made for a name is the same each time it is read", () => {
  const handles = namedProxy<Record<string, unknown>>({}, (name) => ({ name }));
  expect(handles["chat"]).toBe(handles["chat"]);
  expect(handles["chat"]).not.toBe(handles["lobby"]);
});

test("[CC1] it is no promise, has no JSON of its own, and no symbols", async () => {
  expect(await Promise.resolve(proxy)).toBe(proxy);
  expect(JSON.stringify(proxy)).toBe('{"state":"open"}');
  expect(Reflect.get(proxy, Symbol.iterator)).toBeUndefined();
  expect([typeof proxy["toString"], proxy["$$typeof"]]).toEqual(["function", undefined]);
});

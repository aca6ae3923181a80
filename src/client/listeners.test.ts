import { expect, test } from "vitest";
import { Listeners } from "./listeners.ts";

test("[CC22] one that throws does not keep the others from hearing", () => {
  const thrown: unknown[] = [];
  const heard: string[] = [];
  const listeners = new Listeners<string>((error) => thrown.push(error));
  listeners.add(() => {
    throw new Error("no");
  });
  listeners.add((value) => heard.push(value));
  listeners.tell("a");
  expect(heard).toEqual(["a"]);
  expect(thrown).toEqual([new Error("no")]);
});

test("[CC22] the same function may listen twice, and each time ends by itself", () => {
  const heard: string[] = [];
  const listeners = new Listeners<string>(() => undefined);
  function hear(value: string): void {
    heard.push(value);
  }
  const end = listeners.add(hear);
  listeners.add(hear);
  end();
  end();
  listeners.tell("a");
  expect([heard, listeners.count]).toEqual([["a"], 1]);
});

test("[CC22] who begins to listen while it is told hears the next", () => {
  const heard: string[] = [];
  const listeners = new Listeners<string>(() => undefined);
  listeners.add((value) => {
    if (value === "a") listeners.add((later) => heard.push(later));
  });
  listeners.tell("a");
  listeners.tell("b");
  expect(heard).toEqual(["b"]);
});

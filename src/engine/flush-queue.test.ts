import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Flushable, flushThisTurn } from "./flush-queue.ts";

test("[EN21] each target is flushed once, in its order; one that is queued meanwhile in the turn after", async () => {
  const log: string[] = [];
  const target = (name: string, next: readonly Flushable[] = []): Flushable => ({
    flush() {
      log.push(name);
      for (const other of next) flushThisTurn(other);
    },
  });
  const [c, d] = [target("c"), target("d")];
  for (const first of [target("a", [c, d]), target("b", [c])]) flushThisTurn(first);
  expect(log).toEqual([]);
  await turn();
  expect(log).toEqual(["a", "b"]);
  await turn();
  expect(log).toEqual(["a", "b", "c", "d", "c"]);
  flushThisTurn(d);
  await turn();
  await turn();
  expect(log.slice(5)).toEqual(["d"]);
});

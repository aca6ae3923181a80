import { expect, test } from "vitest";
import { Outbox } from "./outbox.ts";

test("[SE7] effects come out in order, once", () => {
  const outbox = new Outbox();
  outbox.begin(7);
  outbox.push({ type: "leave", channel: "a" });
  outbox.ask("join", { channel: "b" }, () => {});
  expect(outbox.take()).toEqual([
    { type: "leave", channel: "a" },
    { type: "join", channel: "b", request: 1 },
  ]);
  expect(outbox.take()).toEqual([]);
  expect(outbox.nowMs).toBe(7);
});

test("[SE7] a result goes to whoever asked, and only the first time", () => {
  const outbox = new Outbox();
  const heard: string[] = [];
  outbox.ask("join", { channel: "a" }, ({ type }) => heard.push(type));
  outbox.settle({ type: "settled", question: "join", request: 1, result: { type: "joined" } });
  outbox.settle({ type: "settled", question: "join", request: 1, result: { type: "joined" } });
  outbox.settle({ type: "settled", question: "append", request: 1, result: { type: "conflict" } });
  expect(heard).toEqual(["joined"]);
});

test("[OP30] refusals are counted by their code", () => {
  const outbox = new Outbox();
  for (const code of ["LIMIT", "TOO_BIG", "LIMIT"] as const) outbox.countRefusal(code);
  expect([...outbox.refusedCounts]).toEqual([
    ["LIMIT", 2],
    ["TOO_BIG", 1],
  ]);
});

import { expect, test } from "vitest";
import { type Answer, Exchange } from "./exchange.ts";

function make(): { exchange: Exchange; written: unknown[]; answers: Answer[] } {
  const written: unknown[] = [];
  const exchange = new Exchange((effect) => {
    if (effect.type === "write") written.push(JSON.parse(effect.text));
  });
  return { exchange, written, answers: [] };
}

test("[CC10] a request is answered at most once, by the answer with its id", () => {
  const { answers, exchange, written } = make();
  exchange.ask({ type: "unsubscribe", channel: "a" }, (answer) => answers.push(answer));
  exchange.tell({ type: "unsubscribe", channel: "b" });
  expect(written).toEqual([
    { type: "unsubscribe", id: 1, channel: "a" },
    { type: "unsubscribe", id: 2, channel: "b" },
  ]);
  const answer: Answer = { type: "unsubscribed", id: 1, channel: "a" };
  const heard = [{ ...answer, id: 2 }, answer, answer].map((one) => exchange.receive(one, 0));
  expect([heard, answers]).toEqual([[false, true, false], [answer]]);
});

test("[CC10] with its line a request is forgotten, and ids begin anew", () => {
  const { answers, exchange, written } = make();
  exchange.open();
  exchange.ask({ type: "unsubscribe", channel: "a" }, (answer) => answers.push(answer));
  exchange.close();
  expect([exchange.isOpen, exchange.receive({ type: "unsubscribed", id: 1, channel: "a" }, 0)]).toEqual([false, false]);
  exchange.tell({ type: "unsubscribe", channel: "b" });
  expect([written.at(-1), answers]).toEqual([{ type: "unsubscribe", id: 1, channel: "b" }, []]);
});

test("[CC22] an error without an id answers nothing", () => {
  const { exchange } = make();
  expect(exchange.receive({ type: "error", code: "INTERNAL", message: "x" }, 0)).toBe(false);
});

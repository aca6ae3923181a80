import { expect, test } from "vitest";
import { GatewayBench, type GatewayBenchOptions } from "../testing/gateway-bench.ts";

/** Connection 1, subscribed to news; its greetings taken. */
function joined(options?: GatewayBenchOptions): GatewayBench {
  const bench = new GatewayBench(options);
  bench.join(1);
  bench.send(1, { type: "subscribe", channel: "news", start: { from: "live" } });
  bench.take(1);
  return bench;
}

const roll = { type: "call", channel: "news", method: "roll", data: { sides: 6 } } as const;

test("[CA1] a call is authorised, and answered by what the server makes of it", () => {
  const asked: unknown[] = [];
  const bench = joined({
    answers: {
      authorize: (question) => void asked.push(question),
      call: (question) => void asked.push(question),
    },
  });
  asked.length = 0;
  const id = bench.send(1, roll);
  expect(bench.take(1)).toEqual([{ type: "result", id, data: { sides: 6 } }]);
  const user = { id: "u1" };
  expect(asked).toMatchObject([
    { type: "authorize", user, definition: "news", params: {}, action: "call", method: "roll" },
    { type: "call", user, member: "m-0001", channel: "news", definition: "news", params: {}, method: "roll" },
  ]);
});

test("[CA1] a call that gives nothing is answered all the same", () => {
  const bench = joined({ answers: { call: () => ({ type: "answered" }) } });
  const id = bench.send(1, roll);
  expect(bench.take(1)).toEqual([{ type: "result", id }]);
});

test("[CA2] a call without a subscription, of no such name, or that authorize denies, is refused", () => {
  const bench = joined({
    answers: { authorize: ({ action }) => (action === "call" ? { type: "denied" } : undefined) },
  });
  bench.send(1, { ...roll, channel: "room/a" });
  bench.send(1, { ...roll, method: "constructor" });
  bench.send(1, { type: "subscribe", channel: "room/a", start: { from: "live" } });
  bench.send(1, { ...roll, channel: "room/a" });
  bench.send(1, roll);
  expect(bench.take(1).filter(({ type }) => type === "error")).toMatchObject([
    { code: "NOT_SUBSCRIBED", message: 'Cannot call "roll" of "room/a": subscribe to it first' },
    { code: "UNKNOWN_CALL", message: 'Cannot call "constructor" of "news": it answers no such call' },
    { code: "UNKNOWN_CALL", message: 'Cannot call "roll" of "room/a": it answers no such call' },
    { code: "FORBIDDEN", message: 'Cannot call "roll" of "news": this user may not' },
  ]);
});

const error = { code: "app:NO_DICE", message: "There are no dice here" } as const;
test.for([
  [{ type: "invalid", reason: "sides: too few" }, "BAD_DATA", 'Cannot call "roll" of "news": sides: too few'],
  [{ type: "failed", error }, error.code, error.message],
] as const)(
  "[CA3] a call that is $0.type is answered by an error, and the line stays open",
  ([result, code, message]) => {
    const bench = joined({ answers: { call: () => result } });
    const id = bench.send(1, roll);
    expect(bench.take(1)).toEqual([{ type: "error", id, code, message }]);
    expect(bench.effects).toEqual([]);
  },
);

test("[CA4] sixteen calls of a connection may be in work, not one more, and others need not wait for them", () => {
  const bench = joined();
  bench.isHolding = ({ type }) => type === "call";
  for (let count = 0; count < 16; count += 1) bench.send(1, roll);
  expect(bench.take(1)).toEqual([]);
  const seventeenth = bench.send(1, roll);
  const other = bench.send(1, { type: "history", channel: "news", before: 1, count: 1 });
  expect(bench.take(1)).toMatchObject([
    {
      type: "error",
      id: seventeenth,
      code: "LIMIT",
      message: 'Cannot call "roll" of "news": 16 calls of this connection are not answered yet',
    },
    { type: "history", id: other },
  ]);
  bench.isHolding = () => false;
  bench.settle();
  bench.send(1, roll);
  expect(bench.take(1).map(({ type }) => type)).toEqual(Array.from({ length: 17 }, () => "result"));
});

test("[CA4] calls are answered in the order they are done", () => {
  const bench = joined();
  bench.isHolding = ({ type }) => type === "call";
  const first = bench.send(1, roll);
  const second = bench.send(1, roll);
  bench.answer(1);
  bench.answer(0);
  expect(bench.take(1)).toMatchObject([{ id: second }, { id: first }]);
});

test("[CA5] a call whose caller has gone is not begun, and what it gives is told to nobody", () => {
  const bench = joined();
  bench.isHolding = ({ type }) => type === "authorize" || type === "call";
  bench.send(1, roll);
  bench.closed(1);
  bench.answer(0);
  expect(bench.questions).toEqual([]);
  const other = joined();
  other.isHolding = ({ type }) => type === "call";
  other.send(1, roll);
  other.closed(1);
  other.answer(0);
  expect(other.take(1)).toEqual([]);
});

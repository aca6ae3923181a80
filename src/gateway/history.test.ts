import { expect, test } from "vitest";
import { GatewayBench, type GatewayBenchOptions } from "../testing/gateway-bench.ts";
import type { ServerMessage } from "../wire/index.ts";

function benchWith(count: number, options?: GatewayBenchOptions): GatewayBench {
  const bench = new GatewayBench(options);
  for (let index = 1; index <= count; index += 1) bench.append("news", `m${index}`, "x".repeat(8));
  bench.join(1);
  bench.send(1, { type: "subscribe", channel: "news", start: { from: "live" } });
  bench.take(1);
  return bench;
}

function ask(
  bench: GatewayBench,
  before: number,
  count: number,
): { readonly offsets: readonly number[]; readonly more: boolean } {
  bench.send(1, { type: "history", channel: "news", before, count });
  const [answer]: readonly (ServerMessage | undefined)[] = bench.take(1);
  if (answer?.type !== "history") throw new Error(`No history: ${JSON.stringify(answer)}`);
  return { offsets: answer.events.map(({ offset }) => offset), more: answer.more };
}

test("[CH9] history is the entries just before an offset, oldest first, and whether there are more", () => {
  const bench = benchWith(9);
  expect(ask(bench, 8, 3)).toEqual({ offsets: [5, 6, 7], more: true });
  expect(ask(bench, 4, 3)).toEqual({ offsets: [1, 2, 3], more: false });
  expect(ask(bench, 3, 9)).toEqual({ offsets: [1, 2], more: false });
  expect(ask(bench, 1, 9)).toEqual({ offsets: [], more: false });
  expect(ask(bench, 0, 9)).toEqual({ offsets: [], more: false });
});

test("[CH9] history from beyond the end is the newest there is", () => {
  expect(ask(benchWith(9), 1_000_000, 2)).toEqual({ offsets: [8, 9], more: true });
  expect(ask(benchWith(0), 1_000_000, 2)).toEqual({ offsets: [], more: false });
});

test("[CH9] history ends where the log was trimmed", () => {
  const bench = benchWith(9);
  bench.log("news").trim(4);
  expect(ask(bench, 8, 9)).toEqual({ offsets: [6, 7], more: false });
  expect(ask(bench, 6, 9)).toEqual({ offsets: [], more: false });
});

test("[CH9] if not all have room, it is the last", () => {
  const bench = benchWith(9, { limits: { maxPageBytes: 30 } });
  expect(ask(bench, 10, 9)).toEqual({ offsets: [9], more: true });
  expect(ask(bench, 10, 3)).toEqual({ offsets: [7, 8, 9], more: true });
});

test("[CH9] history has at most a page of entries", () => {
  expect(ask(benchWith(9, { limits: { maxPageCount: 4 } }), 10, 9)).toEqual({ offsets: [6, 7, 8, 9], more: true });
});

test("[CH9] history has its epoch and each entry as its event had it", () => {
  const bench = benchWith(1);
  const id = bench.send(1, { type: "history", channel: "news", before: 2, count: 1 });
  const user = { id: "other" };
  expect(bench.take(1)).toEqual([
    {
      type: "history",
      id,
      channel: "news",
      epoch: "0000000000000001",
      events: [{ event: "item", offset: 1, tag: 1, messageId: "m1", user, atMs: 0, data: "xxxxxxxx" }],
      more: false,
    },
  ]);
});

test("[CH9] history needs a subscription", () => {
  const bench = benchWith(1);
  const id = bench.send(1, { type: "history", channel: "room/a", before: 2, count: 1 });
  const message = 'Cannot read the history of "room/a": subscribe to it first';
  expect(bench.take(1)).toEqual([{ type: "error", id, code: "NOT_SUBSCRIBED", message }]);
});

test("[CH8] when the store cannot be read, history is refused", () => {
  const error = { code: "STORAGE_UNAVAILABLE", message: "The store does not answer" } as const;
  const bench = benchWith(0, {
    answers: {
      read({ read }) {
        const result = { top: { epoch: "0000000000000001", offset: 0, tag: 0 }, first: 1, entries: [], tagAtAfter: 0 };
        return read.maxCount === 7 ? { type: "failed", error } : { type: "page", result };
      },
    },
  });
  const id = bench.send(1, { type: "history", channel: "news", before: 2, count: 7 });
  expect(bench.take(1)).toEqual([{ type: "error", id, ...error }]);
});

function askOn(bench: GatewayBench, after: number, count: number): unknown {
  bench.send(1, { type: "history", channel: "news", after, count });
  return bench
    .take(1)
    .map((answer) => (answer.type === "history" ? [answer.events.map(({ offset }) => offset), answer.more] : answer));
}

test("[CH10] history the other way is the entries just after an offset, and whether there are newer ones", () => {
  const bench = benchWith(9);
  expect(askOn(bench, 0, 3)).toEqual([[[1, 2, 3], true]]);
  expect(askOn(bench, 6, 3)).toEqual([[[7, 8, 9], false]]);
  expect(askOn(bench, 9, 3)).toEqual([[[], false]]);
  expect(askOn(bench, 100, 3)).toEqual([[[], false]]);
  bench.log("news").trim(4);
  expect(askOn(bench, 0, 3)).toEqual([[[6, 7, 8], true]]);
});

test("[CH10] it has at most a page of entries and bytes", () => {
  expect(askOn(benchWith(9, { limits: { maxPageCount: 4 } }), 0, 9)).toEqual([[[1, 2, 3, 4], true]]);
  expect(askOn(benchWith(9, { limits: { maxPageBytes: 30 } }), 0, 9)).toEqual([[[1, 2, 3], true]]);
});

test("[CH8] when the store cannot be read, history the other way is refused", () => {
  const error = { code: "STORAGE_UNAVAILABLE", message: "The store does not answer" } as const;
  const bench = benchWith(1);
  bench.isHolding = ({ type }) => type === "read";
  const id = bench.send(1, { type: "history", channel: "news", after: 0, count: 7 });
  const [read] = bench.questions.splice(0);
  bench.handle({ type: "settled", question: "read", request: read?.request ?? 0, result: { type: "failed", error } });
  expect(bench.take(1)).toEqual([{ type: "error", id, ...error }]);
});

test("[RL31] one page of history is read for a connection at a time", () => {
  const bench = benchWith(9);
  bench.isHolding = ({ type }) => type === "read";
  const ask = { type: "history", channel: "news", before: 9, count: 1 } as const;
  for (let request = 0; request < 3; request += 1) bench.send(1, ask);
  bench.send(1, { type: "history", channel: "news", after: 1, count: 1 });
  for (let answered = 0; answered < 4; answered += 1) {
    expect(bench.questions).toHaveLength(1);
    expect(bench.take(1)).toHaveLength(answered === 0 ? 0 : 1);
    bench.answer(0);
  }
  expect(bench.questions).toEqual([]);
  expect(bench.take(1)).toHaveLength(1);
});

test.each([{ before: 3 }, { after: 1 }])("[RL31] a long page of history costs more than one request: %j", (span) => {
  const bench = new GatewayBench({ limits: { requestsPerSecond: 1, requestBurstCount: 3 } });
  bench.append("news", "m1");
  bench.append("news", "m2", "x".repeat(65_536));
  bench.join(1);
  bench.send(1, { type: "subscribe", channel: "news", start: { from: "live" } });
  bench.send(1, { type: "history", channel: "news", count: 1, ...span });
  bench.take(1);
  bench.send(1, { type: "history", channel: "news", count: 1, ...span });
  expect(bench.take(1)).toMatchObject([{ code: "RATE_LIMITED", retryAfterMs: 2_000 }]);
});

test("[RL30] behind a long page of history the next one waits until the socket has taken it", () => {
  const bench = new GatewayBench();
  for (const id of ["m1", "m2"]) bench.append("news", id, "x".repeat(65_536));
  bench.join(1);
  bench.send(1, { type: "subscribe", channel: "news", start: { from: "live" } });
  bench.take(1);
  bench.congested.add(1);
  bench.isHolding = ({ type }) => type === "read";
  for (const after of [0, 1]) bench.send(1, { type: "history", channel: "news", after, count: 1 });
  bench.answer(0);
  expect(bench.questions).toEqual([]);
  bench.drain(1);
  bench.answer(0);
  expect(bench.take(1)).toMatchObject([
    { type: "history", events: [{ messageId: "m1" }] },
    { type: "history", events: [{ messageId: "m2" }] },
  ]);
});

import { expect, test } from "vitest";
import { GatewayBench, type GatewayBenchOptions } from "../testing/gateway-bench.ts";
import type { ServerMessage } from "../wire/index.ts";

/** Connections 1 and 2, subscribed to room/a; their greetings taken. */
function pair(options?: GatewayBenchOptions): GatewayBench {
  const bench = new GatewayBench(options);
  for (const connection of [1, 2]) {
    bench.join(connection);
    bench.send(connection, { type: "subscribe", channel: "room/a", start: { from: "live" } });
  }
  bench.advance(500);
  bench.take(1);
  bench.take(2);
  return bench;
}

const say = { type: "publish", channel: "room/a", event: "said", messageId: "m1", data: { text: "hi" } } as const;
const type = { type: "ephemeral", channel: "room/a", event: "typing", data: {} } as const;
const typesOf = (messages: readonly ServerMessage[]): string[] => messages.map((message) => message.type);

test("[PB1] a publish is acknowledged and delivered when the store says so, and not before", () => {
  const bench = pair();
  bench.isHolding = (question) => question.type === "append";
  const id = bench.send(1, say);
  bench.advance(60_000);
  expect(typesOf([...bench.take(1), ...bench.take(2)])).not.toContain("event");
  bench.isHolding = () => false;
  bench.settle();
  const { epoch, offset, tag } = bench.log("room/a").top;
  expect(bench.take(1)[0]).toEqual({ type: "ack", id, epoch, offset, tag, durability: "fsync", duplicate: false });
  expect(bench.take(2)).toMatchObject([
    { type: "event", offset: 1, messageId: "m1", data: { text: "hi" }, user: { id: "u1" } },
  ]);
});

test("[PB2] the same id again is acknowledged with its first position, and delivered to nobody", () => {
  const bench = pair();
  bench.send(1, say);
  const [first] = bench.take(1);
  bench.take(2);
  const id = bench.send(1, { ...say, retryAfterFirstMs: 10 });
  expect(bench.take(1)).toEqual([{ ...first, id, duplicate: true }]);
  expect(bench.take(2)).toEqual([]);
});

test("[PB3] the same id with other data is refused", () => {
  const bench = pair();
  bench.send(1, say);
  bench.take(1);
  const id = bench.send(1, { ...say, data: { text: "ho" } });
  expect(bench.take(1)).toEqual([
    { type: "error", id, code: "ID_CONFLICT", message: 'Cannot publish "m1": this id was used before with other data' },
  ]);
});

test("[PB3] a schema that makes something else of the data each time does not make a conflict", () => {
  let count = 0;
  const bench = pair({ answers: { validate: () => ({ type: "valid", data: String((count += 1)) }) } });
  bench.send(1, say);
  bench.send(1, say);
  expect(bench.take(1)).toMatchObject([
    { type: "ack", duplicate: false },
    { data: 1 },
    { type: "ack", duplicate: true },
  ]);
});

test("[PB4] a retry that comes too late is refused, and the broker is told that it is one", () => {
  const retries: (number | undefined)[] = [];
  const bench = pair({
    answers: {
      append: ({ draft }) => {
        retries.push(draft.retryAfterFirstMs);
        return { type: "expired" };
      },
    },
  });
  const id = bench.send(1, { ...say, retryAfterFirstMs: 99 });
  bench.send(1, say);
  expect(retries).toEqual([99, undefined]);
  expect(bench.take(1)[0]).toMatchObject({ type: "error", id, code: "DEDUP_EXPIRED" });
});

test("[PB11] a retry of what is stored gets its place, without asking whether its user may by now", () => {
  let isAllowed = true;
  const bench = pair({ answers: { authorize: () => ({ type: isAllowed ? "allowed" : "denied" }) } });
  bench.send(1, say);
  const [first] = bench.take(1);
  isAllowed = false;
  bench.isHolding = ({ type: question }) => question !== "recall";
  const id = bench.send(1, { ...say, retryAfterFirstMs: 10 });
  expect(bench.take(1)).toEqual([{ ...first, id, duplicate: true }]);
  bench.send(1, { ...say, data: "other", retryAfterFirstMs: 10 });
  expect(bench.take(1)).toMatchObject([{ code: "ID_CONFLICT" }]);
  expect(bench.questions).toEqual([]);
});

test("[PB11] a retry of what is not stored is judged like a first try", () => {
  const bench = pair({ answers: { authorize: ({ event }) => ({ type: event === "said" ? "denied" : "allowed" }) } });
  const retry = { ...say, retryAfterFirstMs: 10 } as const;
  bench.send(1, retry);
  bench.send(1, { ...retry, channel: "news", event: "item" });
  expect(bench.take(1)).toMatchObject([{ code: "FORBIDDEN" }, { type: "ack", duplicate: false }]);
});

test("[PB11] when the store does not know, nothing is stored, and the next request goes on", () => {
  const error = { code: "STORAGE_UNAVAILABLE", message: "The store does not answer" } as const;
  const bench = pair({ answers: { recall: () => ({ type: "failed", error }) } });
  const id = bench.send(1, { ...say, retryAfterFirstMs: 10 });
  bench.send(1, { ...say, messageId: "m2" });
  expect(bench.take(1)).toMatchObject([{ type: "error", id, ...error }, { type: "ack" }, { messageId: "m2" }]);
});

test("[SE9] a retry whose connection ended before the store answered is not stored", () => {
  const bench = pair();
  bench.isHolding = ({ type: question }) => question === "recall";
  bench.send(1, { ...say, retryAfterFirstMs: 10 });
  bench.closed(1);
  bench.isHolding = () => false;
  bench.settle();
  expect(bench.log("room/a").entries).toEqual([]);
});

test("[PB5] what the store refuses is refused, delivered to nobody, and the line stays open", () => {
  const error = { code: "STORAGE_FULL", message: "The store has no room" } as const;
  const bench = pair({ answers: { append: () => ({ type: "failed", error }) } });
  const id = bench.send(1, say);
  expect(bench.take(1)).toEqual([{ type: "error", id, ...error }]);
  expect(bench.take(2)).toEqual([]);
  bench.send(1, { type: "history", channel: "room/a", before: 9, count: 1 });
  expect(typesOf(bench.take(1))).toEqual(["history"]);
});

test("[PB6] data that does not fit is refused with the field, for both kinds of event", () => {
  const bench = pair({ answers: { validate: () => ({ type: "invalid", reason: "text: too long" }) } });
  bench.send(1, say);
  bench.send(1, type);
  expect(bench.take(1)).toMatchObject([
    { code: "BAD_DATA", message: 'Cannot send "said" to "room/a": text: too long' },
    { code: "BAD_DATA", message: 'Cannot send "typing" to "room/a": text: too long' },
  ]);
  expect(bench.log("room/a").top.offset).toBe(0);
});

test("[PB6] a schema that fails is the server's fault", () => {
  const error = { code: "INTERNAL", message: "The server failed" } as const;
  const bench = pair({ answers: { validate: () => ({ type: "failed", error }) } });
  const id = bench.send(1, say);
  expect(bench.take(1)).toEqual([{ type: "error", id, ...error }]);
});

test("[PB7] a publish needs the right to, and no subscription", () => {
  const bench = pair({ answers: { authorize: ({ event }) => ({ type: event === "said" ? "denied" : "allowed" }) } });
  bench.join(3);
  bench.send(3, say);
  expect(bench.take(3)).toMatchObject([
    { code: "FORBIDDEN", message: 'Cannot publish "said" to "room/a": this user may not' },
  ]);
  bench.send(3, { type: "publish", channel: "news", event: "item", messageId: "m1", data: 1 });
  expect(typesOf(bench.take(3))).toEqual(["ack"]);
});

test("[CH2] a channel or an event that is not there is refused", () => {
  const bench = pair();
  bench.send(1, { ...say, channel: "nowhere" });
  bench.send(1, { ...say, event: "typing" });
  bench.send(1, { ...type, event: "said" });
  expect(bench.take(1)).toMatchObject([
    { code: "UNKNOWN_CHANNEL" },
    { code: "UNKNOWN_EVENT" },
    { code: "UNKNOWN_EVENT" },
  ]);
});

test("[PB8] publishes are appended in the order they came, whatever order their hooks are done in", () => {
  const bench = pair();
  bench.isHolding = (question) => question.type === "authorize" || question.type === "append";
  for (const messageId of ["m1", "m2", "m3"]) bench.send(1, { ...say, messageId });
  expect(bench.questions.map((question) => question.type)).toEqual(["authorize"]);
  bench.isHolding = (question) => question.type === "append";
  bench.settle();
  expect(bench.questions.map((question) => question.type === "append" && question.draft.messageId)).toEqual([
    "m1",
    "m2",
    "m3",
  ]);
});

test("[PB9] a publisher that is subscribed gets its own message", () => {
  const bench = pair();
  bench.send(1, say);
  expect(typesOf(bench.take(1)).sort()).toEqual(["ack", "event"]);
});

test("[EP1] an ephemeral event goes to all but its sender, with its user, member and time to live", () => {
  const bench = pair();
  bench.send(1, type);
  expect(bench.take(1)).toEqual([]);
  expect(bench.take(2)).toEqual([
    {
      type: "ephemeral",
      channel: "room/a",
      event: "typing",
      member: "m-0001",
      user: { id: "u1" },
      ttlMs: 10_000,
      data: {},
    },
  ]);
});

test("[EP1] in a channel without presence it names no member", () => {
  const bench = pair();
  for (const connection of [1, 2]) {
    bench.send(connection, { type: "subscribe", channel: "news", start: { from: "live" } });
  }
  bench.take(2);
  bench.send(1, { type: "ephemeral", channel: "news", event: "mood", data: 1 });
  expect(bench.take(2)).toEqual([
    { type: "ephemeral", channel: "news", event: "mood", user: { id: "u1" }, ttlMs: 500, data: 1 },
  ]);
});

test("[EP2] an ephemeral event is not stored", () => {
  const bench = pair();
  bench.send(1, type);
  expect(bench.log("room/a").top.offset).toBe(0);
});

test("[EP3] an ephemeral event needs a subscription and the right to", () => {
  const bench = pair({
    answers: { authorize: ({ action }) => ({ type: action === "publish" ? "denied" : "allowed" }) },
  });
  bench.join(3);
  bench.send(3, type);
  bench.send(1, type);
  expect(bench.take(3)).toMatchObject([
    { code: "NOT_SUBSCRIBED", message: 'Cannot send "typing" to "room/a": subscribe to it first' },
  ]);
  expect(bench.take(1)).toMatchObject([
    { code: "FORBIDDEN", message: 'Cannot publish "typing" to "room/a": this user may not' },
  ]);
});

test("[EP3] after a refused ephemeral event the next request goes on", () => {
  const bench = pair();
  bench.send(1, { ...type, event: "none" });
  bench.send(1, say);
  expect(typesOf(bench.take(1))).toEqual(["error", "ack", "event"]);
});

test("[SE9] a publish whose connection ended before it was validated is not stored", () => {
  const bench = pair();
  bench.isHolding = (question) => question.type === "validate";
  bench.send(1, say);
  bench.closed(1);
  bench.isHolding = () => false;
  bench.settle();
  expect(bench.log("room/a").entries).toEqual([]);
});

// ---- newest values

/** Connections 1 and 2, subscribed to ticker/a; their greetings taken. */
function tickers(options?: GatewayBenchOptions): GatewayBench {
  const bench = new GatewayBench(options);
  for (const connection of [1, 2]) {
    bench.join(connection);
    bench.send(connection, { type: "subscribe", channel: "ticker/a", start: { from: "live" } });
    bench.take(connection);
  }
  return bench;
}

const quote = (key: string, price: number) =>
  ({ type: "ephemeral", channel: "ticker/a", event: "quote", data: { key, price } }) as const;
const told = { channel: "ticker/a", event: "quote", user: { id: "server" }, key: "A", data: '{"price":1}' };

test("[LT8] a newest value goes to all subscribers, its sender too, with its user, and is not answered", () => {
  const bench = tickers();
  bench.send(1, quote("A", 7));
  const values = [{ key: "A", user: { id: "u1" }, data: { key: "A", price: 7 } }];
  const message = { type: "latest", channel: "ticker/a", event: "quote", snapshot: false, values };
  expect([bench.take(1), bench.take(2)]).toEqual([[message], [message]]);
});

test("[LT4] a newest value is not stored, and is in nobody's history", () => {
  const bench = tickers();
  bench.send(1, quote("A", 7));
  bench.take(1);
  bench.send(1, { type: "history", channel: "ticker/a", before: 9, count: 9 });
  expect(bench.take(1)).toMatchObject([{ type: "history", events: [], more: false }]);
  expect(bench.log("ticker/a").top.offset).toBe(0);
});

test("[LT8] a value without a key is of the key of no characters", () => {
  const bench = tickers();
  bench.send(1, { ...quote("A", 7), data: 7 });
  expect(bench.take(2)).toMatchObject([{ values: [{ key: "", data: 7 }] }]);
});

test("[LT8] it needs a subscription, an event of that kind, the right to, and fitting data", () => {
  const bench = tickers({
    answers: {
      authorize: ({ action, event }) => ({ type: action === "publish" && event === "news" ? "denied" : "allowed" }),
      validate: () => ({ type: "invalid", reason: "price: too low" }),
    },
  });
  bench.join(3);
  bench.send(3, quote("A", 1));
  bench.send(1, { ...quote("A", 1), event: "quotes" });
  bench.send(1, { ...quote("A", 1), event: "news" });
  bench.send(1, quote("A", 1));
  expect(bench.take(3)).toMatchObject([{ code: "NOT_SUBSCRIBED" }]);
  expect(bench.take(1)).toMatchObject([{ code: "UNKNOWN_EVENT" }, { code: "FORBIDDEN" }, { code: "BAD_DATA" }]);
});

test("[LT7] what the server tells before anybody is there is kept for who comes", () => {
  const bench = new GatewayBench();
  bench.handle({ type: "told", tell: told });
  bench.join(1);
  bench.send(1, { type: "subscribe", channel: "ticker/a", start: { from: "live" } });
  expect(bench.take(1)).toMatchObject([
    { type: "subscribed" },
    { event: "quote", snapshot: true, values: [{ key: "A", user: { id: "server" }, data: { price: 1 } }] },
    { event: "news", snapshot: true, values: [] },
  ]);
});

test("[EP6] what the server tells goes to all who are there, and names no member", () => {
  const bench = pair();
  bench.handle({ type: "told", tell: { channel: "room/a", event: "typing", user: { id: "server" }, data: "{}" } });
  const message = {
    type: "ephemeral",
    channel: "room/a",
    event: "typing",
    user: { id: "server" },
    ttlMs: 10_000,
    data: {},
  };
  expect([bench.take(1), bench.take(2)]).toEqual([[message], [message]]);
});

test("[EP6] what the server tells to a channel or of an event that is not there is dropped", () => {
  const bench = pair();
  bench.handle({ type: "told", tell: { ...told, channel: "nowhere" } });
  bench.handle({ type: "told", tell: { ...told, channel: "room/a", event: "said" } });
  expect([bench.take(1), bench.take(2), bench.questions]).toEqual([[], [], []]);
});

test("[PB10] who publishes what is known where it is judged, and what comes of it is what counts", () => {
  const asked: unknown[] = [];
  const bench = pair({
    answers: {
      validate: (question) => {
        asked.push(question.context);
        return { type: "valid", data: '{"text":"***"}' };
      },
    },
  });
  bench.send(1, say);
  bench.send(1, say);
  bench.send(1, type);
  const member = "m-0001";
  const context = { user: { id: "u1" }, member, claims: {}, channel: "room/a", params: { id: "a" } };
  expect(asked).toEqual([{ ...context, messageId: "m1" }, { ...context, messageId: "m1" }, context]);
  expect(bench.take(2)).toMatchObject([{ data: { text: "***" } }, { type: "ephemeral" }]);
});

test("[CH11] data that is too big for the channel is refused before it is judged", () => {
  const limits = { maxSubscriberCount: 1, publishesPerSecond: 1, maxDataBytes: 1 };
  const events = { said: { kind: "event" } } as const;
  const history = { maxCount: 1, maxAgeMs: 1 };
  const bench = new GatewayBench({
    channels: { room: { pattern: "room/:id", events, presence: false, limits, history } },
  });
  bench.join(1);
  bench.send(1, say);
  expect(bench.take(1)).toMatchObject([{ type: "error", code: "TOO_BIG" }]);
});

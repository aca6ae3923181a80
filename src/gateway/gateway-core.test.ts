import { expect, test } from "vitest";
import { encodeBroadcast } from "./broadcast.ts";
import type { Identity } from "./effects.ts";
import { type Answers, GatewayBench, type GatewayBenchOptions } from "../testing/gateway-bench.ts";

const device = "0".repeat(32);
const auth = { type: "auth", device } as const;
const live = { from: "live" } as const;
const closesOf = (bench: GatewayBench): unknown[] => bench.effects.filter(({ type }) => type === "close");

function joined(options?: GatewayBenchOptions): GatewayBench {
  const bench = new GatewayBench(options);
  bench.join(1);
  return bench;
}

test("[SE1] hello comes first, before auth", () => {
  const bench = new GatewayBench();
  bench.open(1);
  expect(bench.take(1)).toEqual([
    {
      type: "hello",
      version: 1,
      durability: "fsync",
      pingAfterMs: 25_000,
      dedupWindowMs: 86_400_000,
      limits: {
        maxMessageBytes: 65_536,
        maxOperationsPerFrame: 256,
        maxChannelsPerConnection: 256,
        authTimeoutMs: 5_000,
      },
      channels: {
        news: { pattern: "news", events: { item: "event", mood: "ephemeral" }, presence: false },
        room: { pattern: "room/:id", events: { said: "event", typing: "ephemeral" }, presence: true },
        ticker: { pattern: "ticker/:market", events: { quote: "latest", news: "latest" }, presence: false },
      },
    },
  ]);
});

test("[SE2] auth is answered with the user, and everything else before it is refused", () => {
  const bench = new GatewayBench();
  bench.open(1);
  bench.take(1);
  const early = bench.send(1, { type: "subscribe", channel: "news", start: live });
  const id = bench.send(1, { ...auth, token: "t" });
  expect(bench.take(1)).toEqual([
    {
      type: "error",
      id: early,
      code: "UNAUTHENTICATED",
      message: "Cannot subscribe: this connection is not authenticated",
    },
    { type: "authenticated", id, user: { id: "u1" } },
  ]);
});

test("[SE2] requests that follow an auth without waiting are served after it", () => {
  const bench = new GatewayBench();
  bench.open(1);
  bench.isHolding = (question) => question.type === "authenticate";
  bench.send(1, auth);
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  bench.take(1);
  bench.isHolding = () => false;
  bench.settle();
  expect(bench.take(1).map(({ type }) => type)).toEqual(["authenticated", "subscribed"]);
});

const failed = { type: "failed", error: { code: "INTERNAL", message: "" } } as const;
test.for([
  { result: { type: "refused" } as const, code: 4500, reason: "The credentials were refused" },
  { result: failed, code: 1011, reason: "The server cannot check credentials now" },
])("[SE3] credentials that are $result.type close the connection with $code", ({ code, reason, result }) => {
  const bench = new GatewayBench({ answers: { authenticate: () => result } });
  bench.open(1);
  bench.take(1);
  bench.send(1, auth);
  bench.send(1, auth);
  expect(bench.effects).toEqual([{ type: "close", connection: 1, code, reason }]);
  expect(bench.take(1)).toEqual([]);
});

test("[SE4] a second auth is refused, and the first identity stays", () => {
  const bench = joined();
  const id = bench.send(1, { ...auth, device: "f".repeat(32) });
  bench.send(1, { type: "publish", channel: "news", event: "item", messageId: "m1", data: 1 });
  expect(bench.take(1)[0]).toEqual({
    type: "error",
    id,
    code: "BAD_MESSAGE",
    message: 'Cannot auth again: this connection is "u1" already',
  });
  expect(bench.log("news").entries).toMatchObject([{ user: { id: "u1" } }]);
});

test("[SE5] an auth in time keeps the connection open, however long it takes to check", () => {
  const bench = new GatewayBench();
  for (const connection of [1, 2]) bench.open(connection);
  bench.isHolding = (question) => question.type === "authenticate";
  bench.advance(4_999);
  bench.send(1, auth);
  bench.advance(9_000);
  expect(closesOf(bench)).toEqual([{ type: "close", connection: 2, code: 4000, reason: "No auth within 5000 ms" }]);
});

test.for([
  { name: "no JSON", text: "{", code: "BAD_MESSAGE", begin: "Cannot read a message" },
  {
    name: "no known type",
    text: '{"type":"dance","id":7}',
    code: "BAD_MESSAGE",
    begin: "Cannot read a message: type",
    id: 7,
  },
  {
    name: "without a field",
    text: '{"type":"history","id":7,"channel":"news"}',
    code: "BAD_MESSAGE",
    begin: "Cannot read history: before",
    id: 7,
  },
  {
    name: "with a bad channel",
    text: '{"type":"unsubscribe","id":7,"channel":"a b"}',
    code: "BAD_CHANNEL",
    begin: "Cannot read unsubscribe: channel",
    id: 7,
  },
])("[SE6] a frame that is $name is refused, and the third closes the connection", ({ begin, code, id, text }) => {
  const bench = joined();
  for (let count = 0; count < 4; count += 1) bench.sendText(1, text);
  const answers = bench.take(1);
  const expected = {
    type: "error",
    code,
    message: expect.stringContaining(begin),
    ...(id === undefined ? {} : { id }),
  };
  expect(answers).toEqual([expected, expected, expected]);
  expect(closesOf(bench)).toMatchObject([{ code: 4002, reason: "Too many messages were refused" }]);
});

test("[SE6] a binary message is refused", () => {
  const bench = joined();
  bench.handle({ type: "received", connection: 1, data: new Uint8Array(3), bytes: 3 });
  expect(bench.take(1)).toEqual([
    { type: "error", code: "BAD_MESSAGE", message: "Cannot read a binary message: switchboard.v1+json is text" },
  ]);
});

test("[RL3] a message may be as long as its limit, and not one byte longer", () => {
  const bench = joined();
  const history = JSON.stringify({ type: "history", id: 1, channel: "news", before: 1, count: 1 });
  bench.sendText(1, history.padEnd(65_536));
  bench.sendText(1, history.padEnd(65_537));
  expect(bench.take(1)).toMatchObject([
    { code: "NOT_SUBSCRIBED" },
    { code: "TOO_BIG", message: "Cannot read a message of 65537 bytes: the limit is 65536" },
  ]);
});

test("[RL3] before auth the limit is lower", () => {
  const bench = new GatewayBench();
  bench.open(1);
  bench.take(1);
  bench.sendText(1, JSON.stringify({ ...auth, id: 1 }).padEnd(4_097));
  bench.sendText(1, JSON.stringify({ ...auth, id: 1 }).padEnd(4_096));
  expect(bench.take(1)).toMatchObject([
    { code: "TOO_BIG", message: "Cannot read a message of 4097 bytes: the limit is 4096" },
    { type: "authenticated" },
  ]);
});

test("[SE7] a later request does not overtake one whose hooks take long", () => {
  const bench = joined();
  bench.isHolding = (question) => question.type === "authorize";
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  bench.send(1, { type: "history", channel: "news", before: 9, count: 9 });
  expect(bench.take(1)).toEqual([]);
  bench.isHolding = () => false;
  bench.settle();
  const types = bench.take(1).map(({ type }) => type);
  expect(types.sort()).toEqual(["history", "subscribed"]);
});

test("[SE9] what was on its way to the store when its connection ended is stored, what was not is not", () => {
  const bench = joined();
  bench.isHolding = (question) => question.type === "append" || question.type === "validate";
  const say = { type: "publish", channel: "news", event: "item", data: 1 } as const;
  bench.send(1, { ...say, messageId: "m1" });
  bench.answer(0);
  bench.send(1, { ...say, messageId: "m2" });
  bench.closed(1);
  bench.closed(1);
  bench.isHolding = () => false;
  bench.settle();
  expect(bench.log("news").entries.map(({ messageId }) => messageId)).toEqual(["m1"]);
  expect(bench.core.info).toEqual({ connectionCount: 0, channelCount: 0, droppedEphemeralCount: 0 });
});

test("[SE9] news of a connection or a channel that is not there changes nothing", () => {
  const bench = new GatewayBench();
  const entry = {
    offset: 1,
    tag: 1,
    previousTag: 0,
    event: "e",
    messageId: "m",
    user: { id: "u" },
    atMs: 0,
    data: "1",
  };
  bench.handle({ type: "received", connection: 9, data: "{}", bytes: 2 });
  bench.handle({ type: "congested", connection: 9 });
  bench.handle({ type: "drained", connection: 9 });
  bench.handle({ type: "appended", channel: "news", epoch: "e", entry });
  bench.handle({ type: "broadcasted", channel: "news", payload: encodeBroadcast({ node: "n1", text: "{}" }) });
  expect(bench.effects).toEqual([]);
  expect(bench.core.nextMs).toBe(Infinity);
});

test("[EP5] a broadcast of another node reaches the connection that has the sender's number here", () => {
  const bench = joined();
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  bench.take(1);
  const text = '{"type":"ephemeral","channel":"news","event":"mood","user":{"id":"u"},"ttlMs":1,"data":1}';
  bench.handle({ type: "broadcasted", channel: "news", payload: encodeBroadcast({ node: "n1", connection: 1, text }) });
  expect(bench.take(1)).toEqual([]);
  bench.handle({ type: "broadcasted", channel: "news", payload: encodeBroadcast({ node: "n2", connection: 1, text }) });
  expect(bench.take(1)).toMatchObject([{ type: "ephemeral", data: 1 }]);
});

test("[LT9] newest values are taken from any node, in the order the store tells them, and by their sender too", () => {
  const bench = joined();
  bench.send(1, { type: "subscribe", channel: "ticker/a", start: live });
  bench.take(1);
  bench.handle({ type: "told", tell: { channel: "ticker/a", event: "quote", key: "A", user: { id: "s" }, data: "1" } });
  const latest = { event: "quote", key: "A" };
  const text = '{"key":"A","user":{"id":"t"},"data":2}';
  const payload = encodeBroadcast({ node: "n2", connection: 1, latest, text });
  bench.handle({ type: "broadcasted", channel: "ticker/none", payload });
  bench.handle({ type: "broadcasted", channel: "ticker/a", payload });
  bench.advance(100);
  expect(bench.take(1)).toMatchObject([{ values: [{ data: 1 }] }, { values: [{ data: 2, user: { id: "t" } }] }]);
});

test("[DL7] the channels of a connection take turns when it drains", () => {
  const bench = new GatewayBench({ limits: { maxReplayBytes: 1 } });
  bench.join(1);
  for (const channel of ["room/a", "room/b"]) bench.send(1, { type: "subscribe", channel, start: live });
  bench.advance(1_000);
  bench.take(1);
  bench.handle({ type: "congested", connection: 1 });
  for (const id of ["m1", "m2"]) for (const channel of ["room/a", "room/b"]) bench.append(channel, id);
  bench.congested.add(1);
  const order: string[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    bench.handle({ type: "drained", connection: 1 });
    order.push(
      ...bench.take(1).flatMap((message) => (message.type === "event" ? [`${message.channel} ${message.offset}`] : [])),
    );
  }
  expect(order).toEqual(["room/a 1", "room/b 1", "room/a 2", "room/b 2"]);
});

test("[OP3] a connection that is let go gets its answers, is told when to come back, and is closed with 1001", () => {
  const bench = joined();
  bench.isHolding = (question) => question.type === "append";
  const publish = { type: "publish", channel: "news", event: "item", messageId: "m1", data: 1 } as const;
  const id = bench.send(1, publish);
  bench.handle({ type: "leaving", connection: 1, afterMs: 700 });
  bench.send(1, { ...publish, messageId: "m2" });
  expect(closesOf(bench)).toEqual([]);
  bench.answer(0);
  expect(bench.take(1)).toMatchObject([
    { type: "ack", id, offset: 1 },
    { type: "reconnect", afterMs: 700 },
  ]);
  expect(closesOf(bench)).toEqual([{ type: "close", connection: 1, code: 1001, reason: "The server is going away" }]);
  expect(bench.log("news").read({ channel: "news", after: 0, maxCount: 9, maxBytes: 99 }).top.offset).toBe(1);
});

test("[OP3] a connection with nothing to wait for is let go at once; one that is gone is nobody's business", () => {
  const bench = joined();
  bench.handle({ type: "leaving", connection: 1, afterMs: 0 });
  expect(bench.take(1)).toEqual([{ type: "reconnect", afterMs: 0 }]);
  expect(closesOf(bench)).toHaveLength(1);
  bench.handle({ type: "leaving", connection: 2, afterMs: 0 });
  bench.join(3);
  bench.isHolding = () => true;
  bench.send(3, { type: "subscribe", channel: "news", start: live });
  bench.handle({ type: "leaving", connection: 3, afterMs: 0 });
  bench.closed(3);
  bench.isHolding = () => false;
  bench.settle();
  expect(closesOf(bench)).toHaveLength(1);
});

test("[SE7] every kind of request is served", () => {
  const bench = joined();
  const channel = "room/1";
  bench.send(1, { type: "subscribe", channel, start: live });
  bench.send(1, { type: "publish", channel, event: "said", messageId: "m1", data: 1 });
  bench.send(1, { type: "ephemeral", channel, event: "typing", data: {} });
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  bench.send(1, { type: "call", channel: "news", method: "roll", data: 1 });
  bench.send(1, { type: "history", channel, before: 2, count: 1 });
  bench.send(1, { type: "unsubscribe", channel });
  bench.send(1, {
    type: "resume",
    channels: [{ channel: "news", position: { epoch: "0".repeat(16), offset: 0, tag: 0 } }],
  });
  const answers = bench.take(1).flatMap((message) => ("id" in message ? [message.type] : []));
  expect(answers).toEqual(["subscribed", "ack", "subscribed", "result", "history", "unsubscribed", "resumed"]);
});

test("[AU4, AU8] newer credentials are taken, and revoked ones end the connection", () => {
  const bench = joined();
  const id = bench.send(1, { type: "refresh", token: "newer" });
  expect(bench.take(1)).toEqual([{ type: "refreshed", id }]);
  bench.handle({ type: "revoked", target: { userId: "u1" }, revokedAtMs: 5 });
  expect(closesOf(bench)).toMatchObject([{ connection: 1, code: 4502 }]);
});

test("[CO1] a command of the server's is carried out", () => {
  const bench = joined();
  bench.handle({
    type: "commanded",
    request: 7,
    command: { type: "disconnect", userId: "u1", code: 4503, reason: "" },
  });
  expect(bench.effects.map(({ type }) => type)).toEqual(["close", "done"]);
});

test("[OP30] the core counts what it sent and refused, and knows who is where", () => {
  const bench = joined();
  bench.send(1, { type: "subscribe", channel: "room/1", start: live });
  bench.send(1, { type: "publish", channel: "room/1", event: "said", messageId: "m1", data: 1 });
  bench.send(1, { type: "unsubscribe", channel: "news" });
  const { deliveredCount, refusedCounts } = bench.core.counters;
  expect([deliveredCount, [...refusedCounts]]).toEqual([1, [["NOT_SUBSCRIBED", 1]]]);
  expect(bench.core.attendanceOf("room/1")).toMatchObject({ members: [{ user: { id: "u1" } }] });
  expect(bench.core.attendanceOf("room/2")).toEqual({ members: [] });
  expect(bench.core.find("room/1")).toMatchObject({
    type: "found",
    value: { definition: "room", params: { id: "1" } },
  });
});

test("[AU8] of a user who was revoked, credentials that are known to be newer stay", () => {
  const ada = { user: { id: "ada" }, member: "m" };
  const identities: readonly Identity[] = [{ ...ada, issuedAtMs: 5 }, { ...ada, issuedAtMs: 6 }, ada];
  const authenticate: Answers["authenticate"] = ({ connection }) => ({
    type: "accepted",
    identity: identities[connection] ?? ada,
  });
  const bench = new GatewayBench({ answers: { authenticate } });
  for (const connection of [0, 1, 2]) bench.join(connection);
  bench.handle({ type: "revoked", target: { userId: "ada" }, revokedAtMs: 5 });
  expect(bench.effects).toMatchObject([{ connection: 0, code: 4502 }, { connection: 2 }]);
});

test("[OP60] a connection's facts are those of its session, and none when it is gone", () => {
  const bench = new GatewayBench();
  bench.join(1);
  bench.send(1, { type: "subscribe", channel: "news", start: { from: "live" } });
  expect(bench.core.sessionFacts(1)).toMatchObject({ user: { id: "u1" }, channelCount: 1 });
  bench.closed(1);
  expect(bench.core.sessionFacts(1)).toBeUndefined();
});

import { expect, test } from "vitest";
import { GatewayBench } from "../testing/gateway-bench.ts";
import type { Position, ServerMessage } from "../wire/index.ts";

const live = { from: "live" } as const;
const zero: Position = { epoch: "0000000000000001", offset: 0, tag: 0 };
const typesOf = (messages: readonly ServerMessage[]): string[] => messages.map((message) => message.type);

test("[CH3] a subscription is answered with its position, the top, and who is there", () => {
  const bench = new GatewayBench();
  bench.append("room/a", "m1");
  bench.join(1);
  const id = bench.send(1, { type: "subscribe", channel: "room/a", start: { from: "recent", count: 5 } });
  const member = { member: "m-0001", user: { id: "u1" } };
  const [answer, ...rest] = bench.take(1);
  expect(answer).toEqual({ type: "subscribed", id, channel: "room/a", position: zero, top: 1, members: [member] });
  expect(rest).toMatchObject([
    { type: "event", offset: 1 },
    { type: "presence", joined: [member] },
  ]);
});

test("[PR1] a channel without presence tells of no members", () => {
  const bench = new GatewayBench();
  bench.join(1);
  const id = bench.send(1, { type: "subscribe", channel: "news", start: live });
  expect(bench.take(1)).toEqual([{ type: "subscribed", id, channel: "news", position: zero, top: 0 }]);
});

test("[CH2] an unknown channel is refused, and the next request goes on", () => {
  const bench = new GatewayBench();
  bench.join(1);
  bench.send(1, { type: "subscribe", channel: "nowhere", start: live });
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  expect(bench.take(1)).toMatchObject([{ type: "error", code: "UNKNOWN_CHANNEL" }, { type: "subscribed" }]);
});

test("[CH4] a subscription that is denied, or whose hook fails, is refused and is none", () => {
  const error = { code: "INTERNAL", message: "The server failed" } as const;
  const bench = new GatewayBench({
    answers: {
      authorize: ({ definition }) => (definition === "news" ? { type: "denied" } : { type: "failed", error }),
    },
  });
  bench.join(1);
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  bench.send(1, { type: "subscribe", channel: "room/a", start: live });
  expect(bench.take(1)).toMatchObject([
    { type: "error", code: "FORBIDDEN", message: 'Cannot subscribe to "news": this user may not' },
    { type: "error", ...error },
  ]);
  expect(bench.joined.size).toBe(0);
});

test("[CH5] subscribing again begins anew", () => {
  const bench = new GatewayBench();
  bench.append("news", "m1");
  bench.join(1);
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  expect(typesOf(bench.take(1))).toEqual(["subscribed"]);
  bench.send(1, { type: "subscribe", channel: "news", start: { from: "position", position: zero } });
  expect(bench.take(1)).toMatchObject([
    { type: "subscribed", position: zero },
    { type: "event", offset: 1 },
  ]);
  bench.append("news", "m2");
  expect(bench.take(1)).toMatchObject([{ type: "event", offset: 2 }]);
});

test("[CH5] a subscription that is replaced or ended before its answer is answered with NOT_SUBSCRIBED", () => {
  const bench = new GatewayBench();
  bench.join(1);
  bench.isHolding = (question) => question.type === "join";
  const first = bench.send(1, { type: "subscribe", channel: "news", start: live });
  const second = bench.send(1, { type: "subscribe", channel: "news", start: live });
  const third = bench.send(1, { type: "unsubscribe", channel: "news" });
  const message = 'Cannot subscribe to "news": a later request ended the subscription';
  expect(bench.take(1)).toEqual([
    { type: "error", id: first, code: "NOT_SUBSCRIBED", message },
    { type: "error", id: second, code: "NOT_SUBSCRIBED", message },
    { type: "unsubscribed", id: third, channel: "news" },
  ]);
  bench.isHolding = () => false;
  bench.settle();
  bench.append("news", "m1");
  expect(bench.take(1)).toEqual([]);
});

test("[CH6] after unsubscribe nothing more comes, and a second one is refused", () => {
  const bench = new GatewayBench();
  bench.join(1);
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  bench.take(1);
  const id = bench.send(1, { type: "unsubscribe", channel: "news" });
  bench.append("news", "m1");
  const again = bench.send(1, { type: "unsubscribe", channel: "news" });
  expect(bench.take(1)).toEqual([
    { type: "unsubscribed", id, channel: "news" },
    {
      type: "error",
      id: again,
      code: "NOT_SUBSCRIBED",
      message: 'Cannot unsubscribe from "news": there is no subscription',
    },
  ]);
});

test("[RL4] one subscription too many is refused; again to the same, or after one less, it is not", () => {
  const bench = new GatewayBench({ limits: { maxChannelsPerConnection: 2 } });
  bench.join(1);
  for (const channel of ["room/1", "room/2", "room/3", "room/2"]) {
    bench.send(1, { type: "subscribe", channel, start: live });
  }
  const answers = bench.take(1).filter(({ type }) => type !== "presence");
  expect(answers).toMatchObject([
    { type: "subscribed" },
    { type: "subscribed" },
    { type: "error", code: "LIMIT", message: 'Cannot subscribe to "room/3": this connection has 2 channels already' },
    { type: "subscribed" },
  ]);
  bench.send(1, { type: "unsubscribe", channel: "room/1" });
  bench.send(1, { type: "subscribe", channel: "room/3", start: live });
  expect(typesOf(bench.take(1)).filter((type) => type !== "presence")).toEqual(["unsubscribed", "subscribed"]);
});

test("[CH8] when the store cannot be joined the subscription is refused, and can be tried again", () => {
  let isDown = true;
  const error = { code: "STORAGE_UNAVAILABLE", message: "The store does not answer" } as const;
  const bench = new GatewayBench({
    answers: {
      join: ({ channel }) => {
        if (isDown) return { type: "failed", error };
        bench.joined.add(channel);
        return { type: "joined" };
      },
    },
  });
  bench.join(1);
  const id = bench.send(1, { type: "subscribe", channel: "news", start: live });
  expect(bench.take(1)).toEqual([{ type: "error", id, ...error }]);
  bench.send(1, { type: "unsubscribe", channel: "news" });
  expect(bench.take(1)).toMatchObject([{ code: "NOT_SUBSCRIBED" }]);
  isDown = false;
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  bench.advance(60_000);
  bench.append("news", "m1");
  expect(typesOf(bench.take(1))).toEqual(["subscribed", "ping", "ping", "event"]);
});

test("[RS1] a resume is answered once for all its channels, each with the client's own position", () => {
  const bench = new GatewayBench();
  for (const id of ["m1", "m2"]) bench.append("room/a", id);
  const position = bench.log("room/a").top;
  for (const id of ["m3", "m4"]) bench.append("room/a", id);
  bench.join(1);
  const id = bench.send(1, {
    type: "resume",
    channels: [
      { channel: "room/a", position },
      { channel: "news", position: zero },
    ],
  });
  const [answer, ...rest] = bench.take(1);
  expect(answer).toMatchObject({
    type: "resumed",
    id,
    channels: [
      { channel: "news", position: zero, top: 0 },
      { channel: "room/a", position, top: 4, members: [{ member: "m-0001" }] },
    ],
  });
  expect(rest).toMatchObject([{ offset: 3 }, { offset: 4 }, { type: "presence" }]);
});

test("[RS2] each channel of a resume is authorised anew and stands for itself", () => {
  const bench = new GatewayBench({
    answers: { authorize: ({ definition }) => ({ type: definition === "room" ? "denied" : "allowed" }) },
  });
  bench.join(1);
  const channels = ["room/a", "nowhere", "news"].map((channel) => ({ channel, position: zero }));
  bench.send(1, { type: "resume", channels });
  expect(bench.take(1)).toMatchObject([
    {
      type: "resumed",
      channels: [
        { channel: "nowhere", error: { code: "UNKNOWN_CHANNEL" } },
        { channel: "room/a", error: { code: "FORBIDDEN" } },
        { channel: "news", position: zero },
      ],
    },
  ]);
  bench.append("news", "m1");
  expect(typesOf(bench.take(1))).toEqual(["event"]);
});

test("[RS8] nothing of any channel is sent before the resume is answered for all", () => {
  const bench = new GatewayBench();
  bench.append("news", "m1");
  bench.join(1);
  bench.isHolding = (question) => question.type === "join" && question.channel === "room/a";
  bench.send(1, { type: "resume", channels: ["news", "room/a"].map((channel) => ({ channel, position: zero })) });
  bench.append("news", "m2");
  bench.advance(3_000);
  expect(bench.take(1)).toEqual([]);
  bench.isHolding = () => false;
  bench.settle();
  expect(typesOf(bench.take(1))).toEqual(["resumed", "event", "event", "presence"]);
});

test("[RS9] a resume that is answered late tells of no subscription that a later request replaced", () => {
  const bench = new GatewayBench();
  for (const id of ["m1", "m2", "m3"]) bench.append("room/a", id);
  bench.join(1);
  bench.isHolding = (question) => question.type === "join" && question.channel === "news";
  bench.send(1, { type: "resume", channels: ["room/a", "news"].map((channel) => ({ channel, position: zero })) });
  bench.send(1, { type: "subscribe", channel: "room/a", start: live });
  expect(bench.take(1)).toMatchObject([{ type: "subscribed", position: { offset: 3 } }, { type: "presence" }]);
  bench.isHolding = () => false;
  bench.settle();
  const message = 'Cannot subscribe to "room/a": a later request ended the subscription';
  expect(bench.take(1)).toMatchObject([
    {
      type: "resumed",
      channels: [
        { channel: "room/a", error: { code: "NOT_SUBSCRIBED", message } },
        { channel: "news", position: zero },
      ],
    },
  ]);
  bench.append("room/a", "m4");
  expect(bench.take(1)).toMatchObject([{ type: "event", offset: 4 }]);
});

test("[CH5] a channel of a resume that was ended before the answer is followed by nothing", () => {
  const bench = new GatewayBench();
  bench.join(1);
  bench.isHolding = (question) => question.type === "join" && question.channel === "news";
  bench.send(1, { type: "resume", channels: ["room/a", "news"].map((channel) => ({ channel, position: zero })) });
  bench.send(1, { type: "unsubscribe", channel: "room/a" });
  bench.isHolding = () => false;
  bench.settle();
  bench.append("room/a", "m1");
  expect(typesOf(bench.take(1))).toEqual(["unsubscribed", "resumed"]);
  bench.join(2);
  bench.send(2, { type: "subscribe", channel: "room/a", start: live });
  expect(bench.take(2)[0]).toMatchObject({ members: [{ member: "m-0002" }] });
});

test("[SE9] a subscription whose connection ended while it was decided is none", () => {
  const bench = new GatewayBench();
  bench.join(1);
  bench.isHolding = (question) => question.type === "authorize";
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  bench.closed(1);
  bench.isHolding = () => false;
  bench.settle();
  expect(bench.joined.size).toBe(0);
  expect(bench.core.info.channelCount).toBe(0);
});

test("[CH13] a subscription that is one too many for the channel is refused, and the line stays open", () => {
  const limits = { maxSubscriberCount: 1, publishesPerSecond: 1, maxDataBytes: 1 };
  const channels = {
    news: { pattern: "news", events: {}, presence: false, limits, history: { maxCount: 1, maxAgeMs: 1 } },
  };
  const bench = new GatewayBench({ channels });
  for (const connection of [1, 2]) {
    bench.join(connection);
    bench.send(connection, { type: "subscribe", channel: "news", start: { from: "live" } });
  }
  expect([bench.take(1), bench.take(2)]).toMatchObject([[{ type: "subscribed" }], [{ type: "error", code: "LIMIT" }]]);
  const none = { ...channels.news, limits: { ...limits, maxSubscriberCount: 0 } };
  const closed = new GatewayBench({ channels: { news: none } });
  closed.join(1);
  closed.send(1, { type: "subscribe", channel: "news", start: { from: "live" } });
  expect([closed.take(1), closed.core.info.channelCount]).toMatchObject([[{ code: "LIMIT" }], 0]);
});

test("[AU18] a yes to what was asked before rights changed is asked for again", () => {
  let isAllowed = true;
  const bench = new GatewayBench({ answers: { authorize: () => ({ type: isAllowed ? "allowed" : "denied" }) } });
  bench.join(1);
  bench.isHolding = ({ type }) => type === "authorize";
  const id = bench.send(1, { type: "subscribe", channel: "news", start: live });
  bench.handle({ type: "commanded", request: 1, command: { type: "reauthorize" } });
  bench.answer(0);
  expect([bench.take(1), bench.questions.length]).toEqual([[], 1]);
  isAllowed = false;
  bench.answer(0);
  expect(bench.take(1)).toMatchObject([{ type: "error", id, code: "FORBIDDEN" }]);
});

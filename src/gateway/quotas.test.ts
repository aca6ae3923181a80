import fc from "fast-check";
import { expect, test } from "vitest";
import { benchChannels, GatewayBench } from "../testing/gateway-bench.ts";
import { Directory, type Route } from "./directory.ts";
import type { ChannelLimits } from "./effects.ts";
import { countUtf8Bytes, Quotas } from "./quotas.ts";

function routeWith(limits: Partial<ChannelLimits> | undefined, name = "room/a"): Route {
  const found = new Directory(benchChannels).find(name);
  if (found.type === "error") throw new Error(found.error.message);
  const all = { maxSubscriberCount: Infinity, publishesPerSecond: Infinity, maxDataBytes: Infinity, ...limits };
  const { settings } = found.value;
  return { ...found.value, settings: limits === undefined ? settings : { ...settings, limits: all } };
}

test("[CH11] data of a channel's limit is taken, a byte more is refused with both", () => {
  const quotas = new Quotas();
  const route = routeWith({ maxDataBytes: 5 });
  expect(quotas.refuse(route, { content: '"abc"', nowMs: 0 })).toBeUndefined();
  expect(quotas.refuse(route, { content: '"äb"', nowMs: 0 })).toBeUndefined();
  expect(quotas.refuse(route, { content: '"äbc"', nowMs: 0 })).toEqual({
    code: "TOO_BIG",
    message: 'Cannot publish to "room/a": the data has 6 bytes, the channel\'s limit is 5',
  });
});

test("[CH11] a text's bytes are those of its UTF-8", () => {
  const edges = ["\u007f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\u{10000}", "\u{10ffff}", "\ue000", "\uffff"];
  expect(edges.map(countUtf8Bytes)).toEqual([1, 2, 2, 3, 3, 4, 4, 3, 3]);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(countUtf8Bytes(text)).toBe(new TextEncoder().encode(text).byteLength);
    }),
  );
});

test("[CH12] a channel takes its rate of events, not one more, and each channel has its own", () => {
  const quotas = new Quotas();
  const route = routeWith({ publishesPerSecond: 2 });
  const ask = (nowMs: number, name?: string): unknown =>
    quotas.refuse(name === undefined ? route : routeWith({ publishesPerSecond: 2 }, name), { content: "1", nowMs });
  expect([ask(0), ask(0)]).toEqual([undefined, undefined]);
  expect(ask(0)).toEqual({
    code: "RATE_LIMITED",
    message: 'Cannot publish to "room/a": the channel takes 2 events a second',
    retryAfterMs: 500,
  });
  expect([ask(0, "room/b"), ask(500)]).toEqual([undefined, undefined]);
  expect(ask(501)).toMatchObject({ code: "RATE_LIMITED" });
});

test("[CH12] less than one event a second is possible, and no limit too", () => {
  const quotas = new Quotas();
  const slow = routeWith({ publishesPerSecond: 0.5 });
  expect(quotas.refuse(slow, { content: "1", nowMs: 0 })).toBeUndefined();
  expect(quotas.refuse(slow, { content: "1", nowMs: 0 })).toMatchObject({ retryAfterMs: 2_000 });
  for (let count = 0; count < 100; count += 1) {
    expect(quotas.refuse(routeWith({}), { content: "1", nowMs: 0 })).toBeUndefined();
    expect(quotas.refuse(routeWith(undefined), { content: "1", nowMs: 0 })).toBeUndefined();
  }
});

test("[CH12] what is forgotten of channels at rest changes nothing for those that are not", () => {
  const quotas = new Quotas();
  const ask = (index: number, nowMs: number): unknown =>
    quotas.refuse(routeWith({ publishesPerSecond: 1 }, `room/${index}`), { content: "1", nowMs });
  for (let index = 0; index < 1_024; index += 1) expect(ask(index, 0)).toBeUndefined();
  expect(ask(0, 1_000)).toBeUndefined();
  // The room for this one is made by forgetting the others, but not room/0.
  expect(ask(5_000, 1_000)).toBeUndefined();
  expect(ask(0, 1_000)).toMatchObject({ code: "RATE_LIMITED" });
  expect(ask(1, 1_000)).toBeUndefined();
});

const limits: ChannelLimits = { maxSubscriberCount: 2, publishesPerSecond: 1, maxDataBytes: 20 };
const channels = { ...benchChannels };
if (channels["room"] !== undefined) channels["room"] = { ...channels["room"], limits };

function three(): GatewayBench {
  const bench = new GatewayBench({
    channels,
    answers: { authorize: ({ user }) => (user.id === "u9" ? { type: "denied" } : undefined) },
  });
  for (const connection of [1, 2, 3]) bench.join(connection);
  return bench;
}

test("[CH13] a channel has its number of subscribers, and not one more until one leaves; who is in may begin anew", () => {
  const bench = three();
  const join = (connection: number): unknown => {
    bench.send(connection, { type: "subscribe", channel: "room/a", start: { from: "live" } });
    return bench.take(connection).find(({ type }) => type === "subscribed" || type === "error");
  };
  for (const connection of [1, 2, 2]) expect(join(connection)).toMatchObject({ type: "subscribed" });
  expect(join(3)).toMatchObject({
    type: "error",
    code: "LIMIT",
    message: 'Cannot subscribe to "room/a": the channel has 2 subscribers already',
  });
  bench.send(1, { type: "unsubscribe", channel: "room/a" });
  expect(join(3)).toMatchObject({ type: "subscribed" });
});

test("[CH11, CH12] events of every kind count together, those that are denied do not, nor what the server tells", () => {
  const bench = three();
  bench.join(9);
  bench.send(1, { type: "subscribe", channel: "room/a", start: { from: "live" } });
  const say = { type: "publish", channel: "room/a", event: "said", messageId: "m1", data: "x" } as const;
  bench.send(9, say);
  bench.take(1);
  bench.send(1, { type: "ephemeral", channel: "room/a", event: "typing", data: "x".repeat(19) });
  bench.send(1, { type: "ephemeral", channel: "room/a", event: "typing", data: "x".repeat(18) });
  bench.send(1, say);
  bench.handle({ type: "told", tell: { channel: "room/a", event: "typing", user: { id: "server" }, data: "{}" } });
  expect(bench.take(1)).toMatchObject([
    { type: "error", code: "TOO_BIG" },
    { type: "error", code: "RATE_LIMITED", retryAfterMs: 1_000 },
    { type: "ephemeral" },
  ]);
});

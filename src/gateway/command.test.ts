import { expect, test } from "vitest";
import { GatewayBench, type GatewayBenchOptions } from "../testing/gateway-bench.ts";
import type { Command, Identity } from "./effects.ts";

const live = { from: "live" } as const;
const identity: Identity = { user: { id: "ada" }, member: "m" };
/** Connections 1 and 2 are Ada's, 3 is Bob's. */
function three({ answers, ...options }: GatewayBenchOptions = {}): GatewayBench {
  const bench = new GatewayBench({
    ...options,
    answers: {
      ...answers,
      authenticate: ({ connection }) => ({
        type: "accepted",
        identity: connection < 3 ? { ...identity, member: `m${connection}` } : { user: { id: "bob" }, member: "m3" },
      }),
    },
  });
  for (const connection of [1, 2, 3]) bench.join(connection);
  return bench;
}

function order(bench: GatewayBench, command: Command, request = 7): void {
  bench.handle({ type: "commanded", request, command });
}

const subscribe = { type: "subscribe", userId: "ada", channel: "room/a", start: live } as const;
const unsubscribe = { type: "unsubscribe", userId: "ada", channel: "room/a", reason: "You were removed" } as const;
const done = (connectionCount: number): object => ({ type: "done", request: 7, connectionCount });

test("[CO1] the server subscribes every connection of a user, which are told and get what follows", () => {
  const asked: unknown[] = [];
  const bench = three({ answers: { authorize: (question) => void asked.push(question) } });
  order(bench, subscribe);
  expect(bench.effects).toEqual([done(2)]);
  bench.append("room/a", "m1");
  for (const connection of [1, 2]) {
    const [subscribed, event] = bench.take(connection).filter(({ type }) => type !== "presence");
    expect(subscribed).toMatchObject({
      type: "subscribed",
      channel: "room/a",
      definition: "room",
      params: { id: "a" },
      position: { offset: 0 },
      top: 0,
    });
    expect(subscribed).not.toHaveProperty("id");
    expect(event).toMatchObject({ type: "event", offset: 1 });
  }
  expect([bench.take(3), asked]).toEqual([[], []]);
});

test("[CO1] they are there for others, as if they had subscribed, and may begin with the newest entries", () => {
  const bench = three();
  bench.append("room/a", "m1");
  bench.send(3, { type: "subscribe", channel: "room/a", start: live });
  bench.take(3);
  order(bench, { ...subscribe, start: { from: "recent", count: 5 } });
  bench.advance(250);
  expect(bench.take(3)).toMatchObject([{ type: "presence", joined: [{ member: "m1" }, { member: "m2" }] }]);
  const [subscribed, event] = bench.take(2);
  expect(subscribed).toMatchObject({ members: [{ member: "m3" }, { member: "m1" }, { member: "m2" }], top: 1 });
  expect(event).toMatchObject({ type: "event", messageId: "m1" });
});

test("[CO2] who has the channel already keeps it, and counts", () => {
  const bench = three();
  bench.send(1, { type: "subscribe", channel: "room/a", start: live });
  bench.take(1);
  order(bench, subscribe);
  expect([bench.effects, bench.take(1).filter(({ type }) => type === "subscribed")]).toEqual([[done(2)], []]);
});

test("[CO2] one whose own subscription comes in between has that, and one that has too many channels is left out", () => {
  const bench = three({ limits: { maxChannelsPerConnection: 1 } });
  bench.send(2, { type: "subscribe", channel: "news", start: live });
  bench.take(2);
  bench.isHolding = ({ type }) => type === "join";
  order(bench, subscribe);
  expect(bench.effects).toEqual([]);
  const id = bench.send(1, { type: "subscribe", channel: "room/a", start: live });
  bench.isHolding = () => false;
  bench.settle();
  expect(bench.effects).toEqual([done(0)]);
  expect(bench.take(1)).toMatchObject([{ type: "subscribed", id }, { type: "presence" }]);
  expect(bench.take(2)).toEqual([]);
});

test("[CO2] a channel that cannot be joined or does not exist subscribes nobody", () => {
  const error = { code: "STORAGE_UNAVAILABLE", message: "down" } as const;
  const bench = three({ answers: { join: () => ({ type: "failed", error }) } });
  order(bench, subscribe);
  order(bench, { ...subscribe, channel: "nowhere" });
  expect(bench.effects.filter(({ type }) => type === "done")).toEqual([done(0), done(0)]);
  expect([...bench.take(1), ...bench.take(2)]).toEqual([]);
});

test("[CO3] the server ends a user's subscriptions, says why, and nothing of the channel follows", () => {
  const bench = three();
  order(bench, subscribe);
  bench.send(3, { type: "subscribe", channel: "room/a", start: live });
  bench.send(2, { type: "unsubscribe", channel: "room/a" });
  bench.advance(250);
  for (const connection of [1, 2, 3]) bench.take(connection);
  bench.effects.length = 0;
  order(bench, unsubscribe);
  bench.append("room/a", "m1");
  bench.advance(250);
  expect(bench.effects).toEqual([done(1)]);
  const error = { code: "FORBIDDEN", message: "You were removed" };
  expect(bench.take(1)).toEqual([{ type: "unsubscribed", channel: "room/a", error }]);
  expect(bench.take(2)).toEqual([]);
  expect(bench.take(3)).toMatchObject([{ type: "event" }, { type: "presence", left: ["m1"] }]);
});

test("[CO4] the server closes every connection of a user, and of nobody else", () => {
  const bench = three();
  order(bench, { type: "disconnect", userId: "ada", code: 4503, reason: "Enough" });
  expect(bench.effects).toEqual([
    { type: "close", connection: 1, code: 4503, reason: "Enough" },
    { type: "close", connection: 2, code: 4503, reason: "Enough" },
    done(2),
  ]);
  order(bench, { type: "disconnect", userId: "ada", code: 4503, reason: "Again" });
  expect(bench.effects.at(-1)).toEqual(done(0));
});

test("[AU18] the server has every room of every connection asked about", () => {
  let isAllowed = true;
  const bench = three({ answers: { authorize: () => ({ type: isAllowed ? "allowed" : "denied" }) } });
  for (const connection of [1, 3]) bench.send(connection, { type: "subscribe", channel: "news", start: live });
  isAllowed = false;
  order(bench, { type: "reauthorize" });
  expect(bench.effects).toEqual([done(2)]);
  for (const connection of [1, 3]) {
    expect(bench.take(connection).at(-1)).toMatchObject({ type: "unsubscribed", error: { code: "FORBIDDEN" } });
  }
});

test.for([
  subscribe,
  unsubscribe,
  { type: "disconnect", userId: "ada", code: 4503, reason: "" } as const,
  { type: "reauthorize", userId: "ada" } as const,
])("[CO5] to $type a user who is not here is done at once, at no connection", (command) => {
  const bench = three();
  order(bench, { ...command, userId: "eve" });
  expect(bench.effects).toEqual([done(0)]);
});

test("[CO6] a connection is subscribed to what is its user's own as soon as it is authenticated", () => {
  const bench = new GatewayBench({
    answers: {
      authenticate: () => ({ type: "accepted", identity, channels: [{ channel: "room/own", start: live }] }),
    },
  });
  bench.open(1);
  bench.take(1);
  bench.send(1, { type: "auth", device: "0".repeat(32) });
  expect(bench.take(1).slice(0, 2)).toMatchObject([
    { type: "authenticated" },
    { type: "subscribed", channel: "room/own", definition: "room", params: { id: "own" } },
  ]);
});

test("[CO6] a client that resumes it at once goes on where it was", () => {
  const bench = new GatewayBench({
    answers: {
      authenticate: () => ({ type: "accepted", identity, channels: [{ channel: "room/own", start: live }] }),
    },
  });
  bench.append("room/own", "m1");
  bench.open(1);
  bench.send(1, { type: "auth", device: "0".repeat(32) });
  bench.take(1);
  const position = { epoch: bench.log("room/own").epoch, offset: 0, tag: 0 };
  bench.send(1, { type: "resume", channels: [{ channel: "room/own", position }] });
  expect(bench.take(1).slice(0, 2)).toMatchObject([{ type: "resumed" }, { type: "event", offset: 1 }]);
});

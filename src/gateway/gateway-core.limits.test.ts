import { expect, test } from "vitest";
import { encodeBroadcast } from "./broadcast.ts";
import { benchChannels, GatewayBench, type GatewayBenchOptions } from "../testing/gateway-bench.ts";

const closesOf = (bench: GatewayBench): unknown[] => bench.effects.filter(({ type }) => type === "close");

function joined(options?: GatewayBenchOptions): GatewayBench {
  const bench = new GatewayBench(options);
  bench.join(1);
  return bench;
}

test("[RL30] who reads slowly has its requests answered before the rest of a replay", () => {
  const bench = joined({ limits: { maxReplayBytes: 1 } });
  for (let index = 1; index <= 9; index += 1) bench.append("news", `m${index}`);
  bench.congested.add(1);
  bench.send(1, { type: "subscribe", channel: "news", start: { from: "recent", count: 9 } });
  bench.handle({ type: "congested", connection: 1 });
  bench.take(1);
  bench.send(1, { type: "history", channel: "news", before: 3, count: 1 });
  bench.send(1, { type: "subscribe", channel: "room/1", start: { from: "live" } });
  expect(bench.take(1)).toEqual([]);
  bench.handle({ type: "drained", connection: 1 });
  expect(bench.take(1).map(({ type }) => type)).toEqual(["event", "history"]);
  bench.handle({ type: "drained", connection: 1 });
  expect(bench.take(1).map(({ type }) => type)).toContain("subscribed");
});

test("[SE20] refused operations of a frame count each: the third in a row closes the connection, and what follows is not taken", () => {
  const bench = joined();
  bench.sendText(1, ["{}", "{}", "{}", "{}"].join("\n"));
  expect([bench.take(1).length, closesOf(bench)]).toMatchObject([3, [{ code: 4002 }]]);
  expect([...bench.core.counters.refusedCounts]).toEqual([["BAD_MESSAGE", 3]]);
});

test("[CH12] what the server publishes counts beside what clients publish, and of a channel that is not there is refused", () => {
  const limits = { maxSubscriberCount: 9, publishesPerSecond: 1, maxDataBytes: 9 };
  const { room } = benchChannels;
  if (room === undefined) throw new Error("The bench has no room");
  const bench = new GatewayBench({ channels: { room: { ...room, limits } } });
  bench.join(1);
  bench.send(1, { type: "publish", channel: "room/a", event: "said", messageId: "m1", data: "x" });
  const event = { content: "1", nowMs: 1_000_000 };
  expect(bench.core.refuse("room/a", event)).toMatchObject({ code: "RATE_LIMITED" });
  expect(bench.core.refuse("room/b", event)).toBeUndefined();
  expect(bench.core.refuse("nowhere", event)).toMatchObject({ code: "UNKNOWN_CHANNEL" });
});

test("[ND33] a node of a shared store that stood still for 8 s closes its connections with 1012, one that was a moment late does not", () => {
  const payloads: string[] = [];
  const bench = joined({ tellOthers: (_channel, payload) => payloads.push(payload) });
  bench.freeze(60_000);
  bench.handle({ type: "tick" });
  bench.send(1, { type: "subscribe", channel: "room/1", start: { from: "live" } });
  bench.advance(1_000);
  // The beat is due half a second from now.
  bench.freeze(6_999);
  bench.handle({ type: "tick" });
  expect(closesOf(bench)).toEqual([]);
  expect(payloads.filter((payload) => payload.includes('"beat"'))).toHaveLength(1);
  bench.send(1, { type: "subscribe", channel: "news", start: { from: "live" } });
  bench.freeze(8_000);
  bench.handle({ type: "tick" });
  expect(closesOf(bench)).toEqual([{ type: "close", connection: 1, code: 1012, reason: "The server stood still" }]);
});

test("[ND30] what another node tells of who is there belongs to the channel's presence, and to nothing where there is none", () => {
  const bench = joined();
  const member = { member: "x", user: { id: "x" } };
  const presence = { type: "all", sequence: 1, members: [member] } as const;
  const payload = encodeBroadcast({ node: "n2", presence, text: "" });
  for (const channel of ["room/1", "news"]) {
    bench.send(1, { type: "subscribe", channel, start: { from: "live" } });
    for (const name of [channel, "room/2"]) bench.handle({ type: "broadcasted", channel: name, payload });
  }
  expect(bench.core.attendanceOf("room/1")).toMatchObject({ members: [{}, member] });
  expect(bench.core.attendanceOf("news")).toEqual({ members: [] });
  expect([...bench.core.channelFacts()].map(({ name }) => name)).toEqual(["room/1", "news"]);
});

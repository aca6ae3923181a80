import { expect, test } from "vitest";
import { at, benchWith, live, routeTo, subscribe } from "../../test/channel-setup.ts";
import { GatewayBench } from "../testing/gateway-bench.ts";
import { decodeBroadcast } from "./broadcast.ts";
import { Channel } from "./channel.ts";
import { Deadlines } from "./deadlines.ts";
import { defaultLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { ReplayPages } from "./replay-pages.ts";

test("[EP4] an ephemeral event is not sent to those whose queue is full, and that is counted", () => {
  const bench = benchWith({ connections: [1, 2, 3] });
  bench.handle({ type: "congested", connection: 2 });
  for (const connection of [1, 2, 3]) bench.take(connection);
  bench.send(1, { type: "ephemeral", channel: "news", event: "mood", data: 1 });
  expect([1, 2, 3].map((connection) => bench.take(connection).length)).toEqual([0, 0, 1]);
  expect(bench.core.info.droppedEphemeralCount).toBe(1);
});

test("[RS8] neither entries nor ephemeral events nor presence come before the answer", () => {
  const bench = benchWith({ connections: [] });
  subscribe(bench, 1, live, "room/a");
  bench.join(2);
  bench.isHolding = (question) => question.type === "join" && question.channel === "news";
  bench.send(2, { type: "resume", channels: ["room/a", "news"].map((channel) => ({ channel, position: at(0) })) });
  bench.send(1, { type: "ephemeral", channel: "room/a", event: "typing", data: {} });
  bench.append("room/a", "m1");
  bench.advance(1_000);
  expect(bench.take(2)).toEqual([]);
});

test("[PR3] who unsubscribes has left, who was never there has not", () => {
  const bench = benchWith({ connections: [] });
  for (const connection of [1, 2]) subscribe(bench, connection, live, "room/a");
  bench.advance(1_000);
  bench.take(1);
  bench.send(2, { type: "unsubscribe", channel: "room/a" });
  expect(bench.take(1)).toEqual([{ type: "presence", channel: "room/a", joined: [], left: ["m-0002"] }]);
  bench.advance(1_000);
  bench.isHolding = (question) => question.type === "join";
  bench.send(1, { type: "subscribe", channel: "room/b", start: live });
  bench.closed(1);
  bench.advance(60_000);
  expect(bench.core.info.channelCount).toBe(0);
});

test("[PR4] a device that is back before its grace is over keeps its member, and nobody hears of it", () => {
  const bench = benchWith({ connections: [] });
  for (const connection of [1, 2]) subscribe(bench, connection, live, "room/a");
  bench.advance(1_000);
  bench.take(1);
  bench.closed(2);
  bench.advance(4_000);
  bench.join(3, "2".padStart(32, "0"));
  bench.send(3, { type: "subscribe", channel: "room/a", start: live });
  bench.advance(20_000);
  expect(bench.take(1)).toEqual([]);
});

test("[PR2] a device that has another connection stays when one of them ends", () => {
  const bench = benchWith({ connections: [] });
  subscribe(bench, 1, live, "room/a");
  bench.join(2, "1".padStart(32, "0"));
  bench.send(2, { type: "subscribe", channel: "room/a", start: live });
  bench.advance(1_000);
  bench.take(1);
  bench.closed(2, true);
  bench.advance(20_000);
  expect(bench.take(1)).toEqual([]);
});

test("[SE9] what ends or drains for a connection that has no subscription changes nothing", () => {
  const outbox = new Outbox();
  const channel = new Channel(routeTo("news"), {
    outbox,
    deadlines: new Deadlines(),
    limits: defaultLimits,
    counters: {
      deliveredCount: 0,
      replayedCount: 0,
      gapCounts: { trimmed: 0, truncated: 0, epoch: 0 },
      droppedEphemeralCount: 0,
    },
    pages: new ReplayPages(1),
    release: () => {},
  });
  outbox.take();
  channel.drained(9);
  channel.unsubscribe(9, true);
  expect(outbox.take()).toEqual([]);
});

test("[PR5] who leaves while others were just told of waits for the next telling", () => {
  const bench = benchWith({ connections: [] });
  for (const connection of [1, 2]) subscribe(bench, connection, live, "room/a");
  bench.advance(1_000);
  bench.closed(2);
  bench.advance(4_900);
  subscribe(bench, 3, live, "room/a");
  bench.take(1);
  bench.advance(249);
  expect(bench.take(1)).toEqual([]);
  bench.advance(1);
  expect(bench.take(1)).toEqual([{ type: "presence", channel: "room/a", joined: [], left: ["m-0002"] }]);
});

test("[PR5] many who join at once are told together", () => {
  const bench = benchWith({ connections: [] });
  for (let connection = 1; connection <= 20; connection += 1) subscribe(bench, connection, live, "room/a");
  bench.advance(1_000);
  const told = bench.take(1).filter(({ type }) => type === "presence");
  expect(told).toHaveLength(2);
  expect(told[1]).toMatchObject({ joined: { length: 19 } });
});

// ---- newest values

test("[OP26] a channel says who is in it, if it tells anybody", () => {
  const bench = new GatewayBench();
  subscribe(bench, 1, live, "room/1");
  subscribe(bench, 1, live);
  expect(bench.core.attendanceOf("room/1")).toMatchObject({ members: [{ user: { id: "u1" } }] });
  expect(bench.core.attendanceOf("news")).toEqual({ members: [] });
});

test("[ND30] a channel of a shared store asks who is there with the other nodes when it is joined, and tells them who comes", () => {
  const payloads: string[] = [];
  const bench = new GatewayBench({ tellOthers: (_channel, payload) => payloads.push(payload) });
  subscribe(bench, 1, live, "room/1");
  expect(payloads.map((payload) => decodeBroadcast(payload).presence?.type)).toEqual(["ask", "diff"]);
});

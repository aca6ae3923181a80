import { expect, test, vi } from "vitest";
import { benchChannels, GatewayBench, type GatewayBenchOptions } from "../testing/gateway-bench.ts";
import { encodeBroadcast } from "./broadcast.ts";
import { Channel } from "./channel.ts";
import { Deadlines } from "./deadlines.ts";
import { Directory, type Route } from "./directory.ts";
import type { GatewayEffect } from "./effects.ts";
import { defaultLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { ReplayPages } from "./replay-pages.ts";
import type { Position, ServerMessage, Start } from "../wire/index.ts";

function routeTo(name: string): Route {
  const found = new Directory(benchChannels).find(name);
  if (found.type === "error") throw new Error(found.error.message);
  return found.value;
}

const epoch = "0000000000000001";
const live = { from: "live" } as const;
const at = (offset: number, tag = offset): Position => ({ epoch, offset, tag });
const from = (position: Position): Start => ({ from: "position", position });

/** A bench with so many entries in "news", and these connections subscribed to it. */
function benchWith({
  connections = [1],
  count = 0,
  start = live as Start,
  ...options
}: GatewayBenchOptions & {
  readonly connections?: readonly number[];
  readonly count?: number;
  readonly start?: Start;
} = {}): GatewayBench {
  const bench = new GatewayBench(options);
  append(bench, count);
  for (const connection of connections) subscribe(bench, connection, start);
  return bench;
}

function subscribe(bench: GatewayBench, connection: number, start: Start, channel = "news"): void {
  bench.join(connection);
  bench.send(connection, { type: "subscribe", channel, start });
}

function append(bench: GatewayBench, count: number): void {
  const { offset, tag } = bench.log("news").top;
  for (let index = 1; index <= count; index += 1) bench.append("news", `m${offset + index}-${tag}`);
}

/** What a connection was sent of the log, in short: offsets, and gaps as "from>to reason". */
function story(messages: readonly ServerMessage[]): (number | string)[] {
  return messages.flatMap((message): (number | string)[] => {
    if (message.type === "event") return [message.offset];
    if (message.type === "gap") return [`${message.from.offset}>${message.to.offset} ${message.reason}`];
    return [];
  });
}

test("[DL1] an entry goes to all live subscribers as one text", () => {
  const bench = benchWith({ connections: [1, 2, 3] });
  const entry = {
    offset: 1,
    tag: 5,
    previousTag: 0,
    event: "item",
    messageId: "m",
    user: { id: "u" },
    atMs: 0,
    data: "1",
  };
  const effects = bench.core.handle({ type: "appended", channel: "news", epoch, entry }, 1_000_000);
  expect(effects).toEqual([{ type: "send", to: [1, 2, 3], text: expect.stringContaining('"offset":1') }]);
});

test("[DL2] hints that are doubled, early, late or wrong are put right", () => {
  const bench = benchWith();
  bench.isHinting = false;
  append(bench, 3);
  const hint = (offset: number): void => {
    const entry = bench.log("news").entries[offset - 1];
    if (entry !== undefined) bench.handle({ type: "appended", channel: "news", epoch, entry });
  };
  bench.take(1);
  for (const offset of [2, 2, 1, 3, 1]) hint(offset);
  expect(story(bench.take(1))).toEqual([1, 2, 3]);
});

test("[DL3] a hint that never came is made up for within the time of a probe", () => {
  const bench = benchWith();
  bench.isHinting = false;
  append(bench, 2);
  bench.take(1);
  bench.advance(1_999);
  expect(bench.take(1)).toEqual([]);
  bench.advance(1);
  expect(story(bench.take(1))).toEqual([1, 2]);
});

test("[DL4] a lost tail is told to exactly those who saw it", () => {
  const bench = benchWith({ count: 3, connections: [1, 2] });
  bench.congested.add(2);
  bench.handle({ type: "congested", connection: 2 });
  append(bench, 2);
  bench.log("news").loseTail(2);
  append(bench, 1);
  expect(story(bench.take(1))).toEqual([4, 5, "5>3 truncated", 4]);
  bench.drain(2);
  expect(story(bench.take(2))).toEqual([4]);
});

test("[DL5] a loss beyond what is at hand goes back to the oldest entry", () => {
  const bench = benchWith({ count: 6, limits: { maxRingCount: 2 } });
  bench.take(1);
  bench.log("news").loseTail(5);
  append(bench, 5);
  bench.advance(2_000);
  expect(story(bench.take(1))).toEqual(["6>0 truncated", 1, 2, 3, 4, 5, 6]);
});

test("[DL6] a slow subscriber is sent nothing more, loses nothing, and holds nobody up", () => {
  const bench = benchWith({ connections: [1, 2] });
  bench.congested.add(1);
  append(bench, 5);
  expect(story(bench.take(1))).toEqual([1]);
  expect(story(bench.take(2))).toEqual([1, 2, 3, 4, 5]);
  bench.drain(1);
  expect(story(bench.take(1))).toEqual([2, 3, 4, 5]);
  append(bench, 1);
  expect(story(bench.take(1))).toEqual([6]);
  expect(bench.effects).toEqual([]);
});

test("[DL6] a subscriber that is too slow even for what is retained is told the gap", () => {
  const bench = benchWith({ limits: { maxRingCount: 2 } });
  bench.congested.add(1);
  append(bench, 9);
  bench.log("news").trim(3);
  bench.drain(1);
  expect(story(bench.take(1))).toEqual([1, "1>6 trimmed", 7, 8, 9]);
});

test("[DL6] a page that finds the queue full when it comes is read again later", () => {
  const bench = benchWith({ count: 9, limits: { maxRingCount: 2 } });
  bench.isHolding = (question) => question.type === "read" && question.read.after === 2 && question.read.maxCount > 1;
  subscribe(bench, 2, from(at(2)));
  bench.take(2);
  bench.congested.add(2);
  bench.handle({ type: "congested", connection: 2 });
  bench.isHolding = () => false;
  bench.settle();
  expect(bench.take(2)).toEqual([]);
  bench.drain(2);
  expect(story(bench.take(2))).toEqual([3, 4, 5, 6, 7, 8, 9]);
});

test("[DL7] a replay waits for the socket to drain after each page", () => {
  const bench = benchWith({ count: 10, connections: [], limits: { maxPageCount: 2, maxReplayBytes: 300 } });
  bench.join(1);
  bench.congested.add(1);
  bench.send(1, { type: "subscribe", channel: "news", start: from(at(0)) });
  const pages = [story(bench.take(1))];
  for (; pages.at(-1)?.length !== 0; pages.push(story(bench.take(1)))) bench.handle({ type: "drained", connection: 1 });
  expect(pages.length).toBeGreaterThan(3);
  expect(pages.flat()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("[DL8] a storm of subscribers costs the reads of one", () => {
  const bench = new GatewayBench();
  append(bench, 500);
  let readCount = 0;
  bench.isHolding = (question) => {
    if (question.type === "read") readCount += 1;
    return false;
  };
  for (let connection = 1; connection <= 50; connection += 1) subscribe(bench, connection, from(at(400 + connection)));
  expect(readCount).toBe(2);
  expect(story(bench.take(50))).toHaveLength(50);
});

test("[DL8] those who want the same page of the store wait for one read", () => {
  const bench = benchWith({ count: 20, limits: { maxRingCount: 2 } });
  bench.isHolding = (question) => question.type === "read";
  for (const connection of [2, 3, 4]) subscribe(bench, connection, from(at(5)));
  expect(bench.questions).toHaveLength(1);
  bench.isHolding = () => false;
  bench.settle();
  expect([2, 3, 4].map((connection) => story(bench.take(connection)).length)).toEqual([15, 15, 15]);
});

test("[RS3] a resume past what was trimmed is told so before anything else", () => {
  const bench = benchWith({ connections: [], count: 9 });
  bench.log("news").trim(3);
  subscribe(bench, 1, from(at(2)));
  const [answer, ...rest] = bench.take(1);
  expect(answer).toMatchObject({ type: "subscribed", position: at(6), top: 9 });
  expect(story(rest)).toEqual(["2>6 trimmed", 7, 8, 9]);
});

test("[RS4] a position the log never had is told so, and everything is delivered again", () => {
  const bench = benchWith({ connections: [], count: 3 });
  subscribe(bench, 1, from(at(2, 99)));
  expect(story(bench.take(1))).toEqual(["2>0 truncated", 1, 2, 3]);
  subscribe(bench, 2, from(at(7)));
  expect(story(bench.take(2))).toEqual(["7>0 truncated", 1, 2, 3]);
});

test("[RS5] a position of another epoch is told so", () => {
  const bench = benchWith({ connections: [], count: 1 });
  subscribe(bench, 1, from({ epoch: "f".repeat(16), offset: 4, tag: 4 }));
  expect(story(bench.take(1))).toEqual(["4>0 epoch", 1]);
});

test("[RS5] a log that becomes another one is told to all who follow it", () => {
  const bench = benchWith({ count: 2 });
  bench.log("news").epoch = "0000000000000002";
  bench.advance(2_000);
  expect(story(bench.take(1))).toEqual(["2>0 epoch", 1, 2]);
});

test("[RS7] what is appended during a replay comes after it, once and in order", () => {
  const bench = benchWith({ count: 9, connections: [1], limits: { maxRingCount: 2, maxPageCount: 2 } });
  bench.isHolding = (question) => question.type === "read";
  subscribe(bench, 2, from(at(0)));
  while (bench.questions.length > 0) {
    append(bench, bench.log("news").top.offset < 14 ? 1 : 0);
    bench.answer(0);
  }
  expect(story(bench.take(2))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
});

test("[DL2] a subscriber whose position is ahead of this node brings the node up to it", () => {
  const bench = benchWith();
  bench.isHinting = false;
  append(bench, 3);
  subscribe(bench, 2, from(at(2)));
  expect(story(bench.take(2))).toEqual([3]);
  expect(story(bench.take(1))).toEqual([1, 2, 3]);
});

test("[DL2] a subscriber that is ahead waits for this node, and gets what comes after", () => {
  const bench = benchWith();
  bench.isHinting = false;
  append(bench, 3);
  bench.isHolding = (question) => question.type === "read" && question.read.after === 0;
  subscribe(bench, 2, from(at(3)));
  expect(story(bench.take(2))).toEqual([]);
  bench.isHolding = () => false;
  bench.settle();
  bench.isHinting = true;
  append(bench, 1);
  expect(story(bench.take(1))).toEqual([1, 2, 3, 4]);
  expect(story(bench.take(2))).toEqual([4]);
});

test("[CH7] a channel stays joined a while after its last subscriber, for those who come back", () => {
  const bench = benchWith();
  bench.closed(1);
  bench.advance(4_999);
  expect(bench.joined.has("news")).toBe(true);
  subscribe(bench, 1, live);
  bench.advance(60_000);
  expect(bench.joined.has("news")).toBe(true);
  bench.closed(1);
  bench.advance(5_000);
  expect(bench.effects).toEqual([{ type: "leave", channel: "news" }]);
  expect(bench.core.info.channelCount).toBe(0);
});

test("[CH7] a channel is not left while the device of its last subscriber may still come back", () => {
  const bench = benchWith({ connections: [] });
  subscribe(bench, 1, live, "room/a");
  bench.advance(1_000);
  bench.closed(1);
  bench.advance(9_999);
  expect(bench.effects).toEqual([]);
  bench.advance(1);
  expect(bench.effects).toEqual([{ type: "leave", channel: "room/a" }]);
});

const down = { type: "failed", error: { code: "STORAGE_UNAVAILABLE", message: "The store does not answer" } } as const;

test("[CH8] when the store cannot be read, a subscription is refused, the next one is not", () => {
  let isDown = true;
  const bench: GatewayBench = new GatewayBench({
    answers: { read: ({ read }) => (isDown ? down : { type: "page", result: bench.log("news").read(read) }) },
  });
  subscribe(bench, 1, live);
  expect(bench.take(1)).toMatchObject([{ type: "error", code: "STORAGE_UNAVAILABLE" }]);
  isDown = false;
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  expect(bench.take(1)).toMatchObject([{ type: "subscribed" }]);
});

test("[CH8] when the store cannot be joined, a subscription is refused", () => {
  const bench = new GatewayBench({ answers: { join: () => down } });
  subscribe(bench, 1, live);
  expect(bench.take(1)).toMatchObject([{ type: "error", code: "STORAGE_UNAVAILABLE" }]);
  expect(bench.core.info.channelCount).toBe(0);
});

test("[CH8] when the store cannot be probed, nobody who is subscribed is told, and the next probe makes up for it", () => {
  let isDown = false;
  const bench = benchWith({ answers: { read: () => (isDown ? down : undefined) } });
  bench.take(1);
  bench.isHinting = false;
  append(bench, 1);
  isDown = true;
  bench.advance(2_000);
  expect(bench.take(1)).toEqual([]);
  isDown = false;
  bench.advance(2_000);
  expect(story(bench.take(1))).toEqual([1]);
});

test("[CH8] when only older entries cannot be read, who needs them is refused or waits", () => {
  let isDown = true;
  const limits = { maxRingCount: 2 };
  const bench: GatewayBench = new GatewayBench({
    limits,
    answers: {
      read: ({ read }) => (isDown && read.after === 1 ? down : { type: "page", result: bench.log("news").read(read) }),
    },
  });
  append(bench, 9);
  subscribe(bench, 1, from(at(1)));
  expect(bench.take(1)).toMatchObject([{ type: "error", code: "STORAGE_UNAVAILABLE" }]);
  isDown = false;
  bench.isHolding = (question) => question.type === "read" && question.read.maxCount > 1;
  bench.send(1, { type: "subscribe", channel: "news", start: from(at(1)) });
  expect(bench.take(1)).toMatchObject([{ type: "subscribed" }]);
  isDown = true;
  bench.isHolding = () => false;
  bench.settle();
  expect(bench.take(1)).toEqual([]);
  isDown = false;
  bench.advance(2_000);
  expect(story(bench.take(1))).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
});

test("[CH5] a read for a subscription that is no more is for nobody", () => {
  const bench = benchWith({ count: 9, limits: { maxRingCount: 2 } });
  bench.isHolding = (question) => question.type === "read";
  subscribe(bench, 2, from(at(1)));
  bench.closed(2);
  bench.isHolding = () => false;
  bench.settle();
  expect(bench.take(2)).toEqual([]);
});

test("[CH5] a failed read for a subscription that was replaced does not end its successor", () => {
  let isDown = false;
  const limits = { maxRingCount: 2 };
  const bench = benchWith({ count: 9, limits, answers: { read: () => (isDown ? down : undefined) } });
  bench.isHolding = (question) => question.type === "read";
  subscribe(bench, 2, from(at(1)));
  bench.send(2, { type: "subscribe", channel: "news", start: live });
  bench.isHolding = () => false;
  isDown = true;
  bench.settle();
  bench.take(2);
  append(bench, 1);
  expect(story(bench.take(2))).toEqual([10]);
});

test("[RS6] a loss while a subscription waits for its page is told once", () => {
  const bench = benchWith({ count: 9, limits: { maxRingCount: 2 } });
  bench.isHolding = (question) => question.type === "read" && question.read.maxCount > 1;
  subscribe(bench, 2, from(at(1)));
  bench.log("news").trim(4);
  bench.answer(0);
  bench.log("news").trim(2);
  bench.isHolding = () => false;
  bench.settle();
  expect(story(bench.take(2))).toEqual(["1>5 trimmed", 6, 7, 8, 9]);
});

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

const ticker = "ticker/a";

function tell(bench: GatewayBench, key: string, data: number, event = "quote"): void {
  bench.handle({ type: "told", tell: { channel: ticker, event, key, user: { id: "s" }, data: String(data) } });
}

/** What a connection was told of newest values, in short: `all` for a snapshot, then keys and data. */
function quotes(messages: readonly ServerMessage[]): string[] {
  return messages.flatMap((message) => {
    if (message.type !== "latest" || message.event !== "quote") return [];
    const values = message.values.map(({ data, key }) => `${key}=${String(data)}`);
    return [[...(message.snapshot ? ["all"] : []), ...values].join(" ")];
  });
}

function watchers(connections: readonly number[], options: GatewayBenchOptions = {}): GatewayBench {
  const bench = new GatewayBench(options);
  for (const connection of connections) {
    subscribe(bench, connection, live, ticker);
    bench.take(connection);
  }
  return bench;
}

test("[LT1] a subscription is answered, then sent all newest values, again at each subscription", () => {
  const bench = watchers([1]);
  tell(bench, "A", 1);
  tell(bench, "B", 1);
  bench.take(1);
  bench.send(1, { type: "subscribe", channel: ticker, start: live });
  const messages = bench.take(1);
  expect(messages.map(({ type }) => type)).toEqual(["subscribed", "latest", "latest"]);
  expect(quotes(messages)).toEqual(["all A=1 B=1"]);
});

test("[LT2] after a silence a value goes out at once; the next, of each key the newest, when everyMs is over", () => {
  const bench = watchers([1]);
  tell(bench, "A", 1);
  expect(quotes(bench.take(1))).toEqual(["A=1"]);
  for (const price of [2, 3, 4]) tell(bench, "A", price);
  tell(bench, "B", 1);
  bench.advance(99);
  expect(quotes(bench.take(1))).toEqual([]);
  bench.advance(1);
  expect(quotes(bench.take(1))).toEqual(["A=4 B=1"]);
  bench.advance(10_000);
  expect(quotes(bench.take(1))).toEqual([]);
});

test("[LT3] a subscriber whose queue is full is sent nothing, then the newest of each key; nobody else waits", () => {
  const bench = watchers([1, 2]);
  bench.congested.add(1);
  bench.handle({ type: "congested", connection: 1 });
  for (const price of [1, 2, 3]) {
    tell(bench, "A", price);
    bench.advance(100);
  }
  expect(quotes(bench.take(1))).toEqual([]);
  expect(quotes(bench.take(2))).toEqual(["A=1", "A=2", "A=3"]);
  bench.drain(1);
  expect(quotes(bench.take(1))).toEqual(["A=3"]);
});

test("[LT3] a snapshot counts as a replay: past the page the socket has to drain before the next", () => {
  const bench = new GatewayBench({ limits: { maxReplayBytes: 10 } });
  tell(bench, "A", 1);
  tell(bench, "A", 1, "news");
  bench.join(1);
  const handle = vi.spyOn(bench.core, "handle");
  bench.send(1, { type: "subscribe", channel: ticker, start: live });
  const effects = handle.mock.results.flatMap(({ value }) => value as readonly GatewayEffect[]);
  const types = effects.map(({ type }) => type).filter((type) => type === "send" || type === "awaitDrain");
  expect(types).toEqual(["send", "send", "awaitDrain", "send", "awaitDrain"]);
  expect(bench.take(1)).toMatchObject([{ type: "subscribed" }, { event: "quote" }, { event: "news" }]);
});

test("[LT2] however many values come, one deadline waits for them", () => {
  const bench = watchers([1]);
  tell(bench, "A", 1);
  const at = vi.spyOn(Deadlines.prototype, "at");
  for (let price = 0; price < 9; price += 1) tell(bench, "A", price);
  expect(at).toHaveBeenCalledOnce();
  at.mockRestore();
});

test("[LT7] a channel that was opened for a value which never came is left again", () => {
  const bench = new GatewayBench({ answers: { join: () => ({ type: "joined" }) } });
  tell(bench, "A", 1);
  bench.advance(5_000);
  expect(bench.effects).toEqual([{ type: "leave", channel: ticker }]);
});

test("[LT1] a subscription that ended before its resume was answered is sent no values", () => {
  const bench = new GatewayBench();
  bench.join(1);
  bench.isHolding = (question) => question.type === "join" && question.channel === "news";
  const channels = [ticker, "news"].map((channel) => ({ channel, position: at(0) }));
  bench.send(1, { type: "resume", channels });
  bench.send(1, { type: "unsubscribe", channel: ticker });
  bench.isHolding = () => false;
  bench.settle();
  expect(bench.take(1).map(({ type }) => type)).toEqual(["unsubscribed", "resumed"]);
});

test("[LT3] who drains before its subscription is answered is sent nothing yet", () => {
  const bench = new GatewayBench();
  bench.isHolding = ({ type }) => type === "join";
  subscribe(bench, 1, live, ticker);
  bench.handle({ type: "drained", connection: 1 });
  expect(bench.take(1)).toEqual([]);
});

test("[LT7] a channel keeps its newest values for latestLingerMs after the last of them, or the last subscriber", () => {
  const bench = watchers([]);
  tell(bench, "A", 1);
  bench.advance(59_000);
  tell(bench, "A", 2);
  bench.advance(59_999);
  expect(bench.joined).toContain(ticker);
  bench.advance(1);
  expect(bench.joined).not.toContain(ticker);
  subscribe(bench, 1, live, ticker);
  expect(quotes(bench.take(1))).toEqual(["all"]);
  bench.send(1, { type: "unsubscribe", channel: ticker });
  bench.advance(5_000);
  expect(bench.joined).not.toContain(ticker);
});

test("[LT9] values are told when the channel is joined, the newest maxLatestCount of them", () => {
  const bench = new GatewayBench({ limits: { maxLatestCount: 2 } });
  bench.isHolding = ({ type }) => type === "join";
  for (const price of [1, 2, 3]) tell(bench, `K${price}`, price);
  bench.isHolding = () => false;
  bench.settle();
  subscribe(bench, 1, live, ticker);
  expect(quotes(bench.take(1))).toEqual(["all K2=2 K3=3"]);
});

test("[LT9] what waits for a channel that cannot be joined is lost with it", () => {
  const error = { code: "STORAGE_UNAVAILABLE", message: "No" } as const;
  let isBroken = true;
  const bench = new GatewayBench({
    answers: { join: () => (isBroken ? { type: "failed", error } : undefined) },
  });
  tell(bench, "A", 1);
  isBroken = false;
  subscribe(bench, 1, live, ticker);
  expect(quotes(bench.take(1))).toEqual(["all"]);
});

test("[LT9] a value of an event that this node does not know is ignored", () => {
  const bench = watchers([1]);
  const payload = encodeBroadcast({ node: "n2", latest: { event: "odds", key: "A" }, text: "{}" });
  bench.handle({ type: "broadcasted", channel: ticker, payload });
  expect(bench.take(1)).toEqual([]);
});

test("[OP26] a channel says who is in it, if it tells anybody", () => {
  const bench = new GatewayBench();
  subscribe(bench, 1, live, "room/1");
  subscribe(bench, 1, live);
  expect(bench.core.attendanceOf("room/1")).toMatchObject({ members: [{ user: { id: "u1" } }] });
  expect(bench.core.attendanceOf("news")).toEqual({ members: [] });
});

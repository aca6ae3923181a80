import { expect, test } from "vitest";
import { append, at, benchWith, epoch, from, live, story, subscribe } from "../../test/channel-setup.ts";
import { ModelLog } from "../testing/model-log.ts";
import { GatewayBench } from "../testing/gateway-bench.ts";

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

test("[DL1] whoever comes is sent what comes next, whoever goes is not", () => {
  const bench = benchWith({ connections: [1, 2] });
  append(bench, 1);
  subscribe(bench, 3, live);
  append(bench, 1);
  bench.send(1, { type: "unsubscribe", channel: "news" });
  append(bench, 1);
  expect([1, 2, 3].map((connection) => story(bench.take(connection)).filter(Number.isInteger))).toEqual([
    [1, 2],
    [1, 2, 3],
    [2, 3],
  ]);
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

test("[RS5] the top told with a subscription is that of the log it starts in, though the channel has not noticed yet that it is another", () => {
  const bench = benchWith({ count: 3, limits: { maxRingCount: 1 } });
  bench.logs.set("news", new ModelLog("0000000000000002"));
  subscribe(bench, 2, from(at(1)));
  const position = { epoch: "0000000000000002", offset: 0, tag: 0 };
  expect(bench.take(2).find(({ type }) => type === "subscribed")).toMatchObject({ position, top: 0 });
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

test("[OP60] a channel counts what came in and what was sent of it, and knows how far its log goes, once it does", () => {
  const bench = new GatewayBench();
  bench.isHolding = ({ type }) => type === "join";
  subscribe(bench, 1, live);
  const facts = (): unknown => [...bench.core.channelFacts()][0];
  const none = { name: "news", subscriberCount: 1, eventCount: 0, eventChars: 0, deliveredCount: 0, toldCount: 0 };
  expect(facts()).toEqual({ ...none, position: undefined });
  bench.isHolding = () => false;
  subscribe(bench, 2, live);
  append(bench, 1);
  const [told] = bench.take(1).slice(-1);
  bench.send(1, { type: "ephemeral", channel: "news", event: "mood", data: 1 });
  subscribe(bench, 3, from(at(0, 0)));
  expect(facts()).toEqual({
    name: "news",
    subscriberCount: 3,
    position: at(1),
    eventCount: 1,
    eventChars: JSON.stringify(told).length,
    deliveredCount: 3,
    toldCount: 1,
  });
});

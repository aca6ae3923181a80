import { expect, test } from "vitest";
import { GatewayBench } from "../testing/gateway-bench.ts";
import type { ServerMessage } from "../wire/index.ts";
import { ReplayPages, ReplayShelf } from "./replay-pages.ts";
import type { Delivery } from "./ring.ts";

function deliveries(offset: number, ...lengths: readonly number[]): readonly Delivery[] {
  return lengths.map((length, index) => ({
    offset: offset + index,
    tag: offset + index,
    previousTag: offset + index - 1,
    text: "x".repeat(length),
  }));
}

test("[DL20] a page is found at its place, on the shelf it was put on, until another takes its place", () => {
  const pages = new ReplayPages(100);
  const [ours, theirs] = [pages.openShelf(), pages.openShelf()];
  pages.keep(ours, 4, deliveries(5, 10));
  expect(pages.find(ours, 4)).toEqual(deliveries(5, 10));
  expect([pages.find(ours, 5), pages.find(theirs, 4)]).toEqual([undefined, undefined]);
  pages.keep(ours, 4, deliveries(5, 20));
  expect(pages.find(ours, 4)).toEqual(deliveries(5, 20));
});

test("[DL20] pages of maxReplayCacheBytes are kept, and one more character makes the one go that was used longest ago", () => {
  const pages = new ReplayPages(100);
  const shelf = pages.openShelf();
  pages.keep(shelf, 0, deliveries(1, 20, 20));
  pages.keep(shelf, 2, deliveries(3, 40));
  pages.keep(shelf, 3, deliveries(4, 20));
  expect(pages.find(shelf, 0)).toHaveLength(2);
  pages.keep(shelf, 4, deliveries(5, 1));
  expect([0, 2, 3, 4].map((after) => pages.find(shelf, after)?.length)).toEqual([2, undefined, 1, 1]);
});

test("[DL20] a page longer than all there is room for is not kept, and nothing else either", () => {
  const pages = new ReplayPages(100);
  const shelf = pages.openShelf();
  pages.keep(shelf, 0, deliveries(1, 30));
  pages.keep(shelf, 1, deliveries(2, 101));
  expect([pages.find(shelf, 0), pages.find(shelf, 1)]).toEqual([undefined, undefined]);
  pages.keep(shelf, 0, deliveries(1, 100));
  expect(pages.find(shelf, 0)).toHaveLength(1);
});

const top = { epoch: "e", offset: 9, tag: 9 };
const limits = { maxPageBytes: 1_000, maxPageCount: 4, maxReplayBytes: 500 };

test("[DL20] pages end at multiples of maxPageCount, and have the smaller of both limits of bytes", () => {
  const shelf = new ReplayShelf(new ReplayPages(100), limits);
  expect([0, 3, 4, 9].map((after) => shelf.limitsBehind(after).maxCount)).toEqual([4, 1, 4, 3]);
  expect(shelf.limitsBehind(0).maxBytes).toBe(500);
  const unlimited = new ReplayShelf(new ReplayPages(100), { ...limits, maxPageCount: Infinity, maxPageBytes: 100 });
  expect(unlimited.limitsBehind(7)).toEqual({ maxCount: Infinity, maxBytes: 100 });
});

test("[DL20] a page is kept as part of the log that is followed, and forgotten when that is another one", () => {
  const shelf = new ReplayShelf(new ReplayPages(100), limits);
  const page = { top: { ...top, offset: 5 }, first: 1, tagAtAfter: 2, deliveries: deliveries(3, 10) };
  shelf.keep(2, page, { isReady: false, position: top });
  shelf.keep(2, page, { isReady: true, position: { ...top, epoch: "other" } });
  shelf.keep(1, page, { isReady: true, position: top });
  shelf.keep(2, { ...page, deliveries: [] }, { isReady: true, position: top });
  // Its second entry is beyond what was followed.
  shelf.keep(2, { ...page, deliveries: deliveries(3, 10, 10) }, { isReady: true, position: { ...top, offset: 3 } });
  expect([1, 2].map((after) => shelf.find(after, top))).toEqual([undefined, undefined]);
  shelf.keep(2, page, { isReady: true, position: { ...top, offset: 3 } });
  expect(shelf.find(2, top)).toEqual({ top, first: 3, tagAtAfter: 2, deliveries: deliveries(3, 10) });
  shelf.renew();
  expect(shelf.find(2, top)).toBeUndefined();
});

function offsets(messages: readonly ServerMessage[]): readonly number[] {
  return messages.flatMap((message) => (message.type === "event" ? [message.offset] : []));
}

/** A log of which 20 entries are not at hand any more, and how often the store was asked for more than a place. */
function makeBehind(): { readonly bench: GatewayBench; readonly reads: number[] } {
  const bench = new GatewayBench({ limits: { maxRingCount: 2, maxPageCount: 4, requestBurstCount: Infinity } });
  const reads: number[] = [];
  for (let index = 1; index <= 20; index += 1) bench.append("news", `m${index}`);
  bench.join(1);
  bench.send(1, { type: "subscribe", channel: "news", start: { from: "live" } });
  bench.isHolding = (question) => {
    if (question.type === "read" && question.read.maxCount > 1) reads.push(question.read.after);
    return false;
  };
  return { bench, reads };
}

function comeBack(bench: GatewayBench, connection: number, offset: number): readonly number[] {
  const position = { epoch: bench.log("news").epoch, offset, tag: offset };
  bench.join(connection);
  bench.send(connection, { type: "subscribe", channel: "news", start: { from: "position", position } });
  return offsets(bench.take(connection));
}

test("[DL20] whoever comes back after others is read no page again, wherever they were", () => {
  const { bench, reads } = makeBehind();
  expect(comeBack(bench, 2, 1)).toHaveLength(19);
  expect(reads).toEqual([1, 4, 8, 12, 16]);
  expect(comeBack(bench, 3, 4)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  expect(comeBack(bench, 4, 6)).toHaveLength(14);
  expect(reads).toEqual([1, 4, 8, 12, 16, 6]);
});

test("[DL20] those who come back to a node that has not heard of the newest entries yet are told no gap", () => {
  const { bench } = makeBehind();
  bench.isHinting = false;
  for (let index = 21; index <= 24; index += 1) bench.append("news", `m${index}`);
  // The node's own look at the log is under way.
  bench.isHolding = (question) => question.type === "read" && question.read.after === 20;
  for (const connection of [2, 3]) {
    const position = { epoch: bench.log("news").epoch, offset: 22, tag: 22 };
    bench.join(connection);
    bench.send(connection, { type: "subscribe", channel: "news", start: { from: "position", position } });
    const messages = bench.take(connection);
    expect(messages.filter(({ type }) => type === "gap")).toEqual([]);
    expect(offsets(messages)).toEqual([23, 24]);
  }
  bench.isHolding = () => false;
  bench.settle();
  expect(offsets(bench.take(1))).toEqual([21, 22, 23, 24]);
});

test("[DL20] what was kept of a log is not served when the log has become another one", () => {
  const { bench } = makeBehind();
  comeBack(bench, 2, 0);
  bench.log("news").loseTail(14);
  for (let index = 1; index <= 20; index += 1) bench.append("news", `again-${index}`);
  bench.advance(2_000);
  bench.join(3);
  const position = { epoch: bench.log("news").epoch, offset: 4, tag: 4 };
  bench.send(3, { type: "subscribe", channel: "news", start: { from: "position", position } });
  const messages = bench.take(3);
  expect(messages.filter(({ type }) => type === "gap")).toEqual([]);
  expect(offsets(messages)).toEqual(Array.from({ length: 22 }, (_, index) => index + 5));
  expect(messages.find((message) => message.type === "event" && message.offset === 7)).toMatchObject({
    messageId: "again-1",
  });
});

test("[DL20] what was kept of one epoch is not found in another", () => {
  const pages = new ReplayPages(100);
  const shelf = new ReplayShelf(pages, { maxPageBytes: 100, maxPageCount: 4, maxReplayBytes: 100 });
  const top = { epoch: "a", offset: 9, tag: 9 };
  shelf.keep(4, { top, first: 1, tagAtAfter: 4, deliveries: deliveries(5, 10) }, { isReady: true, position: top });
  expect(shelf.find(4, top)?.deliveries).toHaveLength(1);
  expect(shelf.find(4, { ...top, epoch: "b" })).toBeUndefined();
});

import { beforeEach, expect, test } from "vitest";
import { ModelLog } from "../testing/model-log.ts";
import { LogReader, type WantedRead } from "./log-reader.ts";
import { deliveryOf, type Page, pageOf } from "./page.ts";
import type { Delivery } from "./ring.ts";

let log: ModelLog;
let reader: LogReader;

beforeEach(() => {
  log = new ModelLog();
  reader = new LogReader({ ring: { maxCount: 4, maxBytes: 10_000 }, page: { maxCount: 3, maxBytes: 10_000 } });
});

function append(count: number): void {
  for (let index = 0; index < count; index += 1) {
    const messageId = `m${log.top.offset}-${log.top.tag}`;
    const draft = { channel: "c", event: "e", messageId, user: { id: "u" }, data: "1", content: "1" };
    log.append({ ...draft, history: { maxCount: 99, maxAgeMs: 99 } });
  }
}

function pageFor({ after, maxBytes, maxCount }: WantedRead): Page {
  return pageOf("c", log.read({ channel: "c", after, maxBytes, maxCount }));
}

/** Makes every read the reader wants. @returns the offsets it found new. */
function follow(): number[] {
  const found: number[] = [];
  for (let wanted = reader.want(); wanted !== undefined; wanted = reader.want()) {
    found.push(...reader.absorb(pageFor(wanted)).map(({ offset }) => offset));
  }
  return found;
}

function hintOf(offset: number): Delivery {
  const entry = log.entries.find((one) => one.offset === offset);
  if (entry === undefined) throw new Error(`The log has no ${offset}`);
  return deliveryOf("c", entry);
}

const all = { maxCount: 99, maxBytes: 10_000 };
const offsetsAfter = (after: number): number[] | undefined =>
  reader.read(after, all)?.deliveries.map(({ offset }) => offset);

test("[DL8] a reader of an empty log is ready after one look", () => {
  expect(reader.isReady).toBe(false);
  expect(reader.read(0, all)).toBeUndefined();
  expect(follow()).toEqual([]);
  expect(reader.isReady).toBe(true);
  expect(reader.position).toEqual({ epoch: log.epoch, offset: 0, tag: 0 });
});

test("[DL8] a reader begins with the newest entries at hand, and reads one page at a time", () => {
  append(9);
  expect(reader.want()).toMatchObject({ maxCount: 1 });
  expect(reader.want()).toBeUndefined();
  reader.abandon();
  follow();
  expect(reader.position).toEqual(log.top);
  expect(offsetsAfter(5)).toEqual([6, 7, 8, 9]);
  expect(reader.read(4, all)).toBeUndefined();
  expect(reader.want()).toBeUndefined();
});

test("[DL8] a ring whose first entries are too long for one read is read on", () => {
  append(4);
  reader = new LogReader({ ring: { maxCount: 4, maxBytes: 1 }, page: { maxCount: 3, maxBytes: 1 } });
  expect(follow()).toEqual([2, 3, 4]);
  expect(reader.position).toEqual(log.top);
});

test("[DL8] a log that is trimmed while the ring is read is followed from what is left", () => {
  append(6);
  const look = reader.want();
  if (look !== undefined) reader.absorb(pageFor(look));
  log.trim(2);
  follow();
  expect(offsetsAfter(4)).toEqual([5, 6]);
  const again = new LogReader({ ring: { maxCount: 4, maxBytes: 99 }, page: { maxCount: 3, maxBytes: 99 } });
  const first = again.want();
  if (first !== undefined) again.absorb(pageFor(first));
  log.trim(0);
  const second = again.want();
  if (second !== undefined) again.absorb(pageFor(second));
  expect(again.position).toEqual(log.top);
});

test("[DL2] a hint that is next is taken, without a read", () => {
  follow();
  append(1);
  expect(reader.receive(log.epoch, hintOf(1))).toBe(true);
  expect(reader.position).toEqual(log.top);
  expect(reader.want()).toBeUndefined();
});

test("[DL2] a hint of another epoch is not taken, however well it fits", () => {
  follow();
  append(1);
  expect(reader.receive("0000000000000009", hintOf(1))).toBe(false);
  expect(follow()).toEqual([1]);
});

test("[DL2] a hint that was heard before is dropped, without a read", () => {
  append(9);
  follow();
  expect(reader.receive(log.epoch, hintOf(9))).toBe(false);
  expect(reader.receive(log.epoch, hintOf(1))).toBe(false);
  expect(reader.want()).toBeUndefined();
});

test("[DL2] a hole is read from the log, in order", () => {
  follow();
  append(5);
  expect(reader.receive(log.epoch, hintOf(5))).toBe(false);
  expect(follow()).toEqual([1, 2, 3, 4, 5]);
});

test("[DL2] a hint of what was never stored changes nothing", () => {
  append(2);
  follow();
  reader.receive(log.epoch, { offset: 77, tag: 7, previousTag: 6, text: "" });
  reader.receive(log.epoch, { offset: 3, tag: 7, previousTag: 6, text: "" });
  expect(follow()).toEqual([]);
  expect(reader.position).toEqual(log.top);
});

test("[DL2] a hint that comes while the log is read is taken once", () => {
  append(1);
  follow();
  append(2);
  reader.probe();
  const wanted = reader.want();
  expect(reader.receive(log.epoch, hintOf(2))).toBe(true);
  expect(wanted && reader.absorb(pageFor(wanted)).map(({ offset }) => offset)).toEqual([3]);
});

test("[DL3] a probe finds what no hint told", () => {
  follow();
  append(4);
  expect(reader.want()).toBeUndefined();
  reader.probe();
  expect(follow()).toEqual([1, 2, 3, 4]);
});

test("[DL12] a log that was seen to end where the reader is is not read; before that place, behind it or in another log it is", () => {
  append(2);
  follow();
  const { position } = reader;
  reader.probe(position);
  expect(reader.want()).toBeUndefined();
  const before = { ...position, offset: 1, tag: hintOf(1).tag };
  for (const other of [before, { ...position, offset: 3 }, { ...position, tag: 7 }, { ...position, epoch: "other" }]) {
    reader.probe(other);
    expect(reader.want()).toMatchObject({ after: 2 });
    reader.abandon();
  }
});

test("[DL3] a read that failed is made again at the next probe", () => {
  follow();
  append(1);
  reader.probe();
  reader.want();
  reader.abandon();
  expect(reader.want()).toBeUndefined();
  reader.probe();
  expect(follow()).toEqual([1]);
});

test("[DL3] an offset that somebody else saw is read", () => {
  follow();
  append(2);
  reader.hint(2);
  expect(follow()).toEqual([1, 2]);
});

test("[DL4] a lost tail is noticed at a probe, and the fork is where the histories part", () => {
  append(5);
  follow();
  const [third, fourth, fifth] = [3, 4, 5].map((offset) => ({ epoch: log.epoch, offset, tag: hintOf(offset).tag }));
  log.loseTail(2);
  reader.probe();
  expect(follow()).toEqual([]);
  expect(reader.position).toEqual(log.top);
  expect(fifth && reader.findFork(fifth)).toMatchObject({ offset: 3 });
  expect(fourth && reader.findFork(fourth)).toMatchObject({ offset: 3 });
  expect(third && reader.findFork(third)).toBeUndefined();
  expect(fifth && reader.findFork({ ...fifth, tag: 99 })).toBeUndefined();
  expect(fifth && reader.findFork({ ...fifth, epoch: "f" })).toBeUndefined();
});

test("[DL4] a tail that was lost and grew again is noticed by its tags, at a hint", () => {
  append(3);
  follow();
  const third = { epoch: log.epoch, offset: 3, tag: hintOf(3).tag };
  log.loseTail(1);
  append(1);
  expect(reader.receive(log.epoch, hintOf(3))).toBe(false);
  follow();
  expect(reader.position).toEqual(log.top);
  expect(reader.findFork(third)).toMatchObject({ offset: 2 });
});

test("[DL5] where the histories part before the ring, there is no fork", () => {
  append(9);
  follow();
  const ninth = { epoch: log.epoch, offset: 9, tag: hintOf(9).tag };
  log.loseTail(8);
  append(20);
  reader.probe();
  follow();
  expect(reader.position).toEqual(log.top);
  expect(reader.findFork(ninth)).toBeUndefined();
});

test("[DL4] a log that has lost again while it is read anew is read anew again", () => {
  append(5);
  follow();
  const fifth = { epoch: log.epoch, offset: 5, tag: hintOf(5).tag };
  log.loseTail(1);
  reader.probe();
  for (let step = 0; step < 2; step += 1) {
    const wanted = reader.want();
    if (wanted !== undefined) reader.absorb(pageFor(wanted));
  }
  log.epoch = "0000000000000002";
  follow();
  expect(reader.position).toEqual(log.top);
  expect(reader.findFork(fifth)).toBeUndefined();
});

test("[RS5] another epoch is another log, seen at a hint or at a probe", () => {
  append(3);
  follow();
  log.epoch = "0000000000000002";
  expect(reader.receive(log.epoch, hintOf(3))).toBe(false);
  follow();
  expect(reader.position).toEqual(log.top);
});

test("[RS3] a reader that missed what was trimmed since begins anew", () => {
  append(1);
  follow();
  append(6);
  log.trim(2);
  reader.probe();
  expect(follow()).toEqual([]);
  expect(reader.position).toEqual(log.top);
  append(6);
  log.trim(0);
  reader.probe();
  expect(follow()).toEqual([]);
  expect(reader.position).toEqual(log.top);
});

test("[DL4] what was announced while the log was read, and is not in it, makes the reader begin anew", () => {
  append(3);
  follow();
  append(2);
  reader.probe();
  const page = pageFor(reader.want() as WantedRead);
  expect(reader.receive(log.epoch, { ...hintOf(4), tag: 99 })).toBe(true);
  expect(reader.absorb(page)).toEqual([]);
  expect(reader.isReady).toBe(false);
  follow();
  expect(offsetsAfter(3)).toEqual([4, 5]);
});

test("[DL10] a break in the log stops no reader: what it has at hand begins anew behind it", () => {
  append(1);
  follow();
  append(5);
  log.entries.splice(3, 1);
  reader.probe();
  expect(follow()).toEqual([2, 3, 5, 6]);
  expect(reader.position).toEqual(log.top);
  expect([offsetsAfter(3), offsetsAfter(4)]).toEqual([undefined, [5, 6]]);
});

test("[DL2] a page that nobody asked for is nothing", () => {
  follow();
  append(1);
  expect(reader.absorb(pageFor({ after: 0, ...all }))).toEqual([]);
});

test("[DL11] a log with holes is followed from behind the last of them, with a look at each", () => {
  append(9);
  const gone = new Set([3, 4, 7]);
  const pageWithHoles = (wanted: WantedRead): Page => {
    const page = pageFor({ ...wanted, maxCount: 99 });
    const left = page.deliveries.filter(({ offset }) => !gone.has(offset));
    const end = left.findIndex(({ offset }, index) => index > 0 && offset !== (left[index - 1]?.offset ?? 0) + 1);
    const deliveries = left.slice(0, end === -1 ? wanted.maxCount : end).slice(0, wanted.maxCount);
    const from = deliveries[0]?.offset ?? page.first;
    const isBehindHole = from > wanted.after + 1 && deliveries.length > 0;
    return { ...page, deliveries, ...(isBehindHole ? { first: from, tagAtAfter: undefined } : {}) };
  };
  reader = new LogReader({ ring: { maxCount: 20, maxBytes: 10_000 }, page: { maxCount: 3, maxBytes: 10_000 } });
  let readCount = 0;
  for (let wanted = reader.want(); wanted !== undefined && readCount < 50; wanted = reader.want()) {
    readCount += 1;
    reader.absorb(pageWithHoles(wanted));
  }
  expect(readCount).toBeLessThan(9);
  expect(reader.position).toEqual(log.top);
  expect([offsetsAfter(6), offsetsAfter(7)]).toEqual([undefined, [8, 9]]);
});

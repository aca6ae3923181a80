import { expect, test } from "vitest";
import type { Position, Start } from "../wire/index.ts";
import type { Page } from "./page.ts";
import type { Delivery, Mark } from "./ring.ts";
import { Subscription } from "./subscription.ts";

const epoch = "e1";
const at = (offset: number, tag = offset * 10): Position => ({ epoch, offset, tag });

function delivery(offset: number, previousTag = (offset - 1) * 10): Delivery {
  return { offset, tag: offset * 10, previousTag, text: "" };
}

/** What a log with these offsets shows behind `after`. */
function page(offsets: readonly number[], after: number, parts: Partial<Page> = {}): Page {
  const top = at(offsets.at(-1) ?? after);
  const deliveries = offsets.filter((offset) => offset > after).map((offset) => delivery(offset));
  return {
    top,
    first: offsets[0] ?? after + 1,
    tagAtAfter: offsets.includes(after) || after === 0 ? after * 10 : undefined,
    deliveries,
    ...parts,
  };
}

function placed(start: Start, top: Position = at(5)): Subscription {
  const subscription = new Subscription(start);
  subscription.place(top);
  return subscription;
}

test("[SE12] a start is used once: a cursor that was put there stays where it is", () => {
  const subscription = placed({ from: "live" });
  subscription.place(at(9));
  expect(subscription.after).toBe(5);
});

const fromPosition = (position: Position): Subscription => placed({ from: "position", position });
const noFork = (): Mark | undefined => undefined;
const offsets = (deliveries: readonly Delivery[] | undefined): number[] | undefined =>
  deliveries?.map(({ offset }) => offset);

test("[CH3] a live start is the newest place", () => {
  const subscription = placed({ from: "live" });
  expect(subscription.after).toBe(5);
  expect(subscription.absorb(page([4, 5], 5), noFork)).toEqual({ position: at(5), deliveries: [] });
  expect(subscription.isNext(epoch, delivery(6))).toBe(true);
});

test("[CH3] a recent start is so many entries back, or where the log begins, without a gap", () => {
  expect(placed({ from: "recent", count: 2 }).after).toBe(3);
  const subscription = placed({ from: "recent", count: 99 });
  expect(subscription.after).toBe(0);
  expect(subscription.isNext(epoch, delivery(1))).toBe(false);
  const absorbed = subscription.absorb(page([3, 4, 5], 0), noFork);
  expect(absorbed?.position).toEqual(at(2));
  expect(offsets(absorbed?.deliveries)).toEqual([3, 4, 5]);
  expect(subscription.takeGap(at(2))).toBeUndefined();
});

test("[CH3] a recent start in a log of which nothing is retained is its newest place", () => {
  const subscription = placed({ from: "recent", count: 2 });
  expect(subscription.absorb(page([], 3, { top: at(5), tagAtAfter: undefined }), noFork)).toEqual({
    position: at(5),
    deliveries: [],
  });
});

test("[RS1] a position the log has is the position delivery starts after", () => {
  const absorbed = fromPosition(at(3)).absorb(page([2, 3, 4, 5], 3), noFork);
  expect(absorbed?.position).toEqual(at(3));
  expect(offsets(absorbed?.deliveries)).toEqual([4, 5]);
});

test("[DL2] only the next delivery of the same chain and epoch is next", () => {
  const subscription = fromPosition(at(3));
  expect(subscription.isNext(epoch, delivery(4))).toBe(true);
  expect(subscription.isNext(epoch, delivery(5))).toBe(false);
  expect(subscription.isNext(epoch, delivery(4, 31))).toBe(false);
  expect(subscription.isNext("e2", delivery(4))).toBe(false);
  subscription.advance(delivery(4));
  expect(subscription.isNext(epoch, delivery(5))).toBe(true);
});

test("[RS3] entries that were trimmed are a gap to the oldest that is left", () => {
  const subscription = fromPosition(at(3));
  const absorbed = subscription.absorb(page([7, 8], 3), noFork);
  expect(absorbed?.position).toEqual(at(6));
  expect(offsets(absorbed?.deliveries)).toEqual([7, 8]);
  expect(subscription.isNext(epoch, delivery(7))).toBe(false);
  expect(subscription.takeGap(at(6))).toEqual({ from: at(3), to: at(6), reason: "trimmed" });
  expect(subscription.takeGap(at(6))).toBeUndefined();
});

test("[RS3] when nothing is left the gap goes to the newest place", () => {
  const subscription = fromPosition(at(3));
  expect(subscription.absorb(page([], 3, { top: at(8), tagAtAfter: undefined }), noFork)?.position).toEqual(at(8));
  expect(subscription.takeGap(at(8))).toMatchObject({ reason: "trimmed" });
});

test.for([
  { name: "behind the top", position: at(9), shown: page([4, 5], 9) },
  { name: "with another tag", position: at(4, 41), shown: page([4, 5], 4) },
])("[RS4] a position $name is a gap back to where the histories part", ({ position, shown }) => {
  const subscription = fromPosition(position);
  expect(subscription.absorb(shown, () => at(2))).toBeUndefined();
  expect(subscription.after).toBe(2);
  expect(subscription.absorb(page([2, 3], 2), noFork)?.position).toEqual(at(2));
  expect(subscription.takeGap(at(2))).toEqual({ from: position, to: at(2), reason: "truncated" });
});

test("[DL5] where nobody knows that, the gap goes back to the oldest entry", () => {
  const subscription = fromPosition(at(4, 41));
  expect(subscription.absorb(page([3, 4, 5], 4), noFork)).toBeUndefined();
  expect(subscription.after).toBe(0);
  const absorbed = subscription.absorb(page([3, 4, 5], 0), noFork);
  expect(absorbed?.position).toEqual(at(2));
  expect(subscription.takeGap(at(2))).toEqual({ from: at(4, 41), to: at(2), reason: "truncated" });
});

test("[DL10] everything is delivered again once only for the same place: a log that leads there again is followed from there", () => {
  const subscription = fromPosition(at(4, 41));
  const other = page([3, 4, 5], 4);
  for (const position of [at(4, 41), at(4, 42), at(3, 42)]) {
    subscription.advance(position);
    subscription.absorb(other, noFork);
    expect(subscription.after).toBe(0);
  }
  subscription.advance(at(3, 42));
  expect(subscription.absorb({ ...other, tagAtAfter: 40 }, noFork)).toBeUndefined();
  expect(subscription.after).toBe(3);
  const behind = page([2, 3, 4], 3, { tagAtAfter: 40, deliveries: [delivery(4, 40)] });
  expect(subscription.absorb(behind, noFork)).toEqual({ position: at(3, 40), deliveries: [delivery(4, 40)] });
});

test("[RS5] another epoch is a gap to the other log's oldest entry", () => {
  const subscription = fromPosition({ epoch: "e0", offset: 9, tag: 90 });
  expect(subscription.absorb(page([1, 2], 9), noFork)).toBeUndefined();
  expect(offsets(subscription.absorb(page([1, 2], 0), noFork)?.deliveries)).toEqual([1, 2]);
  expect(subscription.takeGap(at(0))).toEqual({
    from: { epoch: "e0", offset: 9, tag: 90 },
    to: at(0),
    reason: "epoch",
  });
});

test("[RS5] a start that names no position loses nothing by another epoch", () => {
  const subscription = placed({ from: "recent", count: 3 }, { epoch: "e0", offset: 9, tag: 90 });
  expect(subscription.absorb(page([1, 2], 6), noFork)).toBeUndefined();
  expect(subscription.absorb(page([1, 2], 0), noFork)?.position).toEqual(at(0));
  expect(subscription.takeGap(at(0))).toBeUndefined();
});

test("[RS6] losses before the gap was told are one, from where the subscriber was", () => {
  const subscription = fromPosition(at(9));
  expect(subscription.absorb(page([4, 5], 9), () => at(4))).toBeUndefined();
  expect(subscription.absorb(page([8], 4), noFork)?.position).toEqual(at(7));
  expect(subscription.takeGap(at(7))).toEqual({ from: at(9), to: at(7), reason: "truncated" });
});

test("[DL10] a page is taken up to the first break of its chain, and the break is a gap", () => {
  const subscription = fromPosition(at(3));
  expect(offsets(subscription.absorb(page([3, 4, 5, 7], 3), noFork)?.deliveries)).toEqual([4, 5]);
  subscription.advance(delivery(5));
  expect(offsets(subscription.absorb(page([3, 4, 5, 7], 5), noFork)?.deliveries)).toEqual([7]);
  expect(subscription.takeGap(at(6))).toEqual({ from: at(5), to: at(6), reason: "trimmed" });
});

test("[DL10] an entry that follows by its offset and not by its tag is a gap", () => {
  const subscription = fromPosition(at(3));
  const shown = page([3, 4], 3, { deliveries: [delivery(4, 33)] });
  expect(subscription.absorb(shown, noFork)?.position).toEqual(at(3, 33));
  expect(subscription.takeGap(at(3, 33))).toEqual({ from: at(3), to: at(3, 33), reason: "truncated" });
});

test("[DL12] a subscription is at a place when everything up to there was delivered, and no loss is to be told", () => {
  const subscription = placed({ from: "live" });
  expect(subscription.isAt(at(5))).toBe(true);
  for (const other of [at(4), at(6), at(5, 7), { ...at(5), epoch: "e2" }]) expect(subscription.isAt(other)).toBe(false);
  subscription.advance(at(6));
  expect(subscription.isAt(at(6))).toBe(true);
  subscription.absorb(page([9], 6, { tagAtAfter: undefined, first: 9 }), () => undefined);
  expect(subscription.isAt(at(8, 80))).toBe(false);
});

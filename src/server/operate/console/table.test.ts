import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChannelFacts } from "../../../gateway/index.ts";
import { ChannelRates, channelView } from "./channel-view.ts";
import type { TableQuery } from "./messages.ts";
import { pickSorted } from "./pick-sorted.ts";
import { selectRows, WatchedTable } from "./table.ts";

function facts(name: string, more: Partial<ChannelFacts> = {}): ChannelFacts {
  const none = { eventCount: 0, eventChars: 0, deliveredCount: 0, toldCount: 0, subscriberCount: 1 };
  return { name, position: undefined, ...none, ...more };
}

const all: TableQuery<"channels"> = {
  sort: "name",
  isDescending: false,
  filter: "",
  isOnlyBusy: false,
  from: 0,
  count: 2,
};
const rated = (...list: readonly ChannelFacts[]): ReturnType<typeof channelView> =>
  channelView(list.map((one) => ({ facts: one, rates: undefined })));
const three = rated(facts("b", { subscriberCount: 3 }), facts("a"), facts("C", { subscriberCount: 0 }));

function names(query: Partial<TableQuery<"channels">>): readonly string[] {
  return selectRows(three, { ...all, ...query }).rows.map(({ id }) => id);
}

test("[OP64] rows are sorted by any column, both ways, and equal ones stay in their order", () => {
  expect(names({ count: 3 })).toEqual(["C", "a", "b"]);
  expect(names({ count: 3, isDescending: true })).toEqual(["b", "a", "C"]);
  expect(names({ count: 3, sort: "subscriberCount" })).toEqual(["C", "a", "b"]);
  for (const sort of ["offset", "epoch", "eventsPerSecond"] as const) {
    expect(names({ count: 3, sort, isDescending: true })).toEqual(["b", "a", "C"]);
  }
});

test("[OP64] the filter looks in any case, and can leave out what is idle; the numbers of both are told", () => {
  expect(selectRows(three, { ...all, filter: " c " })).toMatchObject({ totalCount: 3, matchedCount: 1 });
  expect(names({ filter: "c" })).toEqual(["C"]);
  expect(names({ filter: "x" })).toEqual([]);
  expect(names({ isOnlyBusy: true })).toEqual(["a", "b"]);
});

test("[OP64] a window is as long as was asked for; one that begins behind the end is the last one", () => {
  expect(names({ count: 1, from: 1 })).toEqual(["a"]);
  expect(selectRows(three, { ...all, from: 99 })).toMatchObject({ from: 1, rows: [{ id: "a" }, { id: "b" }] });
});

test("[OP64] a page is told what changed alone, and nothing while nothing does", () => {
  const table = new WatchedTable(all);
  const [first, second] = [facts("a"), facts("b")];
  expect(table.renew(rated(first, second))).toMatchObject({ order: ["a", "b"], rows: [{ id: "a" }, { id: "b" }] });
  expect(table.renew(rated(first, second))).toBeUndefined();
  expect(table.renew(rated(first, { ...second, subscriberCount: 7 }))).toMatchObject({
    order: ["a", "b"],
    rows: [{ id: "b", subscriberCount: 7 }],
  });
  // One that comes first moves the others: the page has them, and is told their places.
  expect(table.renew(rated(facts("0"), first, second))).toMatchObject({ order: ["0", "a"], rows: [{ id: "0" }] });
  expect(table.renew(rated(first))).toMatchObject({ totalCount: 1, order: ["a"], rows: [] });
  // What was out of the window the page has forgotten.
  expect(table.renew(rated(first, second))).toMatchObject({ order: ["a", "b"], rows: [{ id: "b" }] });
});

test("[OP64] rates are per second, unknown at the first look and for a channel that was opened anew", () => {
  const rates = new ChannelRates();
  rates.look([facts("a", { eventCount: 10, eventChars: 100, toldCount: 5 })], 1_000);
  expect(rates.channels[0]?.rates).toBeUndefined();
  rates.look([facts("a", { eventCount: 30, eventChars: 1_100, deliveredCount: 40, toldCount: 15 })], 3_000);
  expect(rates.channels[0]?.rates).toEqual({ eventsPerSecond: 10, bytesPerSecond: 500, deliveriesPerSecond: 25 });
  rates.look([facts("a", { eventCount: 29, toldCount: 15 })], 4_000);
  expect(rates.channels[0]?.rates).toBeUndefined();
  rates.look([facts("a", { eventCount: 29, toldCount: 14 })], 5_000);
  expect(rates.channels[0]?.rates).toBeUndefined();
  rates.forget();
  expect(rates.channels).toEqual([]);
  rates.look([facts("a", { eventCount: 29, toldCount: 14 })], 6_000);
  expect(rates.channels[0]?.rates).toBeUndefined();
});

test("[OP64] a part of a list is what it would be if all of it were sorted", () => {
  const list = fc.uniqueArray(fc.integer(), { maxLength: 60, size: "max" });
  fc.assert(
    fc.property(list, fc.nat(60), fc.integer({ min: 1, max: 9 }), (all, from, count) => {
      const order = (a: number, b: number): number => a - b;
      expect(pickSorted([...all], { from, to: from + count }, order)).toEqual(
        all.toSorted(order).slice(from, from + count),
      );
    }),
    { numRuns: 1_000 },
  );
});

import { expect, test } from "vitest";
import { formatCents, Market, parseWatched, toggleWatched } from "./market.ts";

test("[EX2] a market keeps the newest price and which way it went; an older one changes nothing", () => {
  const market = new Market();
  market.add({ symbol: "AAA", cents: 100, atMs: 10 });
  expect(market.quotes.get("AAA")).toMatchObject({ cents: 100, direction: "same" });
  market.add({ symbol: "AAA", cents: 101, atMs: 20 });
  expect(market.quotes.get("AAA")).toMatchObject({ cents: 101, direction: "up" });
  market.add({ symbol: "AAA", cents: 99, atMs: 30 });
  market.add({ symbol: "AAA", cents: 500, atMs: 29 });
  expect(market.quotes.get("AAA")).toMatchObject({ cents: 99, direction: "down" });
  market.add({ symbol: "AAA", cents: 98, atMs: 30 }); // of one millisecond the later counts
  expect(market.quotes.get("AAA")).toMatchObject({ cents: 98, direction: "down" });
});

test("[EX2] the chart begins at the newest price, follows one symbol, and keeps 600 points", () => {
  const market = new Market();
  market.add({ symbol: "AAA", cents: 100, atMs: 1000 });
  market.chart("AAA");
  market.add({ symbol: "BBB", cents: 7, atMs: 1500 });
  market.add({ symbol: "AAA", cents: 250, atMs: 2000 });
  expect(market.points).toEqual([
    [1, 2],
    [1, 2.5],
  ]);
  for (let second = 3; second <= 700; second++) market.add({ symbol: "AAA", cents: second, atMs: second * 1000 });
  expect(market.points.map((line) => line.length)).toEqual([600, 600]);
  expect(market.points[0].at(-1)).toBe(700);
  market.chart("CCC");
  expect(market.points).toEqual([[], []]);
});

test("[EX2] the watch-list is a set of symbols, whatever was stored", () => {
  expect(parseWatched(null)).toEqual([]);
  expect(parseWatched("AAA,x,AAB,AAA,TOOLONG")).toEqual(["AAA", "AAB"]);
  expect(toggleWatched(["AAA"], "AAB")).toEqual(["AAA", "AAB"]);
  expect(toggleWatched(["AAA", "AAB"], "AAA")).toEqual(["AAB"]);
  expect(formatCents(1234)).toBe("12.34");
});

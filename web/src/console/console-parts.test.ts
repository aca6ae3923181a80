import { expect, test } from "vitest";
import { drawSeries, nearestIndex, placeOf, roundUp, timeScaleOf } from "./chart-paths.ts";
import { formatAge, formatBytes, formatCount, formatMs, formatShare } from "./format.ts";
import { applyPage, emptyTable } from "./table-state.ts";
import { moveBy, windowOf } from "./window.ts";

test("[CV2] numbers are short, and have their unit", () => {
  expect([0, 9.4, 12.4, 1_234, 1_500_000, 3e9].map(formatCount)).toEqual(["0", "9.4", "12", "1,234", "1.5M", "3.0G"]);
  expect([0, 999, 1_500, 12_000_000, 3e15].map(formatBytes)).toEqual(["0 B", "999 B", "1.5 kB", "12 MB", "3,000 TB"]);
  expect([0, 0.05, 0.4, 12.3, 1_500].map(formatMs)).toEqual(["0 ms", "50 µs", "0.4 ms", "12 ms", "1.5 s"]);
  expect([-5, 59_999, 240_000, 11_000_000, 200_000_000].map(formatAge)).toEqual([
    "0 s",
    "59 s",
    "4 min",
    "3 h 3 min",
    "2 d 7 h",
  ]);
  expect(formatShare(0.375)).toBe("38 %");
});

test("[CV2] a chart's scale ends at a round number, and spans one, two or five minutes", () => {
  expect([0, 1, 1.1, 4, 6, 99, 100].map(roundUp)).toEqual([1, 1, 2, 5, 10, 100, 100]);
  expect(timeScaleOf([])).toEqual({ endMs: 0, spanMs: 60_000 });
  expect([60_000, 60_001, 120_001, 400_000].map((endMs) => timeScaleOf([0, endMs]).spanMs)).toEqual([
    60_000, 120_000, 300_000, 300_000,
  ]);
  expect(placeOf(30_000, { endMs: 60_000, spanMs: 60_000 })).toBe(0.5);
});

test("[CV2] a line is broken where seconds are missing or nothing was measured; a lone sample is a stroke", () => {
  const times = [0, 1_000, 10_000, 11_000, 60_000];
  const scale = timeScaleOf(times);
  const draw = (...values: readonly (number | undefined)[]): string =>
    drawSeries({ name: "", tone: 1, values }, { times, scale, max: 10 }).line;
  expect(draw(10, 5, 0, 10, 0)).toBe("M0 0L16.7 50M166.7 100L183.3 0M1000 100h2");
  expect(draw(undefined, 5, undefined, undefined, undefined)).toBe("M16.7 50h2");
  expect(draw()).toBe("");
  const { area } = drawSeries({ name: "", tone: 1, values: [10, 5] }, { times, scale, max: 10 });
  expect(area).toBe("M0 0L16.7 50V100H0Z");
  expect(nearestIndex(times, 0.17, scale)).toBe(2);
  expect(nearestIndex([], 0.5, scale)).toBe(-1);
});

test("[CV3] rows that did not change are kept, in the order that the server says", () => {
  const row = (id: string, subscriberCount: number): { readonly id: string; readonly subscriberCount: number } => ({
    id,
    subscriberCount,
  });
  const page = { type: "rows", table: "channels", totalCount: 9, matchedCount: 2, from: 0 } as const;
  const first = applyPage<"channels">(emptyTable(), { ...page, order: ["a", "b"], rows: [row("a", 1), row("b", 1)] });
  const second = applyPage(first, { ...page, order: ["b", "a"], rows: [row("b", 2)] });
  expect(second).toEqual({ totalCount: 9, matchedCount: 2, from: 0, rows: [row("b", 2), row("a", 1)], isKnown: true });
  expect(second.rows[1]).toBe(first.rows[0]);
});

test("[CV3] a window of a long table is drawn and asked for in steps, at most 200 rows", () => {
  const at = (top: number): ReturnType<typeof windowOf> => windowOf({ top, height: 400, rowPx: 40, rowCount: 10_000 });
  expect(at(0)).toEqual({ first: 0, count: 14, askFrom: 0, askCount: 100 });
  expect(at(40 * 5_000)).toEqual({ first: 4_996, count: 18, askFrom: 4_950, askCount: 100 });
  expect(at(40 * 5_001).askFrom).toBe(4_950);
  expect(at(40 * 9_990)).toMatchObject({ first: 9_986, count: 14 });
  expect(windowOf({ top: 0, height: 10_000, rowPx: 40, rowCount: 10_000 }).askCount).toBe(200);
  expect(windowOf({ top: 4_000, height: 400, rowPx: 40, rowCount: 3 })).toMatchObject({ first: 0, count: 3 });
  expect(windowOf({ top: 0, height: 400, rowPx: 40, rowCount: 0 })).toMatchObject({ count: 0 });
});

test("[CV3] keys lead through the rows, and not past the ends", () => {
  const from = (active: number, key: string): number | undefined =>
    moveBy(key, { active, rowCount: 100, pageCount: 10 });
  expect([from(5, "ArrowDown"), from(5, "ArrowUp"), from(5, "PageDown"), from(5, "PageUp")]).toEqual([6, 4, 15, 0]);
  expect([from(5, "Home"), from(5, "End"), from(99, "ArrowDown"), from(0, "ArrowUp")]).toEqual([0, 99, 99, 0]);
  expect(from(5, "a")).toBeUndefined();
});

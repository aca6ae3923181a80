/** Charts in a terminal: bars of latencies, and what came back in each second. */
import type { LatencyHistogram } from "./latency-histogram.ts";

export interface ChartStyle {
  /** Bars of `#` instead of blocks: for a file, or a terminal without them. */
  readonly isPlain: boolean;
}

const barColumns = 40;
const maxRows = 12;
const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/** Rows from the shortest to the longest, each as much longer than the one before: `0.50-0.71 ms  ███▌  12.3%`. */
export function drawLatencies(latency: LatencyHistogram, { isPlain }: ChartStyle): readonly string[] {
  if (latency.count === 0) return [];
  const first = Math.max(latency.minMs, 0.001);
  // Half a power of two a row, or more where that were too many rows.
  const growth = Math.max(Math.SQRT2, (latency.maxMs / first) ** (1 / maxRows));
  const rowCount = Math.max(1, Math.round(Math.log(latency.maxMs / first) / Math.log(growth)));
  const rows = Array.from({ length: rowCount }, (_, index) => {
    const [from, to] = [first * growth ** index, first * growth ** (index + 1)];
    // The first and the last take what the rounding leaves.
    const count = latency.countBetween(index === 0 ? 0 : from, index === rowCount - 1 ? Infinity : to);
    return { label: `${formatMs(from)} - ${formatMs(to)} ms`, count };
  });
  const labelColumns = Math.max(...rows.map(({ label }) => label.length));
  const most = Math.max(...rows.map(({ count }) => count));
  return rows.map(({ count, label }) => {
    const bar = drawBar(count / most, isPlain);
    const share = `${((100 * count) / latency.count).toFixed(1)}%`;
    return `${label.padStart(labelColumns)}  ${bar}${bar === "" ? "" : " "}${share}`;
  });
}

/** @param share - 0 to 1. Something is never nothing. */
export function drawBar(share: number, isPlain: boolean): string {
  if (share <= 0) return "";
  if (isPlain) return "#".repeat(Math.max(1, Math.round(share * barColumns)));
  const parts = Math.max(1, Math.round(share * barColumns * 8));
  return "█".repeat(Math.floor(parts / 8)) + (eighths[parts % 8] ?? "");
}

const levels = "▁▂▃▄▅▆▇█";

/** One column a second: how much came back, of the most; the last, broken one left out. */
export function drawSeconds(perSecond: readonly number[], { isPlain }: ChartStyle): string {
  const whole = perSecond.slice(0, -1).slice(-60);
  const most = Math.max(...whole, 1);
  if (whole.length < 2) return "";
  const range = `${formatCount(Math.min(...whole))} to ${formatCount(most)}`;
  if (isPlain) return range;
  return `${whole.map((count) => levels[Math.min(7, Math.floor((8 * count) / most))] ?? "").join("")}  ${range}`;
}

/** As many digits as say something. */
export function formatMs(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2);
}

export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

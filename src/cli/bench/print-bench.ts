/** What was measured, for people and for programs. */
import { createColors } from "picocolors";
import { printable } from "../printable.ts";
import { wrap } from "../wrap.ts";
import { type ChartStyle, drawLatencies, drawSeconds, formatCount, formatMs } from "./chart.ts";
import type { LatencyHistogram } from "./latency-histogram.ts";
import type { BenchMeasured } from "./run-bench.ts";

/** What was asked for, as it is printed. */
export interface BenchSubject {
  readonly url: string;
  readonly mode: "echo" | "gateway";
  /** In words. */
  readonly load: string;
}

const percents = [50, 90, 99, 99.9] as const;

interface LatencySummary {
  readonly count: number;
  readonly minMs: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** The shape of `--json`. */
export interface BenchReport extends BenchSubject {
  readonly connectionCount: number;
  readonly elapsedMs: number;
  readonly sentCount: number;
  readonly receivedCount: number;
  readonly receivedPerSecond: number;
  readonly receivedBytesPerSecond: number;
  readonly skippedCount: number;
  /** From a message to its echo, or from a publish to each delivery. */
  readonly latency: LatencySummary;
  /** From a publish to its acknowledgement. */
  readonly acknowledged?: LatencySummary;
  readonly perSecond: readonly number[];
  readonly faults: Readonly<Record<string, number>>;
}

export function reportBench(subject: BenchSubject, { elapsedMs, openCount, tally }: BenchMeasured): BenchReport {
  const seconds = elapsedMs / 1_000;
  const { acknowledged, faults, latency, perSecond, receivedBytes, receivedCount, sentCount, skippedCount } = tally;
  return {
    ...subject,
    connectionCount: openCount,
    elapsedMs: Math.round(elapsedMs),
    sentCount,
    receivedCount,
    receivedPerSecond: round(receivedCount / seconds),
    receivedBytesPerSecond: round(receivedBytes / seconds),
    skippedCount,
    latency: summarize(latency),
    ...(subject.mode === "gateway" ? { acknowledged: summarize(acknowledged) } : {}),
    perSecond,
    faults: Object.fromEntries(faults),
  };
}

function summarize(histogram: LatencyHistogram): LatencySummary {
  const [p50Ms = 0, p90Ms = 0, p99Ms = 0, p999Ms = 0] = percents.map((percent) => round(histogram.percentile(percent)));
  const [minMs = 0, meanMs = 0, maxMs = 0] = [histogram.minMs, histogram.meanMs, histogram.maxMs].map(round);
  return { count: histogram.count, minMs, meanMs, p50Ms, p90Ms, p99Ms, p999Ms, maxMs };
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

export function printBench(
  report: BenchReport,
  latency: LatencyHistogram,
  { hasColors, isPlain }: ChartStyle & { readonly hasColors: boolean },
): string {
  const { bold, cyan, dim, yellow } = createColors(hasColors);
  const { acknowledged, faults, perSecond, receivedBytesPerSecond, receivedCount, receivedPerSecond, skippedCount } =
    report;
  const came = report.mode === "gateway" ? "deliveries" : "echoes";
  const seconds = drawSeconds(perSecond, { isPlain });
  const rows: readonly (readonly [name: string, text: string])[] = [
    [
      came,
      `${bold(formatCount(receivedPerSecond))} a second (${formatBytes(receivedBytesPerSecond)}/s), ${formatCount(receivedCount)} in all`,
    ],
    ["latency", describeLatency(report.latency)],
    ...(acknowledged === undefined ? [] : [["acknowledged", describeLatency(acknowledged)] as const]),
    ...(seconds === "" ? [] : [["each second", seconds] as const]),
    ...(skippedCount === 0
      ? []
      : [["skipped", `${formatCount(skippedCount)} that were due while too much was under way`] as const]),
  ];
  const blocks = [
    [bold(printable(report.url)), ...wrap(printable(report.load), 76).map(dim)],
    rows.map(([name, text]) => `${dim(name.padEnd(13))}${text}`),
    drawLatencies(latency, { isPlain }).map((line) =>
      isPlain ? line : line.replace(/[▏▎▍▌▋▊▉█]+/u, (bar) => cyan(bar)),
    ),
    Object.entries(faults).map(([words, count]) => `${yellow(`${formatCount(count)} x`)} ${printable(words)}`),
  ];
  const texts = blocks.filter((lines) => lines.length > 0).map((lines) => lines.map((line) => `  ${line}`).join("\n"));
  return `\n${texts.join("\n\n")}\n\n`;
}

function describeLatency({ count, maxMs, p50Ms, p90Ms, p999Ms, p99Ms }: LatencySummary): string {
  if (count === 0) return "nothing was measured";
  const parts = [
    ["p50", p50Ms],
    ["p90", p90Ms],
    ["p99", p99Ms],
    ["p99.9", p999Ms],
    ["max", maxMs],
  ] as const;
  return `${parts.map(([name, ms]) => `${name} ${formatMs(ms)}`).join("  ")} ms`;
}

function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${Math.round(bytes)} B`;
  return bytes < 1e6 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

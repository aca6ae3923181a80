import { cpus } from "node:os";
import type { Measurement } from "./measure.ts";
import { type Peer, peerNames, references, type Workload } from "./suites.ts";

/** One peer's medians over all rounds. */
interface Row {
  readonly peer: Peer;
  /** CPU microseconds per message, bytes over a bare socket, or the median round trip in microseconds: less is better. */
  readonly judged: number;
  readonly least: number;
  readonly most: number;
  readonly second: number;
  /** `judged` in multiples of that peer's: below 1 is better than it. NaN where it was not measured, or is no ratio. */
  readonly toWs: number;
  readonly toUws: number;
}

/** One table, with what became of each bar. */
export interface Table {
  readonly workload: Workload;
  readonly rows: readonly Row[];
  readonly verdicts: readonly Verdict[];
}

/** A bar of issue 3. */
export interface Verdict {
  readonly text: string;
  /** Undefined where one of the two was not measured. */
  readonly isMet: boolean | undefined;
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** What was measured on, in one line. */
export function describeMachine(): string {
  const cores = cpus();
  return `${cores[0]?.model.trim() ?? "unknown"}, ${cores.length} cores, Node ${process.version}, ${process.platform} ${process.arch}`;
}

/** Medians, ratios and bars. Idle memory is what a connection takes beyond bare `node:net`'s. */
export function summarize(workload: Workload, measurements: readonly Measurement[]): Table {
  const isIdle = workload.load.pattern === "idle";
  const valuesOf = (peer: Peer, pick: "judged" | "second"): number[] =>
    measurements.filter((one) => one.peer === peer).map((one) => one[pick]);
  const bare = isIdle ? median(valuesOf("net", "judged")) : 0;
  const judgedOf = (peer: Peer): number => median(valuesOf(peer, "judged")) - bare;
  const rows = workload.peers
    .filter((peer) => valuesOf(peer, "judged").length > 0)
    .map((peer) => {
      const values = valuesOf(peer, "judged").map((value) => value - bare);
      const judged = median(values);
      return {
        peer,
        judged,
        least: Math.min(...values),
        most: Math.max(...values),
        second: median(valuesOf(peer, "second")),
        toWs: isIdle ? Number.NaN : judged / judgedOf("ws"),
        toUws: isIdle ? Number.NaN : judged / judgedOf("uws"),
      };
    });
  return { workload, rows, verdicts: judge(workload, rows) };
}

function judge({ bars }: Workload, rows: readonly Row[]): Verdict[] {
  const own = rows.find((row) => row.peer === "switchboard");
  const verdict = (name: string, value: number | undefined, bar: number | undefined): Verdict[] => {
    if (bar === undefined) return [];
    const isKnown = value !== undefined && !Number.isNaN(value);
    const digits = bar >= 10 ? 0 : 2;
    const figure = isKnown ? value.toFixed(digits) : "not measured";
    // Judged as it is printed: 1.004 is not said to miss 1.00.
    const isMet = isKnown ? Number(value.toFixed(digits)) <= bar : undefined;
    return [{ text: `${name} ${figure}, at most ${bar.toFixed(digits)}`, isMet }];
  };
  return [
    ...verdict("x ws", own?.toWs, bars.ws),
    ...verdict("x uWebSockets.js", own?.toUws, bars.uws),
    ...verdict("bytes", own?.judged, bars.most),
  ];
}

const columns = {
  echo: ["CPU us/message", "messages/s"],
  fanout: ["CPU us/message", "messages/s"],
  latency: ["p50 us", "p99 us"],
  idle: ["bytes over bare", "bytes of RSS"],
} as const;

/** The cells of a table: its head, then a row for each peer. */
export function cellsOf({ workload, rows }: Table): readonly (readonly string[])[] {
  const [judged, second] = columns[workload.load.pattern];
  return [
    ["", judged, "least to most", second, "x ws", "x uws"],
    ...rows.map((row) => [
      peerNames[row.peer],
      number(row.judged),
      `${number(row.least)} to ${number(row.most)}`,
      number(row.second),
      ratio(row.toWs),
      ratio(row.toUws),
    ]),
  ];
}

/** Three figures are what the machine is good for. */
function number(value: number): string {
  if (Number.isNaN(value)) return "-";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return Math.abs(value) < 0.005 ? "0" : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

function ratio(value: number): string {
  return Number.isNaN(value) ? "-" : value.toFixed(2);
}

/** A verdict in words. */
export function wordsOf({ text, isMet }: Verdict): string {
  return `${text}: ${isMet === undefined ? "no verdict" : isMet ? "met" : "NOT met"}`;
}

/** The table for a terminal. */
export function formatTable(table: Table): string {
  const cells = cellsOf(table);
  const widths = (cells[0] ?? []).map((_head, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
  return [table.workload.title, ...lines, ...table.verdicts.map((verdict) => `bar: ${wordsOf(verdict)}`)].join("\n");
}

/** Whom Switchboard is ahead of and behind, in this table; floors and ceilings are neither. */
export function compare({ rows }: Table): { readonly ahead: readonly string[]; readonly behind: readonly string[] } {
  const own = rows.find((row) => row.peer === "switchboard")?.judged ?? Number.NaN;
  const rivals = rows.filter((row) => row.peer !== "switchboard" && !references.includes(row.peer));
  const name = (row: Row): string => `${peerNames[row.peer]} (${ratio(own / row.judged)})`;
  return {
    ahead: rivals.filter((row) => own < row.judged).map(name),
    behind: rivals.filter((row) => own > row.judged).map(name),
  };
}

import { cpus } from "node:os";
import type { Measurement } from "./measure.ts";
import { formatSection, judgeBar, median, number, ratio, type Section, type Verdict } from "./section.ts";
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
  return [
    { name: "x ws", value: own?.toWs, most: bars.ws },
    { name: "x uWebSockets.js", value: own?.toUws, most: bars.uws },
    { name: "bytes", value: own?.judged, most: bars.most },
  ].flatMap(({ most, ...bar }) => (most === undefined ? [] : [judgeBar({ ...bar, most })]));
}

const columns = {
  echo: ["CPU us/message", "messages/s"],
  fanout: ["CPU us/message", "messages/s"],
  latency: ["p50 us", "p99 us"],
  idle: ["bytes over bare", "bytes of RSS"],
} as const;

/** Its head, then a row for each peer. */
function cellsOf({ workload, rows }: Table): readonly (readonly string[])[] {
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

/** The table for a terminal. */
export function formatTable(table: Table): string {
  return formatSection(sectionOf(table));
}

/** The table as it is shown. */
export function sectionOf(table: Table): Section {
  return {
    title: table.workload.title,
    cells: cellsOf(table),
    verdicts: table.verdicts,
    remarks: [],
    ...compare(table),
  };
}

/** Floors and ceilings are no rivals. A difference of memory over a bare socket may be of either sign: it has no multiples. */
function compare({ rows, workload }: Table): { readonly ahead: readonly string[]; readonly behind: readonly string[] } {
  const own = rows.find((row) => row.peer === "switchboard")?.judged ?? Number.NaN;
  const rivals = rows.filter((row) => row.peer !== "switchboard" && !references.includes(row.peer));
  const isIdle = workload.load.pattern === "idle";
  const name = ({ judged, peer }: Row): string => `${peerNames[peer]}${isIdle ? "" : ` (${ratio(own / judged)})`}`;
  return {
    ahead: rivals.filter((row) => own < row.judged).map(name),
    behind: rivals.filter((row) => own > row.judged).map(name),
  };
}

import { describeVerdict, type Verdict } from "../history/check-history.ts";
import type { HistoryRule } from "../history/violation.ts";
import { markdownTable } from "../markdown-table.ts";
import type { TortureOptions, TortureResult } from "./torture.ts";

export const shownViolationCount = 5;

/** What each rule of the history checker is, in the words of the promise. */
const meanings: Readonly<
  Record<HistoryRule, "lost" | "duplicated" | "reordered" | "gaps untold or untrue" | "untrue answers">
> = {
  HK1: "lost",
  HK2: "untrue answers",
  HK3: "reordered",
  HK4: "duplicated",
  HK5: "gaps untold or untrue",
  HK6: "gaps untold or untrue",
  HK7: "untrue answers",
  HK8: "reordered",
  HK9: "reordered",
  HK10: "untrue answers",
  HK11: "lost",
  HK14: "untrue answers",
  HK15: "untrue answers",
};

/** The table of a torture, its verdict in one line, and how to run it again. */
export function describeTorture(options: TortureOptions, result: TortureResult): string {
  const { verdict } = result;
  return [
    ...tableOf(result),
    "",
    ...(result.note === undefined ? [] : [`No commit was broken and no disk was slow: ${result.note}`]),
    describeOutcome(verdict),
    ...(verdict.isValid
      ? []
      : [describeVerdict({ ...verdict, violations: verdict.violations.slice(0, shownViolationCount) })]),
    `Run it again: npm run torture -- --broker ${options.broker}${nodesOf(options)} --minutes ${options.seconds / 60} --seed ${options.seed}`,
  ].join("\n");
}

export function tableOf(result: TortureResult): readonly string[] {
  return markdownTable([["what", "count"], ...rowsOf(result)]);
}

function nodesOf({ nodeCount = 1 }: TortureOptions): string {
  return nodeCount === 1 ? "" : ` --nodes ${nodeCount}`;
}

function storeRows({ faults, hints }: TortureResult): readonly (readonly [string, string])[] {
  const sum = (start: string): number =>
    [...faults].reduce((total, [kind, count]) => total + (kind.startsWith(start) ? count : 0), 0);
  if (hints.told === 0) return [["failovers of the store", String(sum("failover"))]];
  return [
    ["lines to the store: cut / silent", `${sum("link cut")} / ${sum("link silent")}`],
    ["the store: stopped / killed", `${sum("store paused")} / ${sum("store killed")}`],
    ["hints: told / lost on purpose", `${hints.told} / ${hints.lost}`],
  ];
}

function rowsOf(result: TortureResult): readonly (readonly [string, string])[] {
  const { faults, lines, reconnectCount, verdict } = result;
  const { figures } = verdict;
  const times = (kind: string): string => String(faults.get(kind) ?? 0);
  const outages = figures.outages.map(({ unavailableMs }) => unavailableMs).sort((one, other) => one - other);
  return [
    ["published", String(figures.publishCount)],
    ["acknowledged", String(figures.acknowledgedCount)],
    ["of these, stored by an earlier try", String(figures.duplicateCount)],
    ["reported as unknown", String(figures.unknownCount)],
    ["delivered", String(figures.deliveryCount)],
    ["gaps told", String(figures.gapCount)],
    ["reconnects", String(reconnectCount)],
    ["lines: all / in 1-byte chunks", `${lines.line} / ${lines.chopped}`],
    [
      "lines cut: FIN / RST / half-open / stalled",
      `${lines.close} / ${lines.reset} / ${lines["half-open"]} / ${lines.stalled}`,
    ],
    ["kill -9: at any moment / in mid-commit", `${times("kill")} / ${times("commit")}`],
    ...storeRows(result),
    ["SIGSTOP / restarts / slow disk", `${times("pause")} / ${times("restart")} / ${times("slow disk")}`],
    ["from a fault to the next ack, median / max", `${at(outages, 0.5)} / ${at(outages, 1)} ms`],
    [
      "from ack to delivery, p50 / p99",
      `${figures.staleness.p50Ms.toFixed(0)} / ${figures.staleness.p99Ms.toFixed(0)} ms`,
    ],
  ];
}

/** `0 lost, 0 duplicated, 0 reordered, gaps only where told`, or how many of what. */
export function describeOutcome({ violations }: Verdict): string {
  const count = (meaning: string): number => violations.filter(({ rule }) => meanings[rule] === meaning).length;
  const gaps = count("gaps untold or untrue");
  const untrue = count("untrue answers");
  return [
    `${count("lost")} lost, ${count("duplicated")} duplicated, ${count("reordered")} reordered`,
    gaps === 0 ? "gaps only where told" : `${gaps} gaps untold or untrue`,
    ...(untrue === 0 ? [] : [`${untrue} untrue answers`]),
  ].join(", ");
}

function at(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
}

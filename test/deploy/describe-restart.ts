import { markdownTable } from "../markdown-table.ts";
import type { RollingRestart, RowResult } from "./rolling-restart.ts";

/** A row for each proxy and way. */
export function describeRestart({ exitCodes, rows }: RollingRestart): string {
  const columns: readonly (readonly [string, (row: RowResult) => string])[] = [
    ["proxy", ({ proxy }) => proxy],
    ["way", ({ way }) => way],
    ["acknowledged", (row) => String(row.acknowledgedCount)],
    ["reconnects", (row) => String(row.reconnectCount)],
    ["lost", (row) => String(row.lostCount)],
    ["doubled", (row) => String(row.doubledCount)],
    ["reordered", (row) => String(row.reorderedCount)],
    ["gaps", (row) => String(row.gapCount)],
    ["longest until acknowledged", (row) => `${row.longestMs.toFixed(0)} ms`],
    ["idle line", ({ isIdleLineOpen }) => (isIdleLineOpen ? "open" : "CLOSED")],
  ];
  const table = markdownTable([
    columns.map(([name]) => name),
    ...rows.map((row) => columns.map(([, cell]) => cell(row))),
  ]);
  return [...table, "", `Exit codes of ${exitCodes.length} stops: ${exitCodes.join(" ")}`].join("\n");
}

/** Whether all of it is as it has to be. */
export function isWhole({ exitCodes, rows }: RollingRestart): boolean {
  const isGood = (row: RowResult): boolean =>
    row.lostCount + row.doubledCount + row.reorderedCount + row.gapCount === 0 && row.isIdleLineOpen;
  return exitCodes.every((code) => code === 0) && rows.every(isGood);
}

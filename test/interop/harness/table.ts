import { markdownTable } from "../../markdown-table.ts";
import type { CheckResult } from "../checks/checks.ts";
import type { Part } from "./parts.ts";
import { type Row, titleOf } from "./rows.ts";

/** How a row ended. */
export type Outcome = {
  readonly row: Row;
  readonly peer: Part | undefined;
  readonly host: Part | undefined;
} & (
  | { readonly type: "passed" | "failed"; readonly results: readonly CheckResult[] }
  | { readonly type: "skipped"; readonly reason: string }
);

const titles = ["peer", "version", "our role", "on", "transport", "deflate", "checks"];

/** The matrix as a table of Markdown, then what failed and what was skipped, and one counted line. */
export function formatTable(outcomes: readonly Outcome[]): string {
  const count = (type: Outcome["type"]): number => outcomes.filter((outcome) => outcome.type === type).length;
  return [
    ...markdownTable([titles, ...outcomes.map(cellsOf)]),
    ...outcomes.flatMap(remarksOf),
    `${count("passed")} pairs passed, ${count("failed")} failed, ${count("skipped")} skipped`,
  ].join("\n");
}

function cellsOf(outcome: Outcome): readonly string[] {
  const { row, peer, host } = outcome;
  return [
    peer?.title ?? row.peer,
    peer?.version ?? "",
    row.role === "both" ? "both ends" : row.role,
    host === undefined ? row.host : `${host.title} ${host.version}`,
    row.transport,
    row.deflate ? "on" : "off",
    outcome.type === "skipped" ? "skipped" : `${countPassed(outcome.results)} of ${outcome.results.length}`,
  ];
}

function countPassed(results: readonly CheckResult[]): number {
  return results.filter(({ fault }) => fault === undefined).length;
}

function remarksOf(outcome: Outcome): readonly string[] {
  const title = titleOf(outcome.row);
  if (outcome.type === "skipped") return [`skipped: ${title} (${outcome.reason})`];
  return outcome.results.flatMap(({ name, fault }) =>
    fault === undefined ? [] : [`failed: ${title}: ${name}: ${fault}`],
  );
}

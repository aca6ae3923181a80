import { markdownTable } from "../markdown-table.ts";
import type { Outcome } from "./run-user.ts";

const titles = ["library", "version", "ws is replaced by", "outcome"];

/** The users as a table of Markdown, then what failed and what was skipped, and one counted line. */
export function formatTable(outcomes: readonly Outcome[]): string {
  const count = (type: Outcome["type"]): number => outcomes.filter((outcome) => outcome.type === type).length;
  return [
    ...markdownTable([titles, ...outcomes.map(cellsOf)]),
    ...outcomes.flatMap(remarksOf),
    `${count("passed")} users passed, ${count("failed")} failed, ${count("skipped")} skipped`,
  ].join("\n");
}

function cellsOf({ user, version, type }: Outcome): readonly string[] {
  return [user.title, version, user.replacement === "engine" ? "wsEngine" : "overrides", type];
}

function remarksOf(outcome: Outcome): readonly string[] {
  return outcome.type === "passed" ? [] : [`${outcome.type}: ${outcome.user.title}: ${outcome.reason}`];
}

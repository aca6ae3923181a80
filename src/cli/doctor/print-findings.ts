/** Findings as people read them, 80 columns wide. */
import { createColors } from "picocolors";
import { printable } from "../printable.ts";
import { wrap } from "../wrap.ts";
import type { DoctorFinding } from "./finding.ts";

const columnCount = 80;
const indentCount = 10;

export function printFindings(findings: readonly DoctorFinding[], hasColors: boolean): string {
  const { bold, dim, green, red, yellow } = createColors(hasColors);
  const labels = { ok: green, note: dim, warning: yellow, error: red } as const;
  const blocks = findings.map(({ found, level, means, remedy }) => {
    const lines = (text: string): readonly string[] => wrap(printable(text), columnCount - indentCount);
    const [first = "", ...more] = lines(found);
    const rest = [
      ...more.map((line) => (level === "ok" ? line : bold(line))),
      ...lines(means).map((line) => (level === "ok" ? dim(line) : line)),
      ...(remedy === "" ? [] : lines(`-> ${remedy}`)),
    ];
    const head = `${labels[level](level.padEnd(indentCount - 2))}${level === "ok" ? first : bold(first)}`;
    return [`  ${head}`, ...rest.map((line) => " ".repeat(indentCount) + line)].join("\n");
  });
  return `\n${blocks.join("\n")}\n\n  ${summarize(findings)}\n\n`;
}

function summarize(findings: readonly DoctorFinding[]): string {
  const count = (level: DoctorFinding["level"], noun: string): string => {
    const number = findings.filter((finding) => finding.level === level).length;
    return `${number === 0 ? "no" : number} ${noun}${number === 1 ? "" : "s"}`;
  };
  return `${findings.length} checks, ${count("error", "error")}, ${count("warning", "warning")}`;
}

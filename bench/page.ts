import { cellsOf, compare, describeMachine, type Table, wordsOf } from "./report.ts";

/** What `docs/guide/comparison.md` is made of. */
export interface PageOptions {
  readonly tables: readonly Table[];
  readonly roundCount: number;
  readonly notes: readonly string[];
}

/** The page: what is won and lost first, every table after it. */
export function formatPage({ tables, roundCount, notes }: PageOptions): string {
  return [
    "# Switchboard and its peers, measured",
    "",
    `Written by \`npm run bench -- --write\`. ${describeMachine()}. Medians of ${roundCount} rounds in which the peers take turns; each server is`,
    "a process of its own on one CPU, the load is a C program on another, all on the loopback interface. Figures of different",
    "tables, or of another machine, are not comparable; ratios within one table are.",
    "",
    "**CPU us/message** is the server's `utime + stime` for each message received or sent on; **x ws** and **x uws** divide it by that of",
    "`ws` and of uWebSockets.js (`uwebsockets` 3.0.6): below 1 is better. `bare node:net` returns the bytes of an upgraded socket without",
    "reading frames, `C, epoll` is a minimal server without limits: a floor and a ceiling, not rivals.",
    "",
    "## Won and lost",
    "",
    "In brackets our figure in multiples of theirs.",
    "",
    "| | ahead of | behind |",
    "|---|---|---|",
    ...tables.map((table) => {
      const { ahead, behind } = compare(table);
      // A difference of memory over a bare socket may be of either sign: it has no multiples.
      const list = (names: readonly string[]): string => {
        const isIdle = table.workload.load.pattern === "idle";
        return names.map((name) => (isIdle ? name.replace(/ \(.*\)$/u, "") : name)).join(", ") || "-";
      };
      return `| ${table.workload.title} | ${list(ahead)} | ${list(behind)} |`;
    }),
    ...tables.flatMap(formatSection),
    ...(notes.length === 0 ? [] : ["", "## Not measured", "", ...notes.map((note) => `- ${note}`)]),
    "",
  ].join("\n");
}

function formatSection(table: Table): readonly string[] {
  const [head = [], ...rows] = cellsOf(table);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    "",
    `## ${table.workload.title}`,
    "",
    line(head),
    `|${head.map((_cell, column) => (column === 0 ? "---" : "---:")).join("|")}|`,
    ...rows.map(line),
    "",
    ...table.verdicts.map((verdict) => `- ${wordsOf(verdict)}`),
  ];
}

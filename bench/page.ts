import { describeMachine } from "./report.ts";
import { type Section, wordsOf } from "./section.ts";

/** What `docs/guide/comparison.md` is made of. */
export interface PageOptions {
  /** Of the engine, then of the gateway. */
  readonly sections: readonly Section[];
  readonly roundCount: number;
  readonly notes: readonly string[];
}

/** The page: what is won and lost first, every table after it. */
export function formatPage({ sections, roundCount, notes }: PageOptions): string {
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
    "`Switchboard` takes messages with `messageBytes`: bytes that are good for one callback, as uWebSockets.js gives them. `messages to keep` is our",
    "`message` handler: strings, and arrays of their own.",
    "",
    "**Gateway** tables compare `createGateway` with Socket.IO 4.8.4 (WebSocket transport only, its default adapter in memory). They do not do",
    "the same work: the gateway stores each message in SQLite with `synchronous=FULL` and sends it when it is on the disk; Socket.IO stores",
    "nothing. **CPU** is all the threads of the server process; latency is from the publisher's call to the subscriber's read.",
    "",
    "## Won and lost",
    "",
    "In brackets our figure in multiples of theirs.",
    "",
    "| | ahead of | behind |",
    "|---|---|---|",
    ...sections.map(
      ({ ahead, behind, title }) => `| ${title} | ${ahead.join(", ") || "-"} | ${behind.join(", ") || "-"} |`,
    ),
    ...sections.flatMap(formatSection),
    ...(notes.length === 0 ? [] : ["", "## Not measured", "", ...notes.map((note) => `- ${note}`)]),
    "",
  ].join("\n");
}

/** A section of a page of the guide. */
export function formatSection({ cells, remarks, title, verdicts }: Section): readonly string[] {
  const [head = [], ...rows] = cells;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    "",
    `## ${title}`,
    "",
    line(head),
    `|${head.map((_cell, column) => (column === 0 ? "---" : "---:")).join("|")}|`,
    ...rows.map(line),
    ...remarks.flatMap((remark) => ["", remark]),
    ...(verdicts.length === 0 ? [] : ["", ...verdicts.map((verdict) => `- ${wordsOf(verdict)}`)]),
  ];
}

import { expect, test } from "vitest";
import { gatewaySuiteNames, help, readArguments } from "./arguments.ts";
import type { Measurement } from "./measure.ts";
import { formatPage } from "./page.ts";
import { formatPagesPage, pageSections } from "./pages-suite.ts";
import { formatTable, sectionOf, summarize } from "./report.ts";
import { median } from "./section.ts";
import { blockedOf, type Profile, type Visit } from "./visit.ts";
import { type Peer, peers, suiteNames, suites, type Workload } from "./suites.ts";

const echo: Workload = { ...suites.echo[0], bars: { ws: 0.7, uws: 1.15 } };

function measured(peer: Peer, ...judged: readonly number[]): Measurement[] {
  return judged.map((value, index) => ({ peer, round: index + 1, judged: value, second: 1000 / value }));
}

test("[BN1] the median is the middle value, or the mean of the two in the middle", () => {
  expect([median([3]), median([9, 1, 5]), median([4, 1, 2, 100])]).toEqual([3, 5, 3]);
});

test("[BN1] every peer that was measured is reported with its spread, in multiples of the medians of ws and uWebSockets.js", () => {
  const table = summarize(echo, [
    ...measured("switchboard", 5, 4, 8),
    ...measured("ws", 10, 20, 90),
    ...measured("uws", 4),
  ]);
  expect(table.rows).toEqual([
    { peer: "switchboard", judged: 5, least: 4, most: 8, second: 200, toWs: 0.25, toUws: 1.25 },
    { peer: "ws", judged: 20, least: 10, most: 90, second: 50, toWs: 1, toUws: 5 },
    { peer: "uws", judged: 4, least: 4, most: 4, second: 250, toWs: 0.2, toUws: 1 },
  ]);
  expect(formatTable(table)).toMatch(/^Switchboard +5\.00 +4\.00 to 8\.00 +200 +0\.25 +1\.25$/mu);
});

test("[BN1] idle memory is what a connection takes beyond a bare socket", () => {
  const table = summarize(suites.idle[0], [
    ...measured("net", 3000, 3100, 3200),
    ...measured("switchboard", 4000, 4300, 3900),
  ]);
  expect(table.rows[0]).toMatchObject({ judged: 900, least: 800, most: 1200, second: 0.25 });
  expect(table.rows[1]).toMatchObject({ peer: "net", judged: 0 });
  expect(table.verdicts).toEqual([{ text: "bytes 900, at most 1000", isMet: true }]);
});

test("[BN3] a bar is met by the figure that is printed, missed by the next, and not judged without both peers", () => {
  const verdicts = (own: number, ...others: Measurement[]): string =>
    formatTable(summarize(echo, [...measured("switchboard", own), ...others]));
  expect(verdicts(7.04, ...measured("ws", 10))).toContain("bar: x ws 0.70, at most 0.70: met");
  expect(verdicts(7.06, ...measured("ws", 10))).toContain("bar: x ws 0.71, at most 0.70: NOT met");
  expect(verdicts(7.06, ...measured("ws", 10))).toContain(
    "bar: x uWebSockets.js not measured, at most 1.15: no verdict",
  );
});

test("[BN3] the page says what is won and what is lost; floors and ceilings are neither", () => {
  const table = summarize(echo, [
    ...measured("switchboard", 5),
    ...measured("ws", 20),
    ...measured("uws", 4),
    ...measured("c", 1),
    ...measured("net", 9),
  ]);
  const page = formatPage({ sections: [sectionOf(table)], roundCount: 5, notes: ["deno is left out"] });
  expect(page).toContain(`| ${echo.title} | ws 8.23.0 (0.25) | uWebSockets.js (1.25) |`);
  expect(page).toContain("| C, epoll | 1.00 |");
  expect(page).toContain("- x uWebSockets.js 1.25, at most 1.15: NOT met");
  expect(page).toContain("- deno is left out");
  expect(page).toContain(`Node ${process.version}`);
});

test("[BN4] without arguments everything is measured 5 times; suites, peers and rounds may be named", () => {
  expect(readArguments([])).toMatchObject({
    suites: suiteNames,
    gatewaySuites: ["gateway", "stalled"],
    peers,
    roundCount: 5,
    minutes: 30,
    isWriting: false,
  });
  expect(readArguments(["soak", "--minutes", "3"])).toMatchObject({ suites: [], gatewaySuites: ["soak"], minutes: 3 });
  expect(readArguments(["pages", "--write"])).toMatchObject({ suites: [], gatewaySuites: ["pages"], isWriting: true });
  expect(readArguments(["fanout", "echo", "--only", "ws,switchboard", "--rounds", "3"])).toMatchObject({
    suites: ["echo", "fanout"],
    peers: ["switchboard", "ws"],
    roundCount: 3,
  });
});

test.each([
  [
    ["ecko"],
    'Cannot measure suite "ecko": there are echo, echo-large, fanout, deflate, idle, latency, gateway, stalled, soak, nodes, pages',
  ],
  [["--only", "ws,"], 'Cannot measure peer "": there are switchboard, kept, public, ws, uws, bun, deno, net, c'],
  [["--rounds", "0"], "Cannot use --rounds 0: give a number from 1 to 100"],
  [["--rounds", "1.5"], "Cannot use --rounds 1.5: give a number from 1 to 100"],
  [["--minutes", "2"], "Cannot use --minutes 2: give a number from 3 to 10000"],
  [["--rounds", " "], "Cannot use --rounds  : give a number from 1 to 100"],
  [["echo", "--write"], "Cannot write a part of the comparison: give --write without suites and --only"],
  [["pages", "echo", "--write"], "Cannot write a part of the comparison: give --write without suites and --only"],
  [["--only", "ws", "--write"], "Cannot write a part of the comparison: give --write without suites and --only"],
])("[BN4] %j is refused with what is wrong", (words, message) => {
  expect(() => readArguments(words)).toThrow(new TypeError(message));
});

test("[BN25] a page's blocking time is what each task took beyond 50 ms and after the first paint", () => {
  expect(blockedOf([], 100)).toBe(0);
  expect(blockedOf([{ startMs: 100, durationMs: 50 }], 100)).toBe(0);
  expect(blockedOf([{ startMs: 100, durationMs: 51 }], 100)).toBe(1);
  const across = { startMs: 0, durationMs: 300 }; // of the 250 ms beyond, 100 come after the paint
  expect(blockedOf([across, { startMs: 400, durationMs: 80 }], 200)).toBe(130);
});

test("[BN25] the pages' bars are judged by the medians on the phone's line, and the weight is of what came", () => {
  const visit = (firstPaintMs: number): Visit => ({
    bytes: { document: 1_000, style: 2_000, script: 90_000, other: 0 },
    requestCount: 4,
    firstPaintMs,
    largestPaintMs: 2_500,
    blockedMs: 201,
    layoutShift: 0.1,
    usableMs: firstPaintMs + 5,
    liveMs: Number.NaN,
  });
  const page = { name: "a page", path: "/", storage: {}, firstUse: "textarea" };
  const of = (isMobile: boolean, name: string): Profile => ({
    name,
    isMobile,
    viewport: { width: 1, height: 1 },
    cpuSlowdown: 1,
  });
  const sections = pageSections([
    { page, profile: of(false, "desk"), visits: [visit(100)] },
    { page, profile: of(true, "phone"), visits: [visit(1_700), visit(9_000), visit(1_800)] },
  ]);
  const text = formatPagesPage({ sections, roundCount: 3 });
  expect(text).toContain("| a page, phone | 1,800 | 2,500 | 1,805 | 1,705 to 9,005 | - | 201 | 0.100 |");
  expect(text).toContain("| a page | 1.00 | 2.00 | 90.0 | 0 | 93.0 | 4 |");
  expect(text.match(/^- a page: .*$/gmu)).toEqual([
    "- a page: FCP ms 1800, at most 1800: met",
    "- a page: LCP ms 2500, at most 2500: met",
    "- a page: TBT ms 201, at most 200: NOT met",
    "- a page: CLS 0.10, at most 0.10: met",
  ]);
});

test("[BN4] the help names every suite and every peer", () => {
  for (const name of [...suiteNames, ...gatewaySuiteNames, ...peers]) expect(help).toContain(name);
});

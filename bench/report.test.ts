import { expect, test } from "vitest";
import { gatewaySuiteNames, help, readArguments } from "./arguments.ts";
import type { Measurement } from "./measure.ts";
import { formatPage } from "./page.ts";
import { formatTable, sectionOf, summarize } from "./report.ts";
import { median } from "./section.ts";
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
  expect(readArguments(["fanout", "echo", "--only", "ws,switchboard", "--rounds", "3"])).toMatchObject({
    suites: ["echo", "fanout"],
    peers: ["switchboard", "ws"],
    roundCount: 3,
  });
});

test.each([
  [
    ["ecko"],
    'Cannot measure suite "ecko": there are echo, echo-large, fanout, deflate, idle, latency, gateway, stalled, soak, nodes',
  ],
  [["--only", "ws,"], 'Cannot measure peer "": there are switchboard, kept, public, ws, uws, bun, deno, net, c'],
  [["--rounds", "0"], "Cannot use --rounds 0: give a number from 1 to 100"],
  [["--rounds", "1.5"], "Cannot use --rounds 1.5: give a number from 1 to 100"],
  [["--minutes", "2"], "Cannot use --minutes 2: give a number from 3 to 10000"],
  [["--rounds", " "], "Cannot use --rounds  : give a number from 1 to 100"],
  [["echo", "--write"], "Cannot write a part of the comparison: give --write without suites and --only"],
  [["--only", "ws", "--write"], "Cannot write a part of the comparison: give --write without suites and --only"],
])("[BN4] %j is refused with what is wrong", (words, message) => {
  expect(() => readArguments(words)).toThrow(new TypeError(message));
});

test("[BN4] the help names every suite and every peer", () => {
  for (const name of [...suiteNames, ...gatewaySuiteNames, ...peers]) expect(help).toContain(name);
});

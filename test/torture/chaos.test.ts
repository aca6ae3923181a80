import { expect, test } from "vitest";
import { seededRandom } from "switchboard/testing";
import type { Verdict } from "../history/check-history.ts";
import type { HistoryEvent } from "../history/event.ts";
import { describeChaos, isWhole } from "./chaos-report.ts";
import { drawLongerFate } from "./fault-proxy.ts";
import { drawBetween } from "./fault-tracks.ts";
import { drawKill } from "./process-faults.ts";
import { inflictOnStore, type StoreFault } from "./store-faults.ts";
import { readPlan } from "./read-plan.ts";
import type { TortureResult } from "./torture.ts";

const redis = { nodeCount: 3, canSlowDisk: false, hasStore: true, canFailOver: false };

test("[TO9] a seed decides what is killed when and what goes wrong in between", () => {
  const draw = (seed: number): readonly unknown[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 100 }, () => [
      drawKill(random, true),
      drawBetween(random, redis),
      drawLongerFate(random),
    ]);
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

test("[TO9] what goes wrong is what the store can bear: lines and one process, a failover, or a file's disk", () => {
  const kinds = (options: Partial<typeof redis>): ReadonlySet<string> => {
    const random = seededRandom(1);
    const drawn = Array.from({ length: 400 }, () => drawBetween(random, { ...redis, ...options }));
    expect(drawn.every(({ lastsMs, node }) => node < 3 && lastsMs >= 200 && lastsMs < 6_000)).toBe(true);
    return new Set(drawn.map(({ kind }) => kind));
  };
  expect(kinds({})).toEqual(new Set(["link cut", "link silent", "pause", "store killed", "store paused"]));
  expect(kinds({ canFailOver: true })).toEqual(new Set(["failover", "pause"]));
  expect(kinds({ hasStore: false, canSlowDisk: true })).toEqual(new Set(["pause", "slow disk"]));
  const random = seededRandom(1);
  const kills = (canBreakCommits: boolean): ReadonlySet<string> =>
    new Set(Array.from({ length: 50 }, () => drawKill(random, canBreakCommits).kind));
  expect(kills(true)).toEqual(new Set(["kill", "commit"]));
  expect(kills(false)).toEqual(new Set(["kill"]));
});

test("[TO10] the history says of each fault what must survive it, and when it began and ended", async () => {
  const done: string[] = [];
  const server = {
    port: 0,
    signal: (signal: string) => void done.push(signal),
    kill: async () => void done.push("kill"),
    run: async () => void done.push("run"),
    loseHints: () => () => [],
  };
  const store = { url: "", dispose: async () => {}, alone: server, failOver: async () => void done.push("failOver") };
  const inflict = async (fault: Partial<StoreFault>): Promise<readonly unknown[]> => {
    const events: Partial<HistoryEvent>[] = [];
    const whole = { kind: "link cut", afterMs: 0, lastsMs: 0, node: 0, silence: "both ways", ending: "late" } as const;
    const victim = { store, links: [], record: (event: Partial<HistoryEvent>) => void events.push(event) };
    await inflictOnStore({ ...whole, ...fault }, victim);
    return events;
  };
  const both = (name: string, survivedBy: string): readonly unknown[] =>
    ["start", "stop"].map((phase) => ({ type: "fault", name, phase, survivedBy }));
  expect(await inflict({ kind: "link cut" })).toEqual(both("link cut", "mem"));
  expect(await inflict({ kind: "link silent" })).toEqual(both("link silent both ways", "mem"));
  expect(await inflict({ kind: "store paused" })).toEqual(both("store paused", "mem"));
  expect(await inflict({ kind: "store killed" })).toEqual(both("store killed", "os"));
  expect(await inflict({ kind: "failover" })).toEqual(both("failover", "quorum"));
  expect(done).toEqual(["SIGSTOP", "SIGCONT", "kill", "run", "failOver"]);
});

const verdict: Verdict = {
  isValid: true,
  violations: [],
  figures: {
    eventCount: 10,
    publishCount: 4,
    acknowledgedCount: 3,
    duplicateCount: 1,
    refusedCount: 0,
    unknownCount: 1,
    deliveryCount: 8,
    gapCount: 2,
    storedCount: 3,
    staleness: { p50Ms: 2, p99Ms: 40, maxMs: 50 },
    outages: [
      { name: "kill", unavailableMs: 20 },
      { name: "kill", unavailableMs: 400 },
    ],
  },
};
const result: TortureResult = {
  verdict,
  history: [],
  reconnectCount: 6,
  lines: { line: 9, chopped: 1, close: 2, reset: 3, "half-open": 1, stalled: 0 },
  faults: new Map([
    ["store paused", 2],
    ["kill", 5],
  ]),
  hints: { told: 100, lost: 5 },
  note: undefined,
};
const place = {
  startedAt: new Date("2026-11-25T01:40:00Z"),
  endedAt: new Date("2026-11-25T02:41:00Z"),
  commit: "abc",
  node: "v20.20.2",
  redis: "7.0.15",
  nats: "2.9.10",
  machine: "2 × a processor",
};
const plan = { broker: "redis", nodeCount: 3, seconds: 3_600, seed: 7 } as const;

test("[TO11] the report of a chaos names its seed, versions, faults and figures, the verdict, and how to run it again", () => {
  const report = describeChaos(place, plan, result);
  expect(report).toContain("# Chaos: redis, 3 nodes, 60 minutes, 2026-11-25\n");
  expect(report).toContain("**Whole: 0 lost, 0 duplicated, 0 reordered, gaps only where told.**");
  expect(report).toContain("npm run chaos -- --broker redis --nodes 3 --minutes 60 --seed 7\n");
  const rows = report
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.replaceAll(/ +/g, " "));
  for (const row of [
    "| seed | 7 |",
    "| store | redis-server 7.0.15 |",
    "| commit of Switchboard | abc |",
    "| Node | v20.20.2 |",
    "| node: kill -9 | 5 |",
    "| store: stands still for up to 6 s | 2 |",
    "| hints lost, of those told | 5 of 100 |",
    "| published | 4 |",
    "| acknowledged | 3 |",
    "| gaps told | 2 |",
    "| from a fault to the next ack, median / max | 400 / 400 ms |",
    "| from ack to delivery, p50 / p99 | 2 / 40 ms |",
  ]) {
    expect(rows).toContain(row);
  }
  expect(describeChaos(place, { ...plan, broker: "sqlite", nodeCount: 1 }, result)).toContain(
    "# Chaos: sqlite, 1 node,",
  );
});

test("[TO11] a broken promise, or a server that ended by itself, is what the report begins with", () => {
  const receive = {
    type: "receive",
    client: "ada",
    channel: "log/1",
    user: "bob",
    id: "m1",
    hash: "",
    offset: 2,
    atMs: 5,
  };
  const violation = { rule: "HK5", sentence: "ada was at offset 0", slice: [receive as HistoryEvent] } as const;
  const broken = { ...result, verdict: { ...verdict, isValid: false, violations: [violation] } };
  expect(isWhole(result)).toBe(true);
  expect(isWhole(broken)).toBe(false);
  const report = describeChaos(place, plan, broken);
  expect(report).toContain("**Broken: 0 lost, 0 duplicated, 0 reordered, 1 gaps untold or untrue.**");
  expect(report).toContain("HK5: ada was at offset 0\n");
  const ended = { ...result, faults: new Map([["ended by itself", 2]]) };
  expect(isWhole(ended)).toBe(false);
  expect(describeChaos(place, plan, ended)).toContain("; 2 times a server had ended by itself.**");
});

test("[TO4] the chaos goes for an hour by default, and only it has a report", () => {
  const asked = { minutes: "60", hasReport: true };
  expect(readPlan(["--broker", "redis", "--nodes", "3", "--seed", "7", "--report", "a.md"], asked)).toEqual({
    ...plan,
    reportFile: "a.md",
    historyFile: undefined,
  });
  expect(readPlan(["--help"], asked)).toBe("");
  expect(readPlan(["--minutes", "1441"], asked)).toBe("Cannot use --minutes 1441: give 0 to 1440");
  expect(readPlan(["--report", "a.md"], { minutes: "5", hasReport: false })).toBe(
    "Cannot use --report: only the chaos has a report",
  );
});

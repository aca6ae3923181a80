import { createHash } from "node:crypto";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { channel, createGateway, event, memoryBroker, type StandardSchema } from "switchboard";
import { accept, createWebSocketServer, reject } from "switchboard/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gatewaySection, gatewayWorkloads } from "./gateway-suite.ts";
import type { LoadResult } from "./measure.ts";
import { wordsOf } from "./section.ts";
import { minima, type Sample, slopePercent } from "./slope.ts";
import { soakSection } from "./soak-suite.ts";
import { type StalledResult, stalledSection } from "./stalled-suite.ts";
import { compile } from "./tools.ts";

const run = promisify(execFile);
const anything: StandardSchema<unknown> = {
  "~standard": { version: 1, vendor: "bench", validate: (value) => ({ value }) },
};
const gateway = createGateway({
  channels: {
    bench: channel("bench/:id", {
      events: { message: event(anything) },
      history: { maxCount: 100_000 },
      limits: { publishesPerSecond: Infinity },
    }),
  },
  limits: { publishesPerSecond: Infinity },
  broker: memoryBroker(),
});
const refusing = createWebSocketServer({ upgrade: ({ path }) => (path === "/" ? reject(403) : accept()) });
const load = await compile("gateway-load", [], "");
const stalledLoad = await compile("stalled-load", [], "");
let port = 0;
let refusingPort = 0;

beforeAll(async () => {
  port = (await gateway.listen({ port: 0 })).port;
  refusingPort = (await refusing.listen({ port: 0 })).port;
});

afterAll(async () => {
  await gateway.close({ graceMs: 1 });
  await refusing.close({ graceMs: 1 });
});

describe.skipIf(load === undefined)("native/gateway-load.c", () => {
  async function measure(...words: readonly string[]): Promise<LoadResult> {
    const common = ["--port", String(port), "--pid", String(process.pid), "--warmup-ms", "20", "--window-ms", "100"];
    return JSON.parse((await run(load ?? "", [...words, ...common])).stdout) as LoadResult;
  }

  test.each([
    { words: ["fanout", "--connections", "5", "--in-flight", "2"] },
    { words: ["fanout", "--connections", "3", "--rate", "100"] },
    { words: ["publish", "--connections", "2", "--in-flight", "3"] },
  ])("[BN22] what arrives is counted and timed: $words", async ({ words }) => {
    const result = await measure(...words);
    expect(result.messageCount).toBeGreaterThan(0);
    expect(result.p50Micros).toBeGreaterThan(0);
    expect(result.p99Micros).toBeGreaterThanOrEqual(result.p50Micros);
  });

  test("[BN22] idle connections are held until the input ends", async () => {
    const child = spawn(load ?? "", ["idle", "--connections", "7", "--port", String(port)]);
    const lines = createInterface(child.stdout);
    expect(await once(lines, "line")).toEqual(["open 7"]);
    expect(gateway.info().connectionCount).toBeGreaterThanOrEqual(7);
    child.stdin.write("\n");
    expect(await once(lines, "line")).toEqual(["open 7"]);
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  test("[BN22] an idle connection that ends is told: what it took is not measured", async () => {
    const child = spawn(load ?? "", ["idle", "--connections", "2", "--port", String(port)]);
    await once(createInterface(child.stdout), "line");
    const device = "2".padStart(32, "0"); // the second one's
    const userId = `guest-${createHash("sha256").update(device).digest("base64url").slice(0, 16)}`;
    expect(await gateway.disconnect({ userId })).toMatchObject({ connectionCount: 1 });
    expect(await once(child, "exit")).toEqual([1, null]);
  });

  test("[BN22] a server that refuses ends it with 1", async () => {
    const refused = run(load ?? "", ["idle", "--port", String(refusingPort)]);
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Cannot measure: refused"),
    });
  });
});

describe.skipIf(stalledLoad === undefined)("native/stalled-load.c", () => {
  async function measure(...words: readonly string[]): Promise<StalledResult> {
    const common = ["--port", String(port), "--pid", String(process.pid), "--readers", "4", "--others", "2"];
    return JSON.parse((await run(stalledLoad ?? "", [...words, ...common])).stdout) as StalledResult;
  }

  test("[BN21] readers that stopped catch up, offset by offset", { timeout: 20_000 }, async () => {
    const result = await measure("stalled", "--rate", "500", "--reading-ms", "100", "--stalled-ms", "300");
    expect(result).toMatchObject({ lostCount: 0, doubledCount: 0, gapCount: 0, reconnectCount: 0 });
    expect(result.publishedCount).toBeGreaterThan(100);
  });

  test("[BN21] those who come and go lose nothing", { timeout: 20_000 }, async () => {
    const result = await measure("soak", "--rate", "200", "--churn", "50", "--soak-ms", "400");
    expect(result).toMatchObject({ lostCount: 0, doubledCount: 0, gapCount: 0 });
    expect(result.reconnectCount).toBeGreaterThan(2);
  });
});

const figures = (judged: number, p99Ms = 9): { judged: number; perSecond: number; p50Ms: number; p99Ms: number } => ({
  judged,
  perSecond: 1e6 / judged,
  p50Ms: 1,
  p99Ms,
});

test("[BN20] a table has every peer's medians in multiples of Socket.IO's, its bars, and who is ahead", () => {
  const [, many] = gatewayWorkloads;
  if (many === undefined) throw new Error("Cannot test: no such workload");
  const rows = new Map([
    ["sqlite", [figures(2), figures(1), figures(9)]],
    ["socketIo", [figures(6)]],
  ] as const);
  const section = gatewaySection(many, rows, ["a remark"]);
  expect(section.cells[1]).toEqual([
    "Switchboard, SQLite, fsync",
    "2.00",
    "1.00 to 9.00",
    "500,000",
    "500,000",
    "1.00",
    "9.00",
    "0.33",
  ]);
  expect(section).toMatchObject({ ahead: ["Socket.IO 4.8.4 (0.33)"], behind: [], remarks: ["a remark"] });
  expect(section.verdicts.map(wordsOf)).toEqual([
    "deliveries per CPU second, in multiples of Socket.IO's, 3.00, at least 3.00: met",
  ]);
  const alone = gatewaySection(many, new Map([["sqlite", [figures(2)]]]));
  expect(alone.verdicts.map(({ isMet }) => isMet)).toEqual([undefined]);
  const behind = gatewaySection(
    many,
    new Map([
      ["sqlite", [figures(8)]],
      ["socketIo", [figures(6)]],
    ]),
  );
  expect(behind).toMatchObject({ ahead: [], behind: ["Socket.IO 4.8.4 (1.33)"] });
});

test("[BN20] publishes and idle memory have their bars", () => {
  const verdictsOf = (title: string, judged: number, theirs: number): readonly (boolean | undefined)[] => {
    const workload = gatewayWorkloads.find((one) => one.title.includes(title));
    if (workload === undefined) throw new Error(`Cannot test: no workload ${title}`);
    const rows = new Map([
      ["sqlite", [figures(judged, 25.4)]],
      ["socketIo", [figures(theirs)]],
    ] as const);
    return gatewaySection(workload, rows).verdicts.map(({ isMet }) => isMet);
  };
  expect(verdictsOf("publishes", 200, 1)).toEqual([true, true]);
  expect(verdictsOf("publishes", 201, 1)).toEqual([false, true]);
  expect(verdictsOf("idle", 10_240, 20_480)).toEqual([true, true]);
  expect(verdictsOf("idle", 10_241, 20_000)).toEqual([false, false]);
});

test("[BN21] stalled readers are judged by their memory, the others' p99 and what was lost", () => {
  const result: StalledResult = {
    publishedCount: 70_000,
    readingP99Micros: 10_000,
    stalledP99Micros: 20_040,
    residentBytes: [2 ** 20, 97 * 2 ** 20, 3 * 2 ** 20],
    catchUpMs: 1_000,
    lostCount: 0,
    doubledCount: 0,
    gapCount: 0,
    reconnectCount: 0,
  };
  expect(stalledSection([result], [2 ** 20]).verdicts.map(({ isMet }) => isMet)).toEqual([true, true, true]);
  const worse = { ...result, stalledP99Micros: 20_060, residentBytes: [0, 97 * 2 ** 20, 0] as const, gapCount: 1 };
  const alive = (live: readonly number[]): string | undefined => stalledSection([result], live).cells[2]?.[3];
  expect([alive([3 * 2 ** 20, 2 ** 20, 2 * 2 ** 20]), alive([-Infinity])]).toEqual(["2.00", "-"]);
  expect(stalledSection([worse], []).verdicts.map(({ isMet }) => isMet)).toEqual([false, false, false]);
});

/** Samples that rise by so many percent in 10 minutes. */
function rising(percent: number, { from = 5, count = 21 } = {}): readonly Sample[] {
  return Array.from({ length: count }, (_, index) => ({
    minutes: from + index / 2,
    bytes: 1e8 * (1 + (percent / 100) * (index / 20)),
  }));
}

test("[BN21] a slope is the middle one of those between any two samples: one that is far off does not move it", () => {
  expect(slopePercent(rising(1))).toBeCloseTo(1);
  expect(slopePercent(rising(-3))).toBeCloseTo(-3);
  const [first, ...others] = rising(1);
  expect(
    slopePercent([first!, ...others.slice(0, -3), { minutes: 14, bytes: 5e8 }, { minutes: 15, bytes: 1 }]),
  ).toBeCloseTo(1, 1);
  expect(slopePercent(rising(1).slice(0, 1))).toBeNaN();
  const teeth = [1.2, 1.9, 2.1, 2.9].map((minutes, index) => ({ minutes, bytes: [5, 3, 9, 7][index] ?? 0 }));
  expect(minima(teeth)).toEqual([teeth[1], teeth[3]]);
});

test("[BN21] both what is alive and what is resident are judged from minute 5 on, by a soak of 15 minutes or more", () => {
  const result = { publishedCount: 1, lostCount: 0, doubledCount: 0, gapCount: 0, reconnectCount: 1 };
  const start = { minutes: 0, bytes: 1 };
  const judge = (live: number, resident: number, lostCount = 0): readonly (boolean | undefined)[] => {
    const samples = { live: [start, ...rising(live)], resident: [start, ...rising(resident)] };
    return soakSection(samples, { ...result, lostCount }).verdicts.map(({ isMet }) => isMet);
  };
  expect(judge(1, 1)).toEqual([true, true, true]);
  expect(judge(1.1, 1)).toEqual([false, true, true]);
  expect(judge(1, 1.1, 1)).toEqual([true, false, false]);
  const short = soakSection({ live: rising(9, { count: 3 }), resident: rising(9, { count: 3 }) }, result);
  expect(short.verdicts.map(({ isMet }) => isMet)).toEqual([undefined, undefined, true]);
});

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { channel, createGateway, event, type Gateway, memoryBroker, type StandardSchema } from "switchboard";
import { afterEach, expect, test } from "vitest";
import { readArguments } from "./arguments.ts";
import { type Capacity, renewTable } from "./capacity.ts";
import {
  type CostRuns,
  departureSection,
  deriveMessageCosts,
  deriveResumeMicros,
  type FanoutResult,
  fanoutSection,
  type LeaveResult,
  peerSection,
} from "./nodes-figures.ts";
import { compile } from "./tools.ts";

const run = promisify(execFile);
const load = await compile("nodes-load", [], "");
const anything: StandardSchema<unknown> = {
  "~standard": { version: 1, vendor: "bench", validate: (value) => ({ value }) },
};

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const fanoutResult: FanoutResult = {
  messageCount: 1000,
  publishCount: 100,
  seconds: 1,
  p50Micros: 1000,
  p99Micros: 2000,
  lostCount: 0,
  doubledCount: 0,
  cpuMicros: [10_000, 3000],
};

const leaveResult: LeaveResult = {
  leftMs: 10,
  resumedMs: 20_000,
  movedCount: 100,
  awayCount: 0,
  recoveredCount: 0,
  attemptCount: 150,
  publishedCount: 50,
  meanwhile: { publishCount: 10, messageCount: 1000 },
  lostCount: 0,
  doubledCount: 0,
  gapCount: 0,
  p99BeforeMicros: 1000,
  p99DuringMicros: 2000,
  cpuMicros: [0, 60_000, 50_000, 9000],
};

test("[BN23] a message's price is taken apart: its delivery, its publish, its being heard, its place in the store", () => {
  const runs: CostRuns = {
    alone: { ...fanoutResult, cpuMicros: [11_000, 5000] },
    crowded: { ...fanoutResult, cpuMicros: [110_000, 5000] },
    crowdCount: 100,
    together: { ...fanoutResult, cpuMicros: [4000, 6000, 12_000, 9000] },
    watching: { ...fanoutResult, seconds: 6, cpuMicros: [90_000, 60_000] },
    watchedCount: 1000,
  };
  const costs = deriveMessageCosts(runs);
  expect(costs).toEqual({
    deliveryMicros: 10,
    publishMicros: 100,
    hintMicros: 40,
    storePublishMicros: 50,
    storeHintMicros: 20,
    probeMicros: 30,
    storeProbeMicros: 20,
  });
  // 110 ms of both nodes, less 1 000 deliveries, 10 publishes, and the 10 heard at the other.
  expect(deriveResumeMicros(leaveResult, costs)).toBe((110_000 - 10_000 - 1000 - 400) / 100);
});

test("[BN23] a node that goes is judged by the time until all are back, what was lost, and its reads or its exit code", () => {
  const judged = (parts: Partial<LeaveResult>, reads = 20): readonly (boolean | undefined)[] =>
    departureSection("", [{ name: "", result: { ...leaveResult, ...parts }, reads: { count: reads, most: 20 } }], {
      mostSeconds: 20,
    }).verdicts.map(({ isMet }) => isMet);
  expect(judged({})).toEqual([true, true, true]);
  expect(judged({ resumedMs: 20_600 })).toEqual([false, true, true]);
  expect(judged({ awayCount: 1 })).toEqual([false, true, true]);
  expect(judged({ lostCount: 1 })).toEqual([true, false, true]);
  expect(judged({ doubledCount: 1 })).toEqual([true, false, true]);
  expect(judged({ gapCount: 1 }, 21)).toEqual([true, false, false]);
  const drained = (exitCode: number | null): readonly (boolean | undefined)[] =>
    departureSection("", [{ name: "", result: leaveResult, exitCode }], { mostSeconds: 20 }).verdicts.map(
      ({ isMet }) => isMet,
    );
  expect([drained(0), drained(1), drained(null)]).toEqual([
    [true, true, true],
    [true, true, false],
    [true, true, false],
  ]);
  expect(fanoutSection("", [{ name: "", results: [{ ...fanoutResult, lostCount: 1 }] }], []).verdicts[0]?.isMet).toBe(
    false,
  );
});

test("[BN23] beside Socket.IO, who lost less is ahead", () => {
  const theirs = { name: "theirs", result: { ...leaveResult, lostCount: 7 } };
  const section = peerSection("", [{ name: "ours", result: leaveResult }, theirs], []);
  expect(section).toMatchObject({ ahead: ["Socket.IO"], behind: [], verdicts: [{ isMet: true }] });
  expect(section.cells).toContainEqual(["deliveries lost, without a word", "0", "7"]);
  expect(peerSection("", [theirs, { name: "", result: leaveResult }], [])).toMatchObject({
    ahead: [],
    behind: ["Socket.IO"],
    verdicts: [{ isMet: false }],
  });
});

test("[BN23] nodes, its clients and seconds may be named, and only alone does it write", () => {
  const words = ["nodes", "--clients", "10", "--seconds", "60", "--peer"];
  expect(readArguments(words)).toMatchObject({
    gatewaySuites: ["nodes"],
    clientCount: 10,
    seconds: 60,
    isBesidePeer: true,
  });
  expect(readArguments(["nodes", "--write"]).isWriting).toBe(true);
  expect(readArguments([]).gatewaySuites).not.toContain("nodes");
  expect(() => readArguments(["nodes", "--clients", "9"])).toThrow("Cannot use --clients 9: give a number from 10");
  expect(() => readArguments(["nodes", "--peer", "--write"])).toThrow("Cannot write a part");
});

test("[BN23] the costs are written between the marks of the page, and nowhere else", () => {
  const costs = {
    deliveryMicros: 1.5,
    publishMicros: 2,
    hintMicros: 3,
    storePublishMicros: 4,
    storeHintMicros: 5,
    probeMicros: 8,
    storeProbeMicros: 9,
    resumeMicros: 6,
    connectionBytes: 7000,
  };
  const capacity: Capacity = { machine: "a machine", command: "a command", costs: { redis: costs, jetstream: costs } };
  const mark = "<!-- costs: written by `npm run bench -- nodes --write` -->";
  const page = renewTable(`above\n${mark}\nwhat was there\n<!-- /costs -->\nbelow\n`, capacity);
  expect(page).toMatch(/^above\n<!-- costs.*\n\n\| what one costs \| Redis \| JetStream \|\n/u);
  expect(page).toContain(
    "bytes of RSS | 7,000 | 7,000 |\n\nMeasured by `a command` on a machine.\n\n<!-- /costs -->\nbelow\n",
  );
  expect(page).not.toContain("what was there");
  expect(renewTable(page, capacity)).toBe(page);
  expect(() => renewTable("no marks", capacity)).toThrow("Cannot write the costs");
});

function createBench(maxCount = 10_000): Gateway {
  const gateway = createGateway({
    channels: {
      bench: channel("bench/:id", {
        events: { message: event(anything) },
        history: { maxCount },
        limits: { publishesPerSecond: Infinity },
      }),
    },
    // What a node remembers itself of a log is no more than is kept of it.
    limits: { publishesPerSecond: Infinity, maxRingCount: Math.min(maxCount, 256) },
    broker: memoryBroker(),
  });
  cleanUps.push(() => gateway.close({ graceMs: 1 }));
  return gateway;
}

interface Pair {
  readonly ports: string;
  goAway(): void;
}

/** Two addresses. Of one gateway, they are to a client as two nodes that share a store are; of two, as nodes that share nothing. */
async function startPair(gateways: readonly [Gateway, Gateway]): Promise<Pair> {
  const servers = await Promise.all(gateways.map(listen));
  const sockets = new Set<Socket>();
  servers[0]?.on("connection", (socket: Socket) => sockets.add(socket));
  return {
    ports: servers.map((server) => (server.address() as AddressInfo).port).join(","),
    goAway() {
      servers[0]?.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function listen(gateway: Gateway): Promise<Server> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(() => server.close());
  await gateway.attach(server);
  return server;
}

/** Twenty clients, two channels, until all are at the other address. */
async function leave({ goAway, ports }: Pair): Promise<LeaveResult> {
  const words = "leave --connections 20 --stay 5 --rate 3000 --channels 2 --before-ms 300 --spread-ms 200".split(" ");
  const child = spawn(load ?? "", [...words, "--ports", ports], { stdio: ["pipe", "pipe", "inherit"] });
  cleanUps.push(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect(await lines.next()).toEqual({ done: false, value: "ready" });
  child.stdin.write("gone\n");
  goAway();
  return JSON.parse(String((await lines.next()).value)) as LeaveResult; // the load's own line
}

test.skipIf(load === undefined)(
  "[BN24] whoever was on the address that went is at another, and has every message",
  async () => {
    const gateway = createBench();
    const result = await leave(await startPair([gateway, gateway]));
    expect(result).toMatchObject({ movedCount: 20, awayCount: 0, lostCount: 0, doubledCount: 0, gapCount: 0 });
    expect(result.resumedMs).toBeGreaterThan(0);
    expect(result.publishedCount).toBeGreaterThan(20);
  },
);

test.skipIf(load === undefined)(
  "[BN24] what the other address does not have any more is counted as lost, and the gaps that tell it too",
  async () => {
    const result = await leave(await startPair([createBench(), createBench(1)]));
    expect(result).toMatchObject({ movedCount: 20, awayCount: 0, doubledCount: 0 });
    expect(result.lostCount).toBeGreaterThan(20);
    expect(result.gapCount).toBeGreaterThan(1);
  },
);

test.skipIf(load === undefined)(
  "[BN24] a message goes to all subscribers at all addresses; a load that cannot be ends with a sentence",
  async () => {
    const gateway = createBench();
    const { ports } = await startPair([gateway, gateway]);
    const words = ["fanout", "--connections", "10", "--in-flight", "4", "--warmup-ms", "20", "--window-ms", "100"];
    const { stdout } = await run(load ?? "", [...words, "--ports", ports, "--pids", String(process.pid)]);
    const result = JSON.parse(stdout) as FanoutResult;
    expect(result).toMatchObject({ lostCount: 0, doubledCount: 0, cpuMicros: [expect.any(Number)] });
    expect(result.messageCount).toBeGreaterThan(50);
    const refused = run(load ?? "", ["leave", "--connections", "1", "--ports", "1"]);
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Cannot measure: nobody can leave"),
    });
  },
);

import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { createWebSocketServer, type ServerOptions } from "../../engine/index.ts";
import { createGateway, memoryBroker } from "../../server/index.ts";
import { channels } from "../chat.ts";
import { isLoopback } from "../bench-command.ts";
import { BenchTally } from "./bench-tally.ts";
import { drawBar, drawLatencies, drawSeconds } from "./chart.ts";
import { openEchoLoad } from "./echo-load.ts";
import { openGatewayLoad } from "./gateway-load.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import { printBench, reportBench } from "./print-bench.ts";
import { type BenchMeasured, type BenchPlan, runBench } from "./run-bench.ts";

function histogramOf(values: Iterable<number>): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

test("[CM80] every percentile is right to 1.6 %, whatever the values, and the ends are exact", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.001, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 100, noNaN: true }),
      (values, percent) => {
        const sorted = values.toSorted((a, b) => a - b);
        const right = sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] ?? 0;
        const given = histogramOf(values).percentile(percent);
        // A bucket is a microsecond wide at least.
        expect(Math.abs(given - right)).toBeLessThanOrEqual(right / 64 + 0.001);
      },
    ),
  );
  const histogram = histogramOf([3, 1, 2]);
  expect([histogram.count, histogram.minMs, histogram.maxMs, histogram.meanMs]).toEqual([3, 1, 3, 2]);
  expect([histogram.percentile(0), histogram.percentile(100)]).toEqual([1.008, 3]);
  const none = new LatencyHistogram();
  expect([none.percentile(50), none.minMs, none.meanMs]).toEqual([0, 0, 0]);
});

test("[CM80] what is sent before the measuring counts neither then nor when it comes", () => {
  const tally = new BenchTally();
  tally.send();
  tally.receive(0, 5, 1);
  tally.start(10);
  tally.send();
  tally.receive(9, 11, 1);
  tally.receive(10, 12, 7);
  tally.receive(10, 2_012, 7);
  tally.stop();
  tally.receive(11, 2_013, 7);
  expect([tally.sentCount, tally.receivedCount, tally.receivedBytes, tally.perSecond]).toEqual([1, 2, 14, [1, 0, 1]]);
  expect(tally.latency.maxMs).toBe(2_002);
});

test("[CM81] a bar is as long as its share, in eighths of a column, or of # where it is plain", () => {
  expect([drawBar(1, false), drawBar(0.5, true), drawBar(0, false), drawBar(1e-9, false), drawBar(1e-9, true)]).toEqual(
    ["█".repeat(40), "#".repeat(20), "", "▏", "#"],
  );
  expect(drawBar(3 / 320, false)).toBe("▍");
});

test("[CM81] latencies are at most 12 rows whose shares are 100 %, a short load is one row", () => {
  const rows = drawLatencies(histogramOf(Array.from({ length: 1_000 }, (_, index) => 0.01 * 1.02 ** index)), {
    isPlain: true,
  });
  expect(rows.length).toBeLessThanOrEqual(12);
  const shares = rows.map((row) => Number(/([\d.]+)%$/.exec(row)?.[1]));
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(100, 0);
  expect(drawLatencies(histogramOf([1, 1]), { isPlain: true })).toEqual([`1.00 - 1.41 ms  ${"#".repeat(40)} 100.0%`]);
  const full = "#".repeat(40);
  // The longest is in the last row, though it is its end.
  expect(drawLatencies(histogramOf([1, 2]), { isPlain: true })).toEqual([
    `1.00 - 1.41 ms  ${full} 50.0%`,
    `1.41 - 2.00 ms  ${full} 50.0%`,
  ]);
  expect(drawLatencies(new LatencyHistogram(), { isPlain: false })).toEqual([]);
});

test("[CM81] each whole second is a column", () => {
  const seconds = [800, 400, 0, 100, 7];
  expect(drawSeconds(seconds, { isPlain: false })).toBe("█▅▁▂  0 to 800");
  expect(drawSeconds(seconds, { isPlain: true })).toBe("0 to 800");
  expect(drawSeconds([5, 5], { isPlain: false })).toBe("");
});

async function serveEcho(options: ServerOptions = {}): Promise<URL> {
  const server = createWebSocketServer({ message: (socket, data) => void socket.send(data), ...options });
  onTestFinished(() => server.close({ graceMs: 0 }));
  return new URL((await server.listen({ port: 0, host: "127.0.0.1" })).url);
}

const plan: BenchPlan = {
  durationMs: 60_000,
  warmUpMs: 0,
  maxCount: 500,
  perSecond: undefined,
  signal: new AbortController().signal,
  progress: () => {},
};

interface EchoChange {
  readonly connectionCount?: number;
  readonly inFlightCount?: number;
}

function benchEcho(url: URL, change: Partial<BenchPlan> = {}, options: EchoChange = {}): Promise<BenchMeasured> {
  const planned = { ...plan, ...change };
  return runBench(
    (part, signal) =>
      openEchoLoad(
        {
          ...part,
          url,
          connectOptions: {},
          connectionCount: 4,
          inFlightCount: 2,
          perSecond: planned.perSecond,
          payload: "hello",
          protocols: [],
          ...options,
        },
        signal,
      ),
    planned,
  );
}

test("[CM82] an echo server is loaded by every connection, and each echo is measured once", async () => {
  const opened: unknown[] = [];
  const url = await serveEcho({ open: (socket) => void opened.push(socket) });
  const { openCount, tally } = await benchEcho(url);
  expect([openCount, opened.length, tally.receivedCount, tally.receivedBytes]).toEqual([4, 4, 500, 2_500]);
  expect([tally.latency.count, tally.faults.size]).toEqual([500, 0]);
});

test("[CM82] at a rate, what is due is sent whatever comes back, and what has no room is told", async () => {
  let heardCount = 0;
  // It answers nothing: after one in flight of each connection everything that is due has no room.
  const url = await serveEcho({ message: () => void heardCount++ });
  const stop = new AbortController();
  const { tally } = await benchEcho(
    url,
    {
      perSecond: 10_000,
      signal: stop.signal,
      progress: ({ tally: { skippedCount } }) => skippedCount > 10 && stop.abort(),
    },
    { inFlightCount: 1 },
  );
  expect([tally.receivedCount, heardCount]).toEqual([0, 4]);
  expect(tally.skippedCount).toBeGreaterThan(10);
  const paced = await benchEcho(await serveEcho(), { perSecond: 10_000, maxCount: 50 });
  expect(paced.tally.receivedCount).toBeGreaterThanOrEqual(50);
});

test("[CM82] connections that fail or break are told, and if all fail, why", async () => {
  let count = 0;
  const url = await serveEcho({
    maxConnections: 3,
    message(socket, data) {
      if (++count === 5) socket.close(4000, "enough");
      else socket.send(data);
    },
  });
  const { openCount, tally } = await benchEcho(url, { maxCount: 50 });
  expect(openCount).toBe(3);
  expect(Object.fromEntries(tally.faults)).toEqual({
    "Cannot connect: The server answered 503, not 101": 1,
    'closed with 4000 "enough"': 1,
  });
  await expect(benchEcho(new URL("ws://127.0.0.1:1/"))).rejects.toMatchObject({ code: "ERR_NETWORK" });
});

test("[CM83] on a gateway all subscribe, some publish, and deliveries and acknowledgements are measured; refusals are told", async () => {
  const gateway = createGateway({
    channels,
    broker: memoryBroker(),
    limits: { publishesPerSecond: 200, publishBurstCount: 10 },
  });
  onTestFinished(() => gateway.close({ graceMs: 100 }));
  const { url } = await gateway.listen({ port: 0 });
  const measured = await runBench(
    (part, signal) =>
      openGatewayLoad(
        {
          ...part,
          url: new URL(url),
          connectOptions: {},
          connectionCount: 5,
          inFlightCount: 4,
          perSecond: undefined,
          channel: "chat/bench",
          event: "message",
          data: '{"text":"hi"}',
          publisherCount: 2,
          token: undefined,
          timeoutMs: 10_000,
        },
        signal,
      ),
    { ...plan, maxCount: 600 },
  );
  const { acknowledged, faults, latency, receivedCount } = measured.tally;
  expect(measured.openCount).toBe(5);
  expect(receivedCount).toBeGreaterThanOrEqual(600);
  expect(latency.count).toBe(receivedCount);
  // Of each publish that was stored there are five deliveries.
  expect(acknowledged.count).toBeGreaterThanOrEqual(100);
  expect([...faults.keys()]).toEqual(["RATE_LIMITED"]);
});

test("[CM84] what was measured is printed 80 columns wide, with what went wrong, and is one object with --json", () => {
  const tally = new BenchTally();
  tally.start(0);
  for (let ms = 1; ms <= 100; ms++) tally.receive(0, ms, 64);
  tally.acknowledge(0, 2);
  tally.fault("closed with 1006 \u001b[2J");
  tally.skippedCount = 3;
  const subject = { url: "ws://127.0.0.1:1/", mode: "gateway", load: "message to chat/1, ".repeat(9) } as const;
  const report = reportBench(subject, { tally, openCount: 7, elapsedMs: 2_000 });
  expect(report).toMatchObject({
    connectionCount: 7,
    elapsedMs: 2_000,
    receivedCount: 100,
    receivedPerSecond: 50,
    receivedBytesPerSecond: 3_200,
    latency: { count: 100, minMs: 1, meanMs: 50.5, p50Ms: 50.176, maxMs: 100 },
    acknowledged: { count: 1, maxMs: 2 },
    perSecond: [100],
  });
  const text = printBench(report, tally.latency, { isPlain: true, hasColors: false });
  expect(text.split("\n").every((line) => line.length <= 80)).toBe(true);
  expect(text).toContain("\n  deliveries   50 a second (3.2 kB/s), 100 in all\n");
  expect(text).toContain("\n  latency      p50 50.2  p90 90.1  p99 99.3  p99.9 100  max 100 ms\n");
  expect(text).toContain("\n  skipped      3 that were due while too much was under way\n");
  expect(text).toContain("\n  1 x closed with 1006 \\e[2J\n");
  const empty = reportBench({ ...subject, mode: "echo" }, { tally: new BenchTally(), openCount: 1, elapsedMs: 1 });
  const nothing = printBench(empty, new LatencyHistogram(), { isPlain: false, hasColors: true });
  expect(nothing).toContain("nothing was measured");
});

test("[CM85] only what is this machine's for sure is loaded without --yes", () => {
  expect(["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]"].map(isLoopback)).toEqual(Array(5).fill(true));
  const others = [
    "example.com",
    "localhost.example.com",
    "128.0.0.1",
    "10.127.0.0.1.nip.io",
    "[::2]",
    "127.0.0.1.nip.io",
  ];
  expect(others.map(isLoopback)).toEqual(others.map(() => false));
});

/**
 * What an acknowledgement costs: appends to one SQLite file with 64 in flight, at `full` and `normal`, beside the price of one bare
 * fsync on the same disk. `npx tsx bench/durable.ts [folder]`; each figure is the median of 5 rounds of 3 seconds.
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { sqliteBroker } from "switchboard";

const inFlightCount = 64;
const roundMs = 3_000;
const roundCount = 5;
const data = JSON.stringify({ text: "x".repeat(150) });

interface Figures {
  readonly ackedPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

async function runRound(folder: string, synchronous: "full" | "normal"): Promise<Figures> {
  const broker = sqliteBroker({ file: join(mkdtempSync(join(folder, "round-")), "log.db"), synchronous });
  await broker.open({ appended() {}, broadcasted() {}, availability() {} });
  const latenciesMs: number[] = [];
  const startMs = performance.now();
  let sent = 0;
  async function publishUntilTheEnd(): Promise<void> {
    while (performance.now() - startMs < roundMs) {
      const messageId = `m${(sent += 1)}`;
      const sentMs = performance.now();
      await broker.append({
        channel: `chat/${sent % 8}`,
        event: "message",
        messageId,
        user: { id: "u" },
        data,
        payloadHash: messageId,
        tag: sent,
        nowMs: Date.now(),
        history: { maxCount: 1000, maxAgeMs: 86_400_000 },
      });
      latenciesMs.push(performance.now() - sentMs);
    }
  }
  await Promise.all(Array.from({ length: inFlightCount }, publishUntilTheEnd));
  const seconds = (performance.now() - startMs) / 1000;
  await broker.close();
  return {
    ackedPerSecond: latenciesMs.length / seconds,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  };
}

/** The median of appending 4 KiB and waiting for the disk, as a log does. */
function measureFsyncMs(folder: string): number {
  const descriptor = openSync(join(folder, "fsync"), "w");
  const page = Buffer.alloc(4096, 1);
  const durationsMs = Array.from({ length: 200 }, () => {
    const startMs = performance.now();
    writeSync(descriptor, page);
    fsyncSync(descriptor);
    return performance.now() - startMs;
  });
  closeSync(descriptor);
  return quantile(durationsMs, 0.5);
}

const folder = mkdtempSync(join(process.argv[2] ?? ".", "bench-"));
try {
  const { length } = cpus();
  console.log(
    `Node ${process.versions.node}, ${length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}, ${inFlightCount} in flight`,
  );
  console.log(`one 4 KiB write and fsync: ${measureFsyncMs(folder).toFixed(2)} ms`);
  for (const synchronous of ["full", "normal"] as const) {
    const rounds: Figures[] = [];
    for (let round = 0; round < roundCount; round += 1) rounds.push(await runRound(folder, synchronous));
    const median = (pick: (figures: Figures) => number): number => quantile(rounds.map(pick), 0.5);
    const rate = Math.round(median(({ ackedPerSecond }) => ackedPerSecond));
    console.log(
      `${synchronous}: ${rate} acked/s, p50 ${median(({ p50Ms }) => p50Ms).toFixed(1)} ms, p99 ${median(({ p99Ms }) => p99Ms).toFixed(1)} ms`,
    );
  }
  console.log(`load at the end ${loadavg()[0]?.toFixed(1)}`);
} finally {
  rmSync(folder, { recursive: true });
}

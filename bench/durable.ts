/**
 * What an acknowledgement costs: appends to one SQLite file with 64 in flight, at `full` and `normal`, beside the price of one bare
 * fsync on the same disk. `npx tsx bench/durable.ts [folder]`; each figure is the median of 5 rounds of 3 seconds.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { sqliteBroker } from "switchboard";
import { measureFsyncMs, quantile } from "./fsync.ts";

const inFlightCount = 64;
const roundMs = 3_000;
const roundCount = 5;
const data = JSON.stringify({ text: "x".repeat(150) });

interface Figures {
  readonly ackedPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
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

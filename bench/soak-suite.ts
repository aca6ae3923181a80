import { readFileSync } from "node:fs";
import { type GatewayTools, startGateway } from "./gateway-tools.ts";
import { judgeBar, number, type Section } from "./section.ts";
import type { StalledResult } from "./stalled-suite.ts";

/** A look at the server's memory. */
interface Sample {
  readonly minutes: number;
  readonly bytes: number;
}

/** Until its compiler and caches are done growing, and the history is as long as it may be. */
const settlingMinutes = 5;
const everyMs = 1000;
const perSecond = 50;
/** The channel's history is full after 200 seconds: from then on each publish trims one entry. */
const historyCount = 200 * perSecond;

/** 500 subscribers of whom 10 a second leave and come back, 50 messages a second: whether memory grows. */
export async function measureSoak({
  minutes,
  onProgress,
  tools,
}: {
  readonly tools: GatewayTools;
  readonly minutes: number;
  readonly onProgress: (line: string) => void;
}): Promise<Section> {
  const server = await startGateway(tools, "sqlite", ["--history", String(historyCount)]);
  const soakMs = minutes * 60_000;
  const load = { readers: 500, others: 10, rate: perSecond, bytes: 100, churn: 10, "soak-ms": soakMs };
  const client = tools.startLoad(server, "soak", load);
  const samples: Sample[] = [];
  const startMs = performance.now();
  const timer = setInterval(() => {
    const sample = { minutes: (performance.now() - startMs) / 60_000, bytes: readResident(server.process.id) };
    samples.push(sample);
    if (samples.length % 60 !== 0) return;
    onProgress(`soak: minute ${samples.length / 60}: ${number(sample.bytes / 2 ** 20)} MiB`);
  }, everyMs);
  try {
    const result = JSON.parse(await client.readLine(soakMs + 60_000)) as StalledResult; // the load's own line
    return soakSection(samples, result);
  } finally {
    clearInterval(timer);
    client.stop();
    server.process.stop();
  }
}

/** The second field of proc(5)'s statm, in pages of 4 KiB. */
function readResident(processId: number): number {
  return Number(readFileSync(`/proc/${processId}/statm`, "utf8").split(" ")[1]) * 4096;
}

/** How much a straight line through the samples rises in 10 minutes, in percent of where it begins: least squares. */
export function slopePercent(samples: readonly Sample[]): number {
  const meanMinutes = mean(samples.map(({ minutes }) => minutes));
  const meanBytes = mean(samples.map(({ bytes }) => bytes));
  const rise = samples.reduce((sum, { bytes, minutes }) => sum + (minutes - meanMinutes) * (bytes - meanBytes), 0);
  const run = samples.reduce((sum, { minutes }) => sum + (minutes - meanMinutes) ** 2, 0);
  const perMinute = rise / run;
  const start = meanBytes + perMinute * ((samples[0]?.minutes ?? Number.NaN) - meanMinutes);
  return ((perMinute * 10) / start) * 100;
}

function least(samples: readonly Sample[]): number {
  return Math.min(...samples.map(({ bytes }) => bytes));
}

function most(samples: readonly Sample[]): number {
  return Math.max(...samples.map(({ bytes }) => bytes));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The table with its bars. */
export function soakSection(
  samples: readonly Sample[],
  result: Pick<StalledResult, "publishedCount" | "lostCount" | "doubledCount" | "gapCount" | "reconnectCount">,
): Section {
  const settled = samples.filter(({ minutes }) => minutes >= settlingMinutes);
  const slope = slopePercent(settled);
  const faults = result.lostCount + result.doubledCount + result.gapCount;
  const mebi = (bytes: number | undefined): string => number((bytes ?? Number.NaN) / 2 ** 20);
  return {
    title: `Gateway: soak of ${Math.round(samples.at(-1)?.minutes ?? 0)} minutes`,
    cells: [
      ["", ""],
      ["RSS at minute 5, MiB", mebi(settled[0]?.bytes)],
      ["RSS at the end, MiB", mebi(settled.at(-1)?.bytes)],
      ["least to most after minute 5, MiB", `${mebi(least(settled))} to ${mebi(most(settled))}`],
      ["slope after minute 5, % in 10 minutes", slope.toFixed(2)],
      ["left and came back", number(result.reconnectCount)],
      ["published", number(result.publishedCount)],
      ["lost, doubled or a gap", String(faults)],
    ],
    verdicts: [
      judgeBar({ name: "% in 10 minutes", value: slope, most: 1 }),
      judgeBar({ name: "entries lost, doubled or told as a gap", value: faults, most: 0 }),
    ],
    remarks: [
      `The history is full, at ${number(historyCount)} entries, after ${historyCount / perSecond} seconds; ids of messages are on the disk alone. So nothing has a reason to grow after minute 5.`,
    ],
    ahead: [],
    behind: [],
  };
}

import { readFileSync } from "node:fs";
import type { Collection } from "./collections.ts";
import { type GatewayTools, startGateway } from "./gateway-tools.ts";
import { judgeBar, number, type Section } from "./section.ts";
import { minima, type Sample, slopePercent } from "./slope.ts";
import type { StalledResult } from "./stalled-suite.ts";

/** What memory was over the time. */
export interface SoakSamples {
  /** What the process has of the machine, each second. */
  readonly resident: readonly Sample[];
  /** What is alive, after each full collection that came by itself. */
  readonly live: readonly Sample[];
}

/** Until its compiler and caches are done growing, and the history is as long as it may be; a shorter run has a third of its time for that. */
const settlingMinutes = 5;
/** A shorter run shows that it works, and no slope. */
const leastMinutes = 15;
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
  const resident: Sample[] = [];
  const startMs = performance.timeOrigin + performance.now();
  const minutesAt = (atMs: number): number => (atMs - startMs) / 60_000;
  const timer = setInterval(() => {
    const nowMs = performance.timeOrigin + performance.now();
    resident.push({ minutes: minutesAt(nowMs), bytes: readResident(server.process.id) });
    if (resident.length % 60 !== 0) return;
    onProgress(`soak: minute ${resident.length / 60}: ${number((resident.at(-1)?.bytes ?? 0) / 2 ** 20)} MiB`);
  }, everyMs);
  try {
    const result = JSON.parse(await client.readLine(soakMs + 60_000)) as StalledResult; // the load's own line
    const collections = JSON.parse(await server.process.ask("collections")) as readonly Collection[]; // our own server's
    const live = collections.map(({ atMs, bytes }) => ({ minutes: minutesAt(atMs), bytes }));
    return soakSection({ resident, live }, result);
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

/** The table with its bars. */
export function soakSection(
  { live, resident }: SoakSamples,
  result: Pick<StalledResult, "publishedCount" | "lostCount" | "doubledCount" | "gapCount" | "reconnectCount">,
): Section {
  const minutes = resident.at(-1)?.minutes ?? 0;
  const from = Math.min(settlingMinutes, minutes / 3);
  const isLate = (sample: Sample): boolean => sample.minutes >= from;
  const [settled, left] = [resident.filter(isLate), live.filter(isLate)];
  const slopes = { resident: slopePercent(minima(settled)), live: slopePercent(left) };
  const faults = result.lostCount + result.doubledCount + result.gapCount;
  const isLongEnough = minutes >= leastMinutes - 0.5;
  const bar = (name: string, value: number): ReturnType<typeof judgeBar> =>
    judgeBar({ name, value: isLongEnough ? value : undefined, most: 1 });
  return {
    title: `Gateway: soak of ${Math.round(minutes)} minutes`,
    cells: [
      ["", "live", "RSS"],
      [`at minute ${from.toFixed(0)}, MiB`, mebi(left[0]?.bytes), mebi(settled[0]?.bytes)],
      ["at the end, MiB", mebi(left.at(-1)?.bytes), mebi(settled.at(-1)?.bytes)],
      ["least to most in between, MiB", spread(left), spread(settled)],
      ["slope in between, % in 10 minutes", slopes.live.toFixed(2), slopes.resident.toFixed(2)],
      ["samples it is of", number(left.length), number(minima(settled).length)],
      ["left and came back", number(result.reconnectCount), ""],
      ["published", number(result.publishedCount), ""],
      ["lost, doubled or a gap", String(faults), ""],
    ],
    verdicts: [
      bar("% in 10 minutes, live", slopes.live),
      bar("% in 10 minutes, RSS", slopes.resident),
      judgeBar({ name: "entries lost, doubled or told as a gap", value: faults, most: 0 }),
    ],
    remarks: [
      `The history is full, at ${number(historyCount)} entries, after ${historyCount / perSecond} seconds; ids of messages are on the disk alone. So nothing has a reason to grow after minute 5.`,
      "Live is what full collections leave on the heap and outside of it: a leak shows there. RSS has V8's free pages in it, and is a sawtooth: of each minute the least counts.",
      "Each slope is the median of the slopes between any two samples (Theil and Sen), which a sample that is far off does not move.",
      ...(isLongEnough ? [] : [`Shorter than ${leastMinutes} minutes: the slopes are not judged.`]),
    ],
    ahead: [],
    behind: [],
  };
}

function mebi(bytes: number | undefined): string {
  return number((bytes ?? Number.NaN) / 2 ** 20);
}

function spread(samples: readonly Sample[]): string {
  const all = samples.map(({ bytes }) => bytes);
  return all.length === 0 ? "-" : `${mebi(Math.min(...all))} to ${mebi(Math.max(...all))}`;
}

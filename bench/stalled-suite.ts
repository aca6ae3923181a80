import type { Collection } from "./collections.ts";
import { type GatewayTools, startGateway } from "./gateway-tools.ts";
import { judgeBar, median, number, type Section } from "./section.ts";

/** What the load says; see `native/stalled-load.c`. */
export interface StalledResult {
  readonly publishedCount: number;
  readonly readingP99Micros: number;
  readonly stalledP99Micros: number;
  /** Before, at most while readers were stalled, and at most while they caught up. */
  readonly residentBytes: readonly [number, number, number];
  readonly catchUpMs: number;
  readonly lostCount: number;
  readonly doubledCount: number;
  readonly gapCount: number;
  readonly reconnectCount: number;
}

const mebi = 2 ** 20;

/** 1 000 subscribers stop reading for a minute while 1 000 messages a second are published; 100 others go on. */
export async function measureStalled({
  onProgress,
  roundCount,
  tools,
}: {
  readonly tools: GatewayTools;
  readonly roundCount: number;
  readonly onProgress: (line: string) => void;
}): Promise<Section> {
  const results: StalledResult[] = [];
  const live: number[] = [];
  for (let round = 1; round <= roundCount; round++) {
    const server = await startGateway(tools, "sqlite");
    const client = tools.startLoad(server, "stalled", { readers: 1000, others: 100, rate: 1000, bytes: 100 });
    try {
      results.push(JSON.parse(await client.readLine(420_000)) as StalledResult); // the load's own line
      const collections = JSON.parse(await server.process.ask("collections")) as readonly Collection[]; // our own server's
      live.push(Math.max(...collections.map(({ bytes }) => bytes)));
    } finally {
      client.stop();
      server.process.stop();
    }
    onProgress(`stalled readers: round ${round} of ${roundCount}`);
  }
  return stalledSection(results, live);
}

/** The table with its bars, from every round's figures. @param live - the most that a full collection left, in bytes; -Infinity if there was none. */
export function stalledSection(results: readonly StalledResult[], live: readonly number[]): Section {
  const middle = (pick: (result: StalledResult) => number): number => median(results.map(pick));
  const most = (pick: (result: StalledResult) => number): number => Math.max(...results.map(pick));
  const stalledMiB = middle(({ residentBytes: [before, stalled] }) => (stalled - before) / mebi);
  const catchUpMiB = middle(({ residentBytes: [before, , catchingUp] }) => (catchingUp - before) / mebi);
  const [readingMs, stalledMs] = [
    middle((one) => one.readingP99Micros) / 1000,
    middle((one) => one.stalledP99Micros) / 1000,
  ];
  const lost = most((one) => one.lostCount + one.doubledCount + one.gapCount);
  return {
    title: "Gateway: 1 000 stalled readers, 1 000 messages a second for 60 s, 100 who read",
    cells: [
      ["", "all read", "1 000 stalled", "they catch up"],
      ["RSS over before, MiB", "0", number(stalledMiB), number(catchUpMiB)],
      ["alive after a full collection, at most, MiB", "-", "-", number(median(live.filter(Number.isFinite)) / mebi)],
      ["p99 of the others, ms", number(readingMs), number(stalledMs), "-"],
      ["seconds", "10.0", "60.0", number(middle((one) => one.catchUpMs) / 1000)],
      ["published", "-", "-", number(middle((one) => one.publishedCount))],
      ["lost, doubled or a gap", "-", "-", String(lost)],
      ["cut and resumed", "-", "-", String(most((one) => one.reconnectCount))],
    ],
    verdicts: [
      judgeBar({ name: "MiB for 1 000 stalled readers", value: stalledMiB, most: 96 }),
      judgeBar({ name: "p99 of the others in multiples of before", value: stalledMs / readingMs, most: 2 }),
      judgeBar({ name: "entries lost, doubled or told as a gap", value: lost, most: 0 }),
    ],
    remarks: [
      "RSS while they catch up is mostly what V8 has not collected yet: pages of the log that were read, sent and let go. What it has to keep is the line of what is alive.",
      "A reader takes no byte for 60 s; the gateway was told not to cut it for that, as it would by default after 30 s.",
    ],
    ahead: [],
    behind: [],
  };
}

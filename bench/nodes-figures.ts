import { type Costs, costNames } from "./capacity.ts";
import { type Bar, judgeBar, median, number, ratio, type Section } from "./section.ts";

/** What the load says of its window; see `native/nodes-load.c`. */
export interface FanoutResult {
  readonly messageCount: number;
  readonly publishCount: number;
  readonly seconds: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly lostCount: number;
  readonly doubledCount: number;
  /** Of each node, and then of the store. */
  readonly cpuMicros: readonly number[];
}

/** What the load says when a node has gone and everybody is back. */
export interface LeaveResult {
  /** When the last client had left, and when the last was back with all it had missed, from the signal on. */
  readonly leftMs: number;
  readonly resumedMs: number;
  readonly movedCount: number;
  /** Those that never came back. */
  readonly awayCount: number;
  /** Socket.IO's sessions that were found again. */
  readonly recoveredCount: number;
  readonly attemptCount: number;
  readonly publishedCount: number;
  /** Between the signal and the last one's return. */
  readonly meanwhile: { readonly publishCount: number; readonly messageCount: number };
  readonly lostCount: number;
  readonly doubledCount: number;
  readonly gapCount: number;
  readonly p99BeforeMicros: number;
  readonly p99DuringMicros: number;
  readonly cpuMicros: readonly number[];
}

/** A node that went, and what the harness saw of it. */
export interface Departure {
  readonly name: string;
  readonly result: LeaveResult;
  /** Reads of the log at the nodes that stay, and at most so many are good. */
  readonly reads?: { readonly count: number; readonly most: number };
  /** Of the node that was asked to go. */
  readonly exitCode?: number | null;
}

/** A row of the fan-out table. */
export interface FanoutRow {
  readonly name: string;
  readonly results: readonly FanoutResult[];
}

const count = (value: number): string => value.toLocaleString("en");
const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
const lostOf = ({ doubledCount, lostCount }: Pick<FanoutResult, "lostCount" | "doubledCount">): number =>
  lostCount + doubledCount;

/** Deliveries with one, two, three nodes. */
export function fanoutSection(title: string, rows: readonly FanoutRow[], remarks: readonly string[]): Section {
  const lost = Math.max(...rows.flatMap(({ results }) => results.map(lostOf)));
  return {
    title,
    cells: [
      ["", "deliveries/s", "nodes' CPU us a delivery", "store's CPU us a publish", "p50 ms", "p99 ms"],
      ...rows.map(({ name, results }) => {
        const middle = (pick: (result: FanoutResult) => number): string => number(median(results.map(pick)));
        return [
          name,
          middle(({ messageCount, seconds }) => messageCount / seconds),
          middle(({ cpuMicros, messageCount }) => sum(cpuMicros.slice(0, -1)) / messageCount),
          middle(({ cpuMicros, publishCount }) => (cpuMicros.at(-1) ?? Number.NaN) / publishCount),
          middle(({ p50Micros }) => p50Micros / 1000),
          middle(({ p99Micros }) => p99Micros / 1000),
        ];
      }),
    ],
    verdicts: [judgeBar({ name: "messages lost or doubled", value: lost, most: 0 })],
    remarks,
    ahead: [],
    behind: [],
  };
}

/** Three measurements that tell the parts of a message's price from each other. */
export interface CostRuns {
  /** One node with one subscriber, and with many. */
  readonly alone: FanoutResult;
  readonly crowded: FanoutResult;
  readonly crowdCount: number;
  /** Several nodes with one subscriber each; the last takes the publishes. */
  readonly together: FanoutResult;
  /** One node with so many channels of one subscriber each, in which nothing happens. */
  readonly watching: FanoutResult;
  readonly watchedCount: number;
}

/** How often a node looks at each channel that it follows: the default of `tailProbeMs`. */
const probeSeconds = 2;

/** What one message costs whom, in microseconds of CPU. */
export function deriveMessageCosts({
  alone,
  crowdCount,
  crowded,
  together,
  watchedCount,
  watching,
}: CostRuns): Omit<Costs, "resumeMicros" | "connectionBytes"> {
  const nodeOf = ({ cpuMicros, publishCount }: FanoutResult, index = 0): number =>
    (cpuMicros[index] ?? Number.NaN) / publishCount;
  const storeOf = (result: FanoutResult): number => nodeOf(result, result.cpuMicros.length - 1);
  const deliveryMicros = (nodeOf(crowded) - nodeOf(alone)) / (crowdCount - 1);
  const hearerCount = together.cpuMicros.length - 2;
  const heard = sum(together.cpuMicros.slice(0, hearerCount)) / hearerCount / together.publishCount;
  const probeCount = (watchedCount * watching.seconds) / probeSeconds;
  return {
    deliveryMicros,
    probeMicros: (watching.cpuMicros[0] ?? Number.NaN) / probeCount,
    storeProbeMicros: (watching.cpuMicros[1] ?? Number.NaN) / probeCount,
    publishMicros: Math.max(0, nodeOf(alone) - deliveryMicros),
    hintMicros: Math.max(0, heard - deliveryMicros),
    storePublishMicros: storeOf(alone),
    storeHintMicros: Math.max(0, (storeOf(together) - storeOf(alone)) / hearerCount),
  };
}

/** What one client's return costs the nodes that take it, beside the messages that they serve meanwhile. */
export function deriveResumeMicros(
  { cpuMicros, meanwhile, movedCount }: LeaveResult,
  { deliveryMicros, hintMicros, publishMicros }: Omit<Costs, "resumeMicros" | "connectionBytes">,
): number {
  const nodeCount = cpuMicros.length - 2;
  const served =
    meanwhile.messageCount * deliveryMicros + meanwhile.publishCount * (publishMicros + (nodeCount - 1) * hintMicros);
  return Math.max(0, (sum(cpuMicros.slice(0, -1)) - served) / movedCount);
}

/** What one more of everything costs. */
export function costSection(title: string, rows: readonly (readonly [string, Costs])[]): Section {
  const names = Object.entries(costNames) as [keyof Costs, string][];
  return {
    title,
    cells: [
      ["", ...rows.map(([name]) => name)],
      ...names.map(([key, name]) => [name, ...rows.map(([, costs]) => number(costs[key]))]),
    ],
    verdicts: [],
    remarks: [
      "From four runs: one node with one subscriber, one with 200, three with one each, one with 3 000 channels that are silent; and from the two tables below. One more node costs the store the row of the announcement, and itself that of a message heard.",
    ],
    ahead: [],
    behind: [],
  };
}

/** Nodes that were killed, or asked to go. */
export function departureSection(
  title: string,
  departures: readonly Departure[],
  { mostSeconds }: { readonly mostSeconds: number },
): Section {
  const row = (name: string, pick: (departure: Departure) => string): readonly string[] => [
    name,
    ...departures.map(pick),
  ];
  const ms = (micros: number): string => number(micros / 1000);
  return {
    title,
    cells: [
      ["", ...departures.map(({ name }) => name)],
      row("clients", ({ result }) => count(result.movedCount)),
      row("the last has left after, s", ({ result }) => number(result.leftMs / 1000)),
      row("the last has resumed after, s", ({ result }) => number(result.resumedMs / 1000)),
      row("published, each for a tenth of all", ({ result }) => count(result.publishedCount)),
      row(
        "lost, doubled, gaps told",
        ({ result }) => `${result.lostCount}, ${result.doubledCount}, ${result.gapCount}`,
      ),
      row("handshakes for each client", ({ result }) => ratio(result.attemptCount / result.movedCount)),
      row(
        "the others' p99 ms, before and during",
        ({ result }) => `${ms(result.p99BeforeMicros)}, ${ms(result.p99DuringMicros)}`,
      ),
      ...(departures.some(({ reads }) => reads !== undefined)
        ? [row("reads of the log, at most channels x nodes", ({ reads }) => `${reads?.count} of ${reads?.most}`)]
        : [row("exit code", ({ exitCode }) => String(exitCode))]),
    ],
    verdicts: departures.flatMap((departure) => barsOf(departure, mostSeconds).map(judgeBar)),
    remarks: [],
    ahead: [],
    behind: [],
  };
}

function barsOf({ exitCode, name, reads, result }: Departure, mostSeconds: number): readonly Bar[] {
  return [
    // Whoever is not back is not to be left out of the time.
    {
      name: `${name}: s until all have resumed`,
      value: result.awayCount > 0 ? Infinity : result.resumedMs / 1000,
      most: mostSeconds,
    },
    { name: `${name}: lost, doubled or a gap`, value: lostOf(result) + result.gapCount, most: 0 },
    ...(reads === undefined ? [] : [{ name: `${name}: reads of the log`, value: reads.count, most: reads.most }]),
    ...(exitCode === undefined ? [] : [{ name: `${name}: exit code`, value: exitCode ?? 1, most: 0 }]),
  ];
}

/** The same kill, for us and for Socket.IO: how much of what was published each subscriber did not get. */
export function peerSection(title: string, departures: readonly Departure[], remarks: readonly string[]): Section {
  const [own, theirs] = departures.map(({ result }) => lostOf(result) + result.gapCount);
  return {
    title,
    cells: [
      ["", ...departures.map(({ name }) => name)],
      ["clients of the killed node", ...departures.map(({ result }) => count(result.movedCount))],
      ["messages published", ...departures.map(({ result }) => count(result.publishedCount))],
      ["deliveries lost, without a word", ...departures.map(({ result }) => count(result.lostCount))],
      ["doubled; gaps told", ...departures.map(({ result }) => `${result.doubledCount}; ${result.gapCount}`)],
      ["the last is back after, s", ...departures.map(({ result }) => number(result.resumedMs / 1000))],
      ["the others' p99 ms, before", ...departures.map(({ result }) => number(result.p99BeforeMicros / 1000))],
      ["the others' p99 ms, during", ...departures.map(({ result }) => number(result.p99DuringMicros / 1000))],
    ],
    verdicts: [judgeBar({ name: "deliveries lost, doubled or told as a gap, ours", value: own, most: 0 })],
    remarks,
    ahead: own !== undefined && theirs !== undefined && own < theirs ? ["Socket.IO"] : [],
    behind: own !== undefined && theirs !== undefined && own > theirs ? ["Socket.IO"] : [],
  };
}

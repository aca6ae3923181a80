import { measureFsyncMs } from "./fsync.ts";
import {
  type GatewayPeer,
  gatewayPeerNames,
  gatewayPeers,
  type GatewayServer,
  type GatewayTools,
  startGateway,
} from "./gateway-tools.ts";
import type { LoadResult } from "./measure.ts";
import { type Bar, judgeBar, median, number, ratio, type Section } from "./section.ts";

/** One table's load. */
interface GatewayWorkload {
  readonly title: string;
  readonly pattern: "fanout" | "publish" | "idle";
  readonly options: Readonly<Record<string, number>>;
  readonly peers: readonly GatewayPeer[];
  /** What issue 4 asks of it. */
  readonly barsOf: (rows: Rows) => readonly Bar[];
  readonly remarks?: readonly string[];
}

/** One peer in one round. Idle: bytes a connection, in `judged`. */
interface Figures {
  /** CPU microseconds for a delivery or an acknowledgement, or bytes for a connection: less is better. */
  readonly judged: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

type Rows = ReadonlyMap<GatewayPeer, readonly Figures[]>;

const toThousand = (inFlight: number): Readonly<Record<string, number>> => ({
  connections: 1000,
  "in-flight": inFlight,
  bytes: 100,
  "window-ms": 2000,
});

function timesSocketIo(rows: Rows): number | undefined {
  const [own, theirs] = [judgedOf(rows, "sqlite"), judgedOf(rows, "socketIo")];
  return own === undefined || theirs === undefined ? undefined : theirs / own;
}

/** Every table of the suite. */
export const gatewayWorkloads: readonly GatewayWorkload[] = [
  {
    title: "Gateway: 1 publisher to 1 000 subscribers, 1 message outstanding",
    pattern: "fanout",
    options: toThousand(1),
    peers: gatewayPeers,
    barsOf: () => [],
    remarks: [
      "Nothing is to be merged here: a delivery is a system call, and that is most of it for either. The floor is the table of the engine: C, epoll.",
    ],
  },
  {
    title: "Gateway: 1 publisher to 1 000 subscribers, 16 messages outstanding",
    pattern: "fanout",
    options: toThousand(16),
    peers: gatewayPeers,
    barsOf: (rows) => [
      { name: "deliveries per CPU second, in multiples of Socket.IO's,", value: timesSocketIo(rows), least: 3 },
    ],
  },
  {
    title: "Gateway: 1 publisher to 1 000 subscribers, 30 messages a second",
    pattern: "fanout",
    options: { ...toThousand(1), rate: 30 },
    peers: gatewayPeers,
    barsOf: () => [],
    remarks: ["Below what any of them can do: what the latency is without a queue."],
  },
  {
    title: "Gateway: publishes acknowledged, 16 publishers with 4 each on their way",
    pattern: "publish",
    options: { connections: 16, "in-flight": 4, bytes: 100, "window-ms": 3000 },
    peers: ["sqlite", "memory"],
    barsOf: (rows) => [
      { name: "acknowledged a second at fsync", value: medianOf(rows, "sqlite", "perSecond"), least: 5000 },
      { name: "p99 ms", value: medianOf(rows, "sqlite", "p99Ms"), most: 25 },
    ],
  },
  {
    title: "Gateway: idle connection, authenticated and subscribed, bytes of RSS",
    pattern: "idle",
    options: { connections: 8000 },
    peers: ["sqlite", "socketIo"],
    barsOf: (rows) => [
      { name: "bytes", value: judgedOf(rows, "sqlite"), most: 10_240 },
      { name: "x Socket.IO", value: 1 / (timesSocketIo(rows) ?? Number.NaN), most: 0.5 },
    ],
  },
];

interface SuiteOptions {
  readonly tools: GatewayTools;
  readonly roundCount: number;
  readonly onProgress: (line: string) => void;
}

/** Measures every table; the peers take turns, so that a disturbance of the machine hits all of them and not one. */
export async function measureGateway(options: SuiteOptions): Promise<readonly Section[]> {
  const sections: Section[] = [];
  for (const workload of gatewayWorkloads) sections.push(await measureOne(workload, options));
  return sections;
}

async function measureOne(
  workload: GatewayWorkload,
  { onProgress, roundCount, tools }: SuiteOptions,
): Promise<Section> {
  const rows = new Map<GatewayPeer, Figures[]>();
  const peers = workload.peers.filter((peer) => tools.has(peer));
  const fsyncsMs: number[] = [];
  for (let round = 1; round <= roundCount; round++) {
    for (const peer of peers) {
      const figures = await (workload.pattern === "idle" ? measureIdle : measureTraffic)(workload, peer, tools);
      rows.set(peer, [...(rows.get(peer) ?? []), figures]);
    }
    if (workload.pattern === "publish") fsyncsMs.push(measureFsyncMs(tools.folder));
    onProgress(`${workload.title}: round ${round} of ${roundCount}`);
  }
  const fsync = `One write of 4 KiB and fsync on the same disk, in between: ${median(fsyncsMs).toFixed(2)} ms.`;
  return gatewaySection(workload, rows, workload.pattern === "publish" ? [fsync] : []);
}

/** A process of its own for every round: what one run leaves in its heap is not the next one's. */
async function measureTraffic(workload: GatewayWorkload, peer: GatewayPeer, tools: GatewayTools): Promise<Figures> {
  const server = await startGateway(tools, peer);
  const client = tools.startLoad(server, workload.pattern, { "warmup-ms": 2000, ...workload.options });
  try {
    const { cpuMicros, messageCount, p50Micros, p99Micros, seconds } = JSON.parse(
      await client.readLine(90_000),
    ) as LoadResult; // the load's own line
    if (messageCount === 0) throw new Error("Cannot measure: no message came");
    return {
      judged: (cpuMicros ?? Number.NaN) / messageCount,
      perSecond: messageCount / seconds,
      p50Ms: p50Micros / 1000,
      p99Ms: p99Micros / 1000,
    };
  } finally {
    client.stop();
    server.process.stop();
  }
}

/** Half of the connections fills what the process has to spare; what the others add is measured. */
async function measureIdle({ options }: GatewayWorkload, peer: GatewayPeer, tools: GatewayTools): Promise<Figures> {
  const server = await startGateway(tools, peer);
  const { connections = 0 } = options;
  const first = tools.startLoad(server, "idle", { connections: connections / 2 });
  let second: ReturnType<GatewayTools["startLoad"]> | undefined;
  try {
    await first.readLine(300_000);
    const before = await readResidentBytes(server);
    second = tools.startLoad(server, "idle", { connections });
    await second.readLine(300_000);
    const judged = ((await readResidentBytes(server)) - before) / connections;
    // Whether all of them are still there: memory of connections that are gone is none.
    for (const load of [first, second]) await load.ask("");
    return { judged, perSecond: Number.NaN, p50Ms: Number.NaN, p99Ms: Number.NaN };
  } finally {
    first.stop();
    second?.stop();
    server.process.stop();
  }
}

async function readResidentBytes({ process }: GatewayServer): Promise<number> {
  return Number((await process.ask("collect")).replace("Resident ", ""));
}

function medianOf(rows: Rows, peer: GatewayPeer, name: keyof Figures): number | undefined {
  const figures = rows.get(peer);
  return figures && median(figures.map((one) => one[name]));
}

function judgedOf(rows: Rows, peer: GatewayPeer): number | undefined {
  return medianOf(rows, peer, "judged");
}

/** The table with its bars, from every round's figures. */
export function gatewaySection(workload: GatewayWorkload, rows: Rows, remarks: readonly string[] = []): Section {
  const isIdle = workload.pattern === "idle";
  const theirs = judgedOf(rows, "socketIo") ?? Number.NaN;
  const toTheirs = (judgedOf(rows, "sqlite") ?? Number.NaN) / theirs;
  const rival = `${gatewayPeerNames.socketIo} (${ratio(toTheirs)})`;
  return {
    title: workload.title,
    cells: [
      isIdle
        ? ["", "bytes", "least to most", "x Socket.IO"]
        : ["", "CPU us each", "least to most", "each CPU second", "each second", "p50 ms", "p99 ms", "x Socket.IO"],
      ...Array.from(rows, ([peer, figures]) => rowOf(peer, figures, { isIdle, theirs })),
    ],
    verdicts: workload.barsOf(rows).map(judgeBar),
    remarks: [...(workload.remarks ?? []), ...remarks],
    ahead: toTheirs < 1 ? [rival] : [],
    behind: toTheirs > 1 ? [rival] : [],
  };
}

function rowOf(
  peer: GatewayPeer,
  figures: readonly Figures[],
  { isIdle, theirs }: { readonly isIdle: boolean; readonly theirs: number },
): readonly string[] {
  const all = figures.map((one) => one.judged);
  const middle = (name: keyof Figures): number => median(figures.map((one) => one[name]));
  const judged = middle("judged");
  const spread = `${number(Math.min(...all))} to ${number(Math.max(...all))}`;
  const traffic = [number(1e6 / judged), number(middle("perSecond")), number(middle("p50Ms")), number(middle("p99Ms"))];
  return [gatewayPeerNames[peer], number(judged), spread, ...(isIdle ? [] : traffic), ratio(judged / theirs)];
}

import type { Capacity, Costs } from "./capacity.ts";
import {
  costSection,
  type CostRuns,
  type Departure,
  departureSection,
  deriveMessageCosts,
  deriveResumeMicros,
  type FanoutResult,
  type FanoutRow,
  fanoutSection,
  type LeaveResult,
  peerSection,
} from "./nodes-figures.ts";
import {
  type NodeKind,
  type Nodes,
  nodeStores,
  type NodesTools,
  type NodeStore,
  socketIoName,
  startNodes,
  storeNames,
} from "./nodes-tools.ts";
import { median, type Section } from "./section.ts";

interface SuiteOptions {
  readonly tools: NodesTools;
  readonly roundCount: number;
  /** Of the node that goes. */
  readonly clientCount: number;
  /** How long each window of traffic is. */
  readonly seconds: number;
  readonly onProgress: (line: string) => void;
}

/** What the nodes gave, and what is counted with. */
export interface NodesMeasured {
  readonly sections: readonly Section[];
  readonly costs: Capacity["costs"];
}

const subscriberCount = 900;
const crowdCount = 200;
const watchedCount = 3_000;
const channelCount = 10;
const stayCount = 20;
const publishesPerSecond = 20;

/** Fan-out over one to three nodes; what one more costs; a node that is killed; a node that is asked to go. */
export async function measureNodes(options: SuiteOptions): Promise<NodesMeasured> {
  const fanout = await measureFanout(options);
  const departures = { killed: [] as Departure[], drained: [] as Departure[] };
  const costs: Partial<Record<NodeStore, Costs>> = {};
  for (const store of nodeStores) {
    const message = await measureMessageCosts(store, options);
    const killed = await killNode(store, options);
    const { connectionBytes, drained } = await drainNode(store, options);
    departures.killed.push(killed);
    departures.drained.push(drained);
    costs[store] = { ...message, resumeMicros: deriveResumeMicros(killed.result, message), connectionBytes };
  }
  const { jetstream, redis } = costs;
  if (redis === undefined || jetstream === undefined) throw new Error("Cannot measure nodes: a store was left out");
  const rows = [
    ["Redis", redis],
    ["JetStream", jetstream],
  ] as const;
  const clients = options.clientCount.toLocaleString("en");
  return {
    sections: [
      fanout,
      costSection("Nodes: what one more of it costs", rows),
      departureSection(`Nodes: kill -9 of one of three, with ${clients} clients`, departures.killed, {
        mostSeconds: 30,
      }),
      departureSection(`Nodes: SIGTERM to one of three, with ${clients} clients`, departures.drained, {
        mostSeconds: 20,
      }),
    ],
    costs: { redis, jetstream },
  };
}

/** The same fan-out and the same kill for Socket.IO with its Redis Streams adapter, in turns with ours, on a Redis alike. */
export async function measurePeer(options: SuiteOptions): Promise<readonly Section[]> {
  const { clientCount, onProgress, roundCount, tools } = options;
  const kinds = [
    ["switchboard", "Switchboard"],
    ["socketIo", socketIoName],
  ] as const;
  if (tools.socketIo === undefined) return [];
  const rows = kinds.map(([kind, name]) => ({ kind, name, results: [] as FanoutResult[] }));
  for (let round = 1; round <= roundCount; round++) {
    for (const { kind, results } of rows) {
      results.push(
        await fanOut({ store: "redis", kind, count: 2 }, { connections: subscriberCount, "in-flight": 16 }, options),
      );
    }
    onProgress(`beside Socket.IO, 2 nodes: round ${round} of ${roundCount}`);
  }
  const departures: Departure[] = [];
  for (const [kind, name] of kinds) {
    const nodes = await startNodes(tools, { store: "redis", count: 3, kind });
    departures.push({ name, result: await seeNodeGo(nodes, "SIGKILL", { ...options, channelCount: 1 }) });
    onProgress(`${name}: killed`);
  }
  return [
    fanoutSection("Nodes: 2 on one Redis, one channel, 900 subscribers, 16 messages outstanding", rows, [
      "Both write each message to a Redis that syncs before it answers; ours acknowledges it then, Socket.IO's adapter does not wait.",
    ]),
    peerSection(
      `Nodes: kill -9 of one of three, with ${clientCount.toLocaleString("en")} clients, beside Socket.IO`,
      departures,
      [
        "Socket.IO runs with `connectionStateRecovery`, and the load asks for it as its client does. A session is stored when a node sees its client leave: a node that is killed sees nobody leave.",
      ],
    ),
  ];
}

async function measureFanout({ onProgress, roundCount, ...options }: SuiteOptions): Promise<Section> {
  const rows = nodeStores.flatMap((store) =>
    [1, 2, 3].map((count) => ({
      store,
      count,
      name: `${storeNames[store]}, ${count} ${count === 1 ? "node" : "nodes"}`,
      results: [] as FanoutResult[],
    })),
  );
  for (let round = 1; round <= roundCount; round++) {
    for (const { count, results, store } of rows) {
      results.push(await fanOut({ store, count }, { connections: subscriberCount, "in-flight": 16 }, options));
    }
    onProgress(`fan-out over nodes: round ${round} of ${roundCount}`);
  }
  return fanoutSection(
    "Nodes: one channel, 900 subscribers over all nodes, 16 messages outstanding",
    rows satisfies FanoutRow[],
    [
      "All nodes are on one CPU, so that deliveries a second do not grow with them: what can be seen is what a delivery costs when it comes from another node.",
    ],
  );
}

interface FanoutPlan {
  readonly store: NodeStore;
  readonly count: number;
  readonly kind?: NodeKind;
}

async function fanOut(
  plan: FanoutPlan,
  load: Readonly<Record<string, number>>,
  { seconds, tools }: Pick<SuiteOptions, "seconds" | "tools">,
): Promise<FanoutResult> {
  const nodes = await startNodes(tools, plan);
  const client = nodes.startLoad("fanout", { "warmup-ms": 1500, "window-ms": seconds * 1000, ...load });
  try {
    return JSON.parse(await client.readLine(90_000)) as FanoutResult; // the load's own line
  } finally {
    client.stop();
    await nodes.dispose();
  }
}

/** Until a node has seen a few thousand messages, what is measured is its compiler. */
const warm = { "warmup-ms": 4000 } as const;

async function measureMessageCosts(
  store: NodeStore,
  options: SuiteOptions,
): Promise<ReturnType<typeof deriveMessageCosts>> {
  const rounds: ReturnType<typeof deriveMessageCosts>[] = [];
  for (let round = 1; round <= options.roundCount; round++) {
    const runs: CostRuns = {
      alone: await fanOut({ store, count: 1 }, { ...warm, connections: 1, rate: 1000 }, options),
      crowded: await fanOut({ store, count: 1 }, { ...warm, connections: crowdCount, rate: 200 }, options),
      crowdCount,
      together: await fanOut({ store, count: 3 }, { ...warm, connections: 1, stay: 1, rate: 1000 }, options),
      watching: await fanOut(
        { store, count: 1 },
        { ...warm, connections: watchedCount, channels: watchedCount, rate: 1, "window-ms": 6000 },
        options,
      ),
      watchedCount,
    };
    rounds.push(deriveMessageCosts(runs));
    options.onProgress(`${storeNames[store]}, costs: round ${round} of ${options.roundCount}`);
  }
  const middle = (name: keyof (typeof rounds)[number]): number => median(rounds.map((costs) => costs[name]));
  return {
    deliveryMicros: middle("deliveryMicros"),
    publishMicros: middle("publishMicros"),
    hintMicros: middle("hintMicros"),
    storePublishMicros: middle("storePublishMicros"),
    storeHintMicros: middle("storeHintMicros"),
    probeMicros: middle("probeMicros"),
    storeProbeMicros: middle("storeProbeMicros"),
  };
}

async function killNode(store: NodeStore, options: SuiteOptions): Promise<Departure> {
  const nodes = await startNodes(options.tools, { store, count: 3 });
  const reads = { count: 0, most: channelCount * 2 };
  const result = await seeNodeGo(nodes, "SIGKILL", {
    ...options,
    channelCount,
    onReads: (count) => (reads.count = count),
  });
  options.onProgress(`${storeNames[store]}: a node was killed`);
  return { name: storeNames[store], result, reads };
}

/** Half of the time that the bar gives for letting them go, one by one; the rest is for the last to come back. */
const drainMs = 15_000;

async function drainNode(
  store: NodeStore,
  options: SuiteOptions,
): Promise<{ readonly drained: Departure; readonly connectionBytes: number }> {
  const nodes = await startNodes(options.tools, { store, count: 3, drainMs });
  const first = nodes.nodes[0]?.process;
  const resident = async (): Promise<number> => Number((await first?.ask("collect"))?.replace("Resident ", ""));
  const emptyBytes = await resident();
  let [fullBytes, exitCode]: [number, number | null] = [Number.NaN, null];
  const result = await seeNodeGo(nodes, "SIGTERM", {
    ...options,
    channelCount,
    beforeIt: async () => (fullBytes = await resident()),
    onExit: (code) => (exitCode = code),
  });
  options.onProgress(`${storeNames[store]}: a node was asked to go`);
  return {
    drained: { name: storeNames[store], result, exitCode },
    connectionBytes: (fullBytes - emptyBytes) / options.clientCount,
  };
}

interface Going extends Pick<SuiteOptions, "clientCount"> {
  readonly channelCount: number;
  readonly beforeIt?: () => Promise<unknown>;
  readonly onReads?: (count: number) => void;
  readonly onExit?: (code: number | null) => void;
}

/** Fills the first node, has it go, waits until everybody has everything at the others. Disposes of the nodes. */
async function seeNodeGo(nodes: Nodes, signal: NodeJS.Signals, options: Going): Promise<LeaveResult> {
  const { beforeIt, channelCount: channels, clientCount: connections, onExit, onReads } = options;
  const client = nodes.startLoad("leave", { connections, stay: stayCount, channels, rate: publishesPerSecond });
  const [first, ...others] = nodes.nodes.map(({ process }) => process);
  const readAll = async (): Promise<number> => {
    const answers = await Promise.all(others.map((process) => process.ask("reads")));
    return answers.reduce((all, answer) => all + (JSON.parse(answer) as { readonly log: number }).log, 0);
  };
  try {
    await client.readLine(180_000);
    await beforeIt?.();
    const before = onReads === undefined ? 0 : await readAll();
    const ended = first?.end(signal);
    client.say("gone");
    const result = JSON.parse(await client.readLine(180_000)) as LeaveResult; // the load's own line
    onReads?.((await readAll()) - before);
    onExit?.((await ended) ?? null);
    return result;
  } finally {
    client.stop();
    await nodes.dispose();
  }
}

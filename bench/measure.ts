import { BenchProcess } from "./process.ts";
import type { Load, Peer, Workload } from "./suites.ts";
import { limitConnections, type Tools } from "./tools.ts";

/** One peer in one round. */
export interface Measurement {
  readonly peer: Peer;
  readonly round: number;
  /** What is judged: microseconds of CPU per message, bytes per connection, or the median round trip in microseconds. */
  readonly judged: number;
  /** Messages per second, or the 99th percentile of the round trip in microseconds. */
  readonly second: number;
}

/** What a load says of its window. */
export interface LoadResult {
  readonly messageCount: number;
  readonly seconds: number;
  /** Null where there is no /proc. */
  readonly cpuMicros: number | null;
  readonly p50Micros: number;
  readonly p99Micros: number;
}

/** Measurements, and which were not possible. */
export interface Measured {
  readonly measurements: readonly Measurement[];
  readonly notes: readonly string[];
}

interface MeasureOptions {
  readonly tools: Tools;
  readonly roundCount: number;
  readonly onProgress: (line: string) => void;
}

type Figures = Pick<Measurement, "judged" | "second">;

/** The peers take turns, so that a disturbance of the machine hits all of them and not one. */
export async function measureWorkload(workload: Workload, options: MeasureOptions): Promise<Measured> {
  const { tools, roundCount, onProgress } = options;
  const measurements: Measurement[] = [];
  const notes: string[] = [];
  const servers = new ServerPool(tools, workload.load.isDeflated === true);
  try {
    for (let round = 1; round <= roundCount; round++) {
      for (const peer of workload.peers.filter((each) => tools.servers.has(each))) {
        try {
          const figures =
            workload.load.pattern === "idle"
              ? await measureIdle(peer, workload.load, servers, tools)
              : await measureTraffic(workload.load, await servers.start(peer), tools);
          measurements.push({ peer, round, ...figures });
        } catch (error) {
          servers.stop(peer);
          notes.push(
            `${workload.title}: ${peer}, round ${round}: ${error instanceof Error ? error.message : "failed"}`,
          );
        }
      }
      onProgress(`${workload.title}: round ${round} of ${roundCount}`);
    }
  } finally {
    servers.stopAll();
  }
  return { measurements, notes };
}

interface Server {
  readonly process: BenchProcess;
  readonly port: number;
  /** Until it has been under load for a while, what is measured is its compiler. */
  isWarm: boolean;
}

/** Each peer's process, started when it is needed. */
class ServerPool {
  readonly #tools: Tools;
  readonly #isDeflated: boolean;
  readonly #servers = new Map<Peer, Server>();

  constructor(tools: Tools, isDeflated: boolean) {
    this.#tools = tools;
    this.#isDeflated = isDeflated;
  }

  async start(peer: Peer): Promise<Server> {
    const running = this.#servers.get(peer);
    if (running !== undefined) return running;
    const command = this.#tools.servers.get(peer) ?? [];
    const process = new BenchProcess(this.#isDeflated ? [...command, "--deflate"] : command, {
      DENO_NO_UPDATE_CHECK: "1",
    });
    const server = { process, port: 0, isWarm: false };
    this.#servers.set(peer, server); // before it has said anything, so that it is ended with the others
    server.port = Number((await process.readLine()).replace("Listening on ", ""));
    return server;
  }

  stop(peer: Peer): void {
    this.#servers.get(peer)?.process.stop();
    this.#servers.delete(peer);
  }

  stopAll(): void {
    for (const peer of this.#servers.keys()) this.stop(peer);
  }
}

async function measureTraffic(load: Load, server: Server, tools: Tools): Promise<Figures> {
  const client = new BenchProcess([...tools.load, ...loadArguments(load, server)]);
  try {
    const result = JSON.parse(await client.readLine(60_000)) as LoadResult; // the load's own line
    server.isWarm = true;
    if (result.messageCount === 0) throw new Error("Cannot measure: no message came");
    if (load.pattern === "latency") return { judged: result.p50Micros, second: result.p99Micros };
    return {
      judged: (result.cpuMicros ?? Number.NaN) / result.messageCount,
      second: result.messageCount / result.seconds,
    };
  } finally {
    client.stop();
  }
}

/**
 * A third of the connections fills what the process has to spare; what the others add is measured. Every round has a new process: the
 * heap of one that has already held so many would take the next for nothing.
 */
async function measureIdle(peer: Peer, load: Load, servers: ServerPool, tools: Tools): Promise<Figures> {
  servers.stop(peer);
  const server = await servers.start(peer);
  const connectionCount = Math.floor((limitConnections(load.connectionCount * 1.5) * 2) / 3);
  const first = { ...load, connectionCount: Math.floor(connectionCount / 2) };
  const addedBytes = await whileOpen(first, server, tools, async () => {
    const before = await readResidentBytes(server);
    return (await whileOpen({ ...load, connectionCount }, server, tools, () => readResidentBytes(server))) - before;
  });
  servers.stop(peer);
  const bytes = addedBytes / connectionCount;
  return { judged: bytes, second: bytes };
}

async function whileOpen<Result>(
  load: Load,
  server: Server,
  tools: Tools,
  look: () => Promise<Result>,
): Promise<Result> {
  const client = new BenchProcess([...tools.load, ...loadArguments(load, server)]);
  try {
    await client.readLine(90_000);
    return await look();
  } finally {
    client.stop();
  }
}

async function readResidentBytes(server: Server): Promise<number> {
  return Number((await server.process.ask("collect")).replace("Resident ", ""));
}

function loadArguments(load: Load, server: Server): readonly string[] {
  const options = {
    port: server.port,
    connections: load.connectionCount,
    "in-flight": load.inFlightCount,
    bytes: load.payload.bytes,
    kind: load.payload.kind,
    deflate: load.isDeflated === true ? 1 : 0,
    "warmup-ms": server.isWarm ? 200 : 1500,
    "window-ms": load.windowMs ?? 800,
    pid: server.process.id,
  };
  return [load.pattern, ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])];
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { NatsServer } from "../test/nats-server.ts";
import { RedisServer } from "../test/redis-server.ts";
import { BenchProcess } from "./process.ts";
import { bundle, compile, findPins, installPackage, nodeCommand, toolsFolder } from "./tools.ts";

/** What nodes share, with the level that our nodes measure of it. */
export const nodeStores = ["redis", "jetstream"] as const;
export type NodeStore = (typeof nodeStores)[number];

export const storeNames: Readonly<Record<NodeStore, string>> = { redis: "Redis, fsync", jetstream: "JetStream, os" };

/** Whose nodes: ours, or Socket.IO 4 with its Redis Streams adapter and connection state recovery. */
export type NodeKind = "switchboard" | "socketIo";

const socketIoVersion = "4.8.4";
const adapterVersion = "0.3.1";
export const socketIoName = `Socket.IO ${socketIoVersion}, streams adapter ${adapterVersion}`;

/** A server under test. */
export interface Node {
  readonly process: BenchProcess;
  readonly port: number;
}

/** Some nodes on one store. */
export class Nodes {
  readonly kind: NodeKind;
  readonly nodes: readonly Node[];
  readonly #tools: NodesTools;
  readonly #store: RedisServer | NatsServer;

  constructor(parts: {
    readonly kind: NodeKind;
    readonly nodes: readonly Node[];
    readonly tools: NodesTools;
    readonly store: RedisServer | NatsServer;
  }) {
    this.kind = parts.kind;
    this.nodes = parts.nodes;
    this.#tools = parts.tools;
    this.#store = parts.store;
  }

  /** The CPU that it tells is of the nodes, in their order, and then of the store. */
  startLoad(pattern: "fanout" | "leave", options: Readonly<Record<string, number>>): BenchProcess {
    const lists = {
      ports: this.nodes.map(({ port }) => port).join(","),
      // Of a process that goes, there is nothing to read.
      pids: [
        ...this.nodes.map(({ process }, index) => (pattern === "leave" && index === 0 ? 0 : process.id)),
        this.#store.pid ?? 0,
      ].join(","),
      "socket-io": this.kind === "socketIo" ? 1 : 0,
    };
    const words = Object.entries({ ...options, ...lists }).flatMap(([name, value]) => [`--${name}`, String(value)]);
    return new BenchProcess([...this.#tools.loadPin, this.#tools.load, pattern, ...words]);
  }

  async dispose(): Promise<void> {
    for (const { process } of this.nodes) process.stop();
    await this.#store.dispose();
  }
}

/** What the nodes are measured with. */
export interface NodesTools {
  readonly notes: readonly string[];
  readonly load: string;
  readonly loadPin: readonly string[];
  readonly nodePin: readonly string[];
  /** The folder of Socket.IO and its adapter; absent where it was not asked for or is not to be had. */
  readonly socketIo: string | undefined;
}

/** @throws if the load cannot be compiled: then there is nothing to measure with. */
export async function prepareNodesTools(isPeerWanted: boolean): Promise<NodesTools> {
  const notes: string[] = [];
  const [nodePin, loadPin] = await findPins(notes);
  await bundle(["servers/gateway.ts", "servers/socket-io.ts"]);
  const load = await compile("nodes-load", notes, "nodes are not measured");
  if (load === undefined) throw new Error(`Cannot measure nodes: ${notes.join("; ")}`);
  const socketIo = isPeerWanted ? await findSocketIo(notes) : undefined;
  return { notes, load, loadPin, nodePin, socketIo };
}

/** Starts a store and so many nodes on it, and waits until they listen. */
export async function startNodes(
  tools: NodesTools,
  {
    count,
    drainMs = 0,
    kind = "switchboard",
    store: name,
  }: { readonly store: NodeStore; readonly count: number; readonly kind?: NodeKind; readonly drainMs?: number },
): Promise<Nodes> {
  const store = await (name === "redis" ? RedisServer.start() : NatsServer.start());
  const words =
    kind === "socketIo"
      ? ["servers/socket-io", tools.socketIo ?? "", store.url]
      : ["servers/gateway", "--store", store.url, "--drain-ms", String(drainMs)];
  const nodes: Node[] = [];
  try {
    for (let index = 0; index < count; index++) {
      const [program = "", ...flags] = words;
      const process = new BenchProcess([...tools.nodePin, ...nodeCommand(program), ...flags]);
      nodes.push({ process, port: 0 });
      nodes[index] = { process, port: Number((await process.readLine()).replace("Listening on ", "")) };
    }
    return new Nodes({ kind, nodes, tools, store });
  } catch (error) {
    for (const { process } of nodes) process.stop();
    await store.dispose();
    throw error;
  }
}

async function findSocketIo(notes: string[]): Promise<string | undefined> {
  const adapter = "@socket.io/redis-streams-adapter";
  const isThere = (folder: string): boolean =>
    ["socket.io", adapter].every((name) => existsSync(join(folder, "node_modules", name, "package.json")));
  const kept = join(toolsFolder, `socket.io-${socketIoVersion}`);
  const folder = isThere(kept)
    ? kept
    : await installPackage("socket.io", socketIoVersion, [`${adapter}@${adapterVersion}`]);
  if (isThere(folder)) return folder;
  notes.push(`socket.io ${socketIoVersion} with ${adapter} ${adapterVersion} is not to be had from npm here: left out`);
  return undefined;
}

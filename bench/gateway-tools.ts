import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BenchProcess } from "./process.ts";
import { bundle, compile, findPins, installPackage, nodeCommand, toolsFolder } from "./tools.ts";

/** Who is measured: the gateway as it is by default, the same without a disk, and Socket.IO 4, which stores nothing. */
export const gatewayPeers = ["sqlite", "memory", "socketIo"] as const;
export type GatewayPeer = (typeof gatewayPeers)[number];

const socketIoVersion = "4.8.4";

/** How a peer is called in a table. */
export const gatewayPeerNames: Readonly<Record<GatewayPeer, string>> = {
  sqlite: "Switchboard, SQLite, fsync",
  memory: "the same, memory broker",
  socketIo: `Socket.IO ${socketIoVersion}`,
};

/** The loads in `native/` that speak to a gateway. There is none in Node: it could not keep up with what it measures. */
export type GatewayLoad = "gateway-load" | "stalled-load";

/** What a gateway's figures are measured with. */
export class GatewayTools {
  readonly notes: readonly string[];
  /** Where the logs are: on the disk that the repository is on. */
  readonly folder: string;
  readonly #pins: Awaited<ReturnType<typeof findPins>>;
  readonly #load: string;
  readonly #socketIo: string | undefined;

  constructor(parts: {
    readonly notes: readonly string[];
    readonly pins: Awaited<ReturnType<typeof findPins>>;
    readonly load: string;
    readonly socketIo: string | undefined;
  }) {
    this.notes = parts.notes;
    this.#pins = parts.pins;
    this.#load = parts.load;
    this.#socketIo = parts.socketIo;
    this.folder = mkdtempSync(join(toolsFolder, "logs-"));
  }

  has(peer: GatewayPeer): boolean {
    return peer !== "socketIo" || this.#socketIo !== undefined;
  }

  /** @param flags - more for the gateway's program. */
  startServer(peer: GatewayPeer, flags: readonly string[] = []): BenchProcess {
    const [pin] = this.#pins;
    if (peer === "socketIo") {
      return new BenchProcess([...pin, ...nodeCommand("servers/socket-io"), this.#socketIo ?? ""]);
    }
    const folder = mkdtempSync(join(this.folder, "gateway-"));
    return new BenchProcess([
      ...pin,
      ...nodeCommand("servers/gateway"),
      folder,
      ...(peer === "memory" ? ["--memory"] : []),
      ...flags,
    ]);
  }

  startLoad(server: GatewayServer, pattern: string, options: Readonly<Record<string, number>>): BenchProcess {
    const isSocketIo = server.peer === "socketIo" ? 1 : 0;
    const all = { ...options, port: server.port, pid: server.process.id, "socket-io": isSocketIo };
    const words = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
    return new BenchProcess([...this.#pins[1], this.#load, pattern, ...words]);
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A server under test. */
export interface GatewayServer {
  readonly peer: GatewayPeer;
  readonly process: BenchProcess;
  readonly port: number;
}

/** Starts a peer's server and waits until it listens. */
export async function startGateway(
  tools: GatewayTools,
  peer: GatewayPeer,
  flags: readonly string[] = [],
): Promise<GatewayServer> {
  const process = tools.startServer(peer, flags);
  try {
    return { peer, process, port: Number((await process.readLine()).replace("Listening on ", "")) };
  } catch (error) {
    process.stop();
    throw error;
  }
}

/** Compiles and fetches what it needs. @throws if the load cannot be compiled: then there is nothing to measure with. */
export async function prepareGatewayTools(load: GatewayLoad): Promise<GatewayTools> {
  const notes: string[] = [];
  const pins = await findPins(notes);
  await bundle(["servers/gateway.ts", "servers/socket-io.ts"]);
  const program = await compile(load, notes, "the gateway is not measured");
  if (program === undefined) throw new Error(`Cannot measure the gateway: ${notes.join("; ")}`);
  const socketIo = load === "gateway-load" ? await findSocketIo(notes) : undefined;
  mkdirSync(toolsFolder, { recursive: true });
  return new GatewayTools({ notes, pins, load: program, socketIo });
}

async function findSocketIo(notes: string[]): Promise<string | undefined> {
  const isThere = (folder: string): boolean => existsSync(join(folder, "node_modules/socket.io/package.json"));
  const kept = join(toolsFolder, `socket.io-${socketIoVersion}`);
  const folder = isThere(kept) ? kept : await installPackage("socket.io", socketIoVersion);
  if (isThere(folder)) return folder;
  notes.push(`socket.io ${socketIoVersion} is not to be had from npm here: left out`);
  return undefined;
}

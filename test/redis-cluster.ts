/** A real Redis Cluster for a test: a few processes on loopback, each with a share of the slots, and replicas where they are asked for. */
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { RedisServer, syncedSettings } from "./redis-server.ts";

const slotCount = 16_384;

/** Members that find each other dead within half a second. */
function memberSettings(settings: readonly string[], busPort: number): readonly string[] {
  const cluster = ["--cluster-enabled", "yes", "--cluster-node-timeout", "500", "--cluster-port", String(busPort)];
  return [...settings, ...cluster, "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0"];
}

/** Masters, and as many replicas, each of the master at its place. */
export class RedisCluster {
  readonly masters: readonly RedisServer[];
  readonly replicas: readonly RedisServer[];

  private constructor(masters: readonly RedisServer[], replicas: readonly RedisServer[]) {
    this.masters = masters;
    this.replicas = replicas;
  }

  /** @param replicaCount - how many of the masters have a replica. */
  static async start({ masterCount = 3, replicaCount = 0, settings = syncedSettings } = {}): Promise<RedisCluster> {
    const members = await Promise.all(
      Array.from({ length: masterCount + replicaCount }, async () => {
        const busPort = await freePort();
        return { busPort, server: await RedisServer.start(memberSettings(settings, busPort)) };
      }),
    );
    const servers = members.map(({ server }) => server);
    const [masters, replicas] = [servers.slice(0, masterCount), servers.slice(masterCount)];
    for (const [at, master] of masters.entries()) {
      const [from, to] = [at, at + 1].map((part) => Math.floor((slotCount * part) / masterCount));
      master.command("CLUSTER", "ADDSLOTSRANGE", String(from), String((to ?? 0) - 1));
      // Different, so that nobody's slots are doubted.
      master.command("CLUSTER", "SET-CONFIG-EPOCH", String(at + 1));
    }
    for (const { busPort, server } of members.slice(1)) {
      masters[0]?.command("CLUSTER", "MEET", "127.0.0.1", String(server.port), String(busPort));
    }
    const cluster = new RedisCluster(masters, replicas);
    await cluster.#agreed(servers);
    for (const [at, replica] of replicas.entries()) {
      replica.command("CLUSTER", "REPLICATE", masters[at]?.command("CLUSTER", "MYID") ?? "");
    }
    for (const [at] of replicas.entries()) {
      while (!masters[at]?.command("INFO", "replication").includes("state=online")) await delay(20);
    }
    return cluster;
  }

  get urls(): readonly string[] {
    return this.masters.map(({ url }) => url);
  }

  get #servers(): readonly RedisServer[] {
    return [...this.masters, ...this.replicas];
  }

  /** The master that has a key's slot now. */
  masterOf(key: string): RedisServer {
    const slot = Number(this.masters[0]?.command("CLUSTER", "KEYSLOT", key));
    const owner = this.#servers.find((server) => {
      const [, line = ""] = /^(.* myself,master .*)$/mu.exec(server.command("CLUSTER", "NODES")) ?? [];
      return line.split(" ").some((range) => {
        const [from, to = from] = range.split("-").map(Number);
        return from !== undefined && to !== undefined && from <= slot && slot <= to && /^[\d-]+$/u.test(range);
      });
    });
    if (owner === undefined) throw new Error(`Cannot find the master of slot ${slot}`);
    return owner;
  }

  /** Moves a key's slot, with all its keys, step by step as `redis-cli --cluster reshard` does; `midway` runs when half of them are moved. */
  moveSlotOf(key: string, target: RedisServer, midway: () => Promise<void>): Promise<void> {
    const source = this.masterOf(key);
    const slot = source.command("CLUSTER", "KEYSLOT", key);
    const [sourceId, targetId] = [source, target].map((server) => server.command("CLUSTER", "MYID")) as [
      string,
      string,
    ];
    const move = (keys: readonly string[]): void => {
      for (const one of keys) source.command("MIGRATE", "127.0.0.1", String(target.port), one, "0", "5000");
    };
    return (async () => {
      target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", sourceId);
      source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", targetId);
      const keys = source.command("CLUSTER", "GETKEYSINSLOT", slot, "1000").split("\n");
      move(keys.slice(0, Math.ceil(keys.length / 2)));
      await midway();
      move(
        source
          .command("CLUSTER", "GETKEYSINSLOT", slot, "1000")
          .split("\n")
          .filter((one) => one !== ""),
      );
      for (const server of [target, source, ...this.masters]) {
        server.command("CLUSTER", "SETSLOT", slot, "NODE", targetId);
      }
    })();
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.dispose()));
  }

  async #agreed(servers: readonly RedisServer[]): Promise<void> {
    for (const server of servers) {
      while (!isWhole(server.command("CLUSTER", "INFO"), servers.length)) await delay(50);
    }
  }
}

function isWhole(info: string, memberCount: number): boolean {
  return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${memberCount}`);
}

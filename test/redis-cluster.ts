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

  /** Names of channels, one on each master, by what their keys begin with. */
  channelsOf(prefix: string): readonly string[] {
    const names = Array.from({ length: 64 }, (_, at) => `chat/${at}`);
    // Each process of redis-cli holds up the test and whatever runs in it: one for all.
    const slots = this.#first.commands(names.map((name) => `CLUSTER KEYSLOT ${prefix}:{${name}}:log`)).map(Number);
    return this.masters.map((master) => {
      const ranges = rangesOf(master);
      const at = slots.findIndex((slot) => ranges.some(([from, to]) => from <= slot && slot <= to));
      return names[at] ?? "";
    });
  }

  /** Moves a key's slot, with all its keys, step by step as `redis-cli --cluster reshard` does; `midway` runs when half of them are moved. */
  async moveSlotOf(
    key: string,
    [from, to]: readonly [RedisServer, RedisServer],
    midway: () => Promise<void>,
  ): Promise<void> {
    const [slot, fromId] = from.commands([`CLUSTER KEYSLOT ${key}`, "CLUSTER MYID"]);
    const [, toId] = to.commands([`CLUSTER SETSLOT ${slot} IMPORTING ${fromId}`, "CLUSTER MYID"]);
    const rest = (): readonly string[] =>
      from.commands([`CLUSTER GETKEYSINSLOT ${slot} 1000`]).filter((one) => one !== "");
    const move = (keys: readonly string[]): void => {
      from.command("MIGRATE", "127.0.0.1", String(to.port), "", "0", "5000", "KEYS", ...keys);
    };
    from.command("CLUSTER", "SETSLOT", slot ?? "", "MIGRATING", toId ?? "");
    const keys = rest();
    move(keys.slice(0, Math.ceil(keys.length / 2)));
    await midway();
    move(rest());
    for (const server of [to, from, ...this.masters]) {
      server.command("CLUSTER", "SETSLOT", slot ?? "", "NODE", toId ?? "");
    }
  }

  get #first(): RedisServer {
    const [first] = this.masters;
    if (first === undefined) throw new Error("The cluster has no masters");
    return first;
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

/** The slots that a member has, as it says. */
function rangesOf(member: RedisServer): readonly (readonly [number, number])[] {
  const [, text = ""] = / myself,master .* connected (.*)$/mu.exec(member.command("CLUSTER", "NODES")) ?? [];
  return text.split(" ").map((range) => {
    const [from = -1, to = from] = range.split("-").map(Number);
    return [from, to];
  });
}

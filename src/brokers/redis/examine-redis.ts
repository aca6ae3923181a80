import { BrokerError } from "../../gateway/index.ts";
import { type Measured, measureDeployment, readInfo, type ServerFacts } from "./measure-durability.ts";
import { toBrokerError } from "./redis-error.ts";
import type { RedisServerClient } from "./redis-client.ts";
import type { RedisPlace } from "./redis-place.ts";
import type { Script } from "./scripts.ts";

export interface ExamineOptions {
  readonly place: RedisPlace;
  readonly servers: readonly RedisServerClient[];
  /** Made known to every server, so that no call has to carry one. */
  readonly scripts: readonly Script[];
}

/** What the servers say of themselves. */
export interface Examined {
  readonly measured: Measured;
  /** Sharded Pub/Sub, which is there since Redis 7. */
  readonly isSharded: boolean;
}

const settingNames = ["appendonly", "appendfsync", "no-appendfsync-on-rewrite", "maxmemory", "maxmemory-policy"];

/** @throws {BrokerError} for servers that the logs cannot be on. */
export async function examineRedis({ place, scripts, servers }: ExamineOptions): Promise<Examined> {
  const [first, ...others] = servers;
  if (first === undefined) throw unusable("it has no servers");
  try {
    const facts = await Promise.all([first, ...others].map((server) => examineServer(server, place)));
    await Promise.all(servers.flatMap(({ send }) => scripts.map(({ source }) => send(["SCRIPT", "LOAD", source]))));
    const measured = measureDeployment({
      servers: facts as [ServerFacts, ...ServerFacts[]],
      name: nameOf(place, servers.length),
      failsOver: place.type === "sentinel" || (place.type === "cluster" && (await hasReplicas(first))),
    });
    return { measured, isSharded: facts.every(({ info }) => Number.parseInt(info["redis_version"] ?? "0", 10) >= 7) };
  } catch (error) {
    throw toBrokerError(error, "ask Redis about itself");
  }
}

async function examineServer({ send }: RedisServerClient, place: RedisPlace): Promise<ServerFacts> {
  const info = readInfo(String(await send(["INFO"])));
  if (info["redis_mode"] === "sentinel") throw unusable("it is a Sentinel: give its address in sentinel.sentinels");
  if (place.type !== "cluster" && info["cluster_enabled"] === "1") {
    throw unusable("it is part of a cluster: give its address in cluster");
  }
  if (info["role"] !== undefined && info["role"] !== "master") throw unusable("it is a replica");
  const config = await Promise.all(settingNames.map((name) => send(["CONFIG", "GET", name]))).then(
    (pairs) => Object.fromEntries(pairs.map((pair) => (pair as unknown[]).map(String) as [string, string])),
    () => undefined, // It is forbidden.
  );
  return { info, config };
}

/** Whether any member of the cluster is a replica, now connected or not. */
async function hasReplicas({ send }: RedisServerClient): Promise<boolean> {
  return String(await send(["CLUSTER", "NODES"]))
    .split("\n")
    .some((line) => line.split(" ")[2]?.split(",").includes("slave"));
}

function nameOf(place: RedisPlace, serverCount: number): string | undefined {
  if (place.type === "cluster") return `Redis Cluster of ${serverCount}`;
  return place.type === "sentinel" ? `Redis under Sentinel as "${place.name}"` : undefined;
}

function unusable(reason: string): BrokerError {
  return new BrokerError("STORAGE_UNAVAILABLE", `Cannot use this Redis: ${reason}`);
}

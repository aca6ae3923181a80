import { setTimeout as delay } from "node:timers/promises";
import type { StoreName } from "../kill/stores.ts";
import { NatsServer } from "../nats-server.ts";
import { RedisFailover } from "../redis-failover.ts";
import { RedisServer } from "../redis-server.ts";

/** The server of a store that has one. */
export interface StoreServer {
  readonly url: string;
  dispose(): Promise<void>;
  /** Its primary dies, and a replica that has not heard of the newest writes takes its place. Absent: it has no replica. */
  failOver?(lagMs: number): Promise<void>;
}

/** A Sentinel starts no second failover within twice its timeout of 3 s. */
const failoverEveryMs = 7_000;

async function startFailover(): Promise<StoreServer> {
  const servers = await RedisFailover.start();
  let mayAtMs = 0;
  return {
    url: servers.sentinel.sentinels[0] ?? "",
    dispose: () => servers.dispose(),
    async failOver(lagMs) {
      await delay(Math.max(0, mayAtMs - performance.now()));
      servers.cutReplication();
      await delay(lagMs);
      await servers.failOver();
      mayAtMs = performance.now() + failoverEveryMs;
      await servers.restore();
    },
  };
}

/** Starts what the store runs on; `undefined` where that is a file. */
export async function startStore(broker: StoreName): Promise<StoreServer | undefined> {
  switch (broker) {
    case "sqlite":
      return undefined;
    case "redis":
      return RedisServer.start();
    case "redis-failover":
      return startFailover();
    case "jetstream":
      return NatsServer.start();
    default:
      return broker satisfies never;
  }
}

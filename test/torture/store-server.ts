import { setTimeout as delay } from "node:timers/promises";
import type { LineFilter } from "../cut-line.ts";
import type { StoreName } from "../kill/stores.ts";
import { NatsServer } from "../nats-server.ts";
import { RedisFailover } from "../redis-failover.ts";
import { RedisServer } from "../redis-server.ts";
import { loseNatsHints, loseRedisHints } from "./lossy-hints.ts";

/** The server of a store that has one. */
export interface StoreServer {
  readonly url: string;
  dispose(): Promise<void>;
  /** The one process that it is, which nodes can reach by another way, and which can be stopped and killed. Absent: it is several. */
  readonly alone?: LoneServer;
  /** The server that leads it dies, and another, maybe one that has not heard of the newest writes, takes its place. Absent: it is one server. */
  failOver?(lagMs: number): Promise<void>;
}

interface LoneServer {
  readonly port: number;
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  kill(): Promise<void>;
  /** On the data that the last process left. */
  run(): Promise<void>;
  /** Of what one line brings a node, leaves those hints out for which `drops` says so. */
  loseHints(drops: () => boolean): LineFilter;
}

/** A Sentinel starts no second failover within twice its timeout of 3 s. */
const failoverEveryMs = 7_000;

function standAlone(server: RedisServer | NatsServer, loseHints: LoneServer["loseHints"]): StoreServer {
  return {
    url: server.url,
    dispose: () => server.dispose(),
    alone: {
      port: server.port,
      signal: (signal) => server.signal(signal),
      kill: () => server.kill(),
      run: () => server.run(),
      loseHints,
    },
  };
}

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

/** Three servers with three replicas of the stream. One that was killed must catch up before another is: two make the quorum. */
async function startCluster(): Promise<StoreServer> {
  const servers = await NatsServer.startCluster(3);
  let mayAtMs = 0;
  return {
    url: servers.map(({ url }) => url).join(","),
    async dispose() {
      await Promise.all(servers.map((server) => server.dispose()));
    },
    async failOver(lagMs) {
      await delay(Math.max(0, mayAtMs - performance.now()));
      const [any] = servers;
      const leader = await any?.leaderOf("switchboard");
      const victim = servers.find(({ name }) => name === leader) ?? any;
      await victim?.kill();
      await delay(lagMs);
      await victim?.run();
      mayAtMs = performance.now() + failoverEveryMs;
    },
  };
}

/** Starts what the store runs on; `undefined` where that is a file. */
export async function startStore(broker: StoreName): Promise<StoreServer | undefined> {
  switch (broker) {
    case "sqlite":
      return undefined;
    case "redis":
      return standAlone(await RedisServer.start(), loseRedisHints);
    case "redis-failover":
      return startFailover();
    case "jetstream-r3":
      return startCluster();
    case "jetstream":
      return standAlone(await NatsServer.start(), loseNatsHints);
    default:
      return broker satisfies never;
  }
}

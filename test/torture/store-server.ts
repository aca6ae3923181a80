import type { StoreName } from "../kill/stores.ts";
import { NatsServer } from "../nats-server.ts";
import { RedisServer } from "../redis-server.ts";

/** The server of a store that has one. */
export interface StoreServer {
  readonly url: string;
  dispose(): Promise<void>;
}

/** Starts what the store runs on; `undefined` where that is a file. */
export async function startStore(broker: StoreName): Promise<StoreServer | undefined> {
  switch (broker) {
    case "sqlite":
      return undefined;
    case "redis":
      return RedisServer.start();
    case "jetstream":
      return NatsServer.start();
    default:
      return broker satisfies never;
  }
}

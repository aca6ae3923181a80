import { join } from "node:path";
import { type Broker, jetStreamBroker, redisBroker, sqliteBroker } from "switchboard";

/** Where a store is: below a folder, or at the address of a server. */
export interface StorePlace {
  readonly folder: string;
  readonly url?: string;
}

/** A store that can be left to fend for itself: what is at its place is all that a new process of it finds. */
interface StoreKind {
  create(place: StorePlace): Broker;
  /** The files below the folder that hold the log; a fault of the disk is a fault of these. */
  readonly files: readonly string[];
  /** Whether several nodes share it. */
  readonly isShared: boolean;
}

/** The brokers that are killed and tortured, by the name that `--broker` takes. */
export const stores = {
  sqlite: {
    create: ({ folder }) => sqliteBroker({ file: join(folder, "log.db") }),
    files: ["log.db", "log.db-wal"],
    isShared: false,
  },
  redis: { create: ({ url = "" }) => redisBroker({ url }), files: [], isShared: true },
  /** By the address of a Sentinel. */
  "redis-failover": {
    create: ({ url = "" }) => redisBroker({ sentinel: { name: "main", sentinels: [url] } }),
    files: [],
    isShared: true,
  },
  jetstream: { create: ({ url = "" }) => jetStreamBroker({ url }), files: [], isShared: true },
  /** By the addresses of three servers, with commas between them. */
  "jetstream-r3": {
    create: ({ url = "" }) => jetStreamBroker({ url: url.split(","), replicas: 3 }),
    files: [],
    isShared: true,
  },
} as const satisfies Readonly<Record<string, StoreKind>>;

export type StoreName = keyof typeof stores;

export function isStoreName(name: string): name is StoreName {
  return Object.hasOwn(stores, name);
}

import { join } from "node:path";
import { type Broker, sqliteBroker } from "switchboard";

/** A store that can be left to fend for itself: what is below a folder is all that a new process of it finds. */
interface StoreKind {
  create(folder: string): Broker;
  /** The files that hold the log; a fault of the disk is a fault of these. */
  readonly files: readonly string[];
}

/** The brokers that are killed and tortured, by the name that `--broker` takes. */
export const stores = {
  sqlite: { create: (folder) => sqliteBroker({ file: join(folder, "log.db") }), files: ["log.db", "log.db-wal"] },
} as const satisfies Readonly<Record<string, StoreKind>>;

export type StoreName = keyof typeof stores;

export function isStoreName(name: string): name is StoreName {
  return Object.hasOwn(stores, name);
}

import { statfsSync } from "node:fs";
import { resolve } from "node:path";
import type { Durability } from "../../wire/index.ts";
import type { Database } from "./driver.ts";
import { inMemory, readPragma } from "./open-database.ts";

/** File systems that live in memory, by their number in statfs(2): a power cut empties them, whatever fsync said. */
const memoryFileSystems: ReadonlyMap<number, string> = new Map([
  [0x01021994, "tmpfs"],
  [0x858458f6, "ramfs"],
]);

const synchronousNames = ["OFF", "NORMAL", "FULL", "EXTRA"];

/**
 * What an acknowledgement of this database survives, asked of the database and of the file system rather than of our own options.
 * WAL with FULL syncs the log at every commit; with NORMAL only at checkpoints (https://sqlite.org/pragma.html#pragma_synchronous).
 */
export function measureDurability(
  database: Database,
  file: string,
): { readonly durability: Durability; readonly description: string } {
  const version = Object.values(database.prepare("SELECT sqlite_version()").get() ?? {})[0];
  const journal = String(readPragma(database, "journal_mode")).toUpperCase();
  const synchronous = Number(readPragma(database, "synchronous"));
  const engine = `SQLite ${version}, journal ${journal}, synchronous ${synchronousNames[synchronous] ?? synchronous}`;
  if (file === inMemory) return { durability: "mem", description: `${engine}, in memory: gone when the process ends` };
  const place = `${engine}, in ${resolve(file)}`;
  const volatile = memoryFileSystems.get(Number(statfsSync(file).type));
  if (volatile !== undefined) {
    return { durability: "os", description: `${place} on ${volatile}: survives kill -9, not a restart of the machine` };
  }
  if (journal === "WAL" && synchronous >= 2) {
    return { durability: "fsync", description: `${place}: survives power loss` };
  }
  return { durability: "os", description: `${place}: survives kill -9, not power loss` };
}

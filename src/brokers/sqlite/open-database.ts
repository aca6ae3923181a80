import { closeSync, mkdirSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { BrokerError } from "../../gateway/index.ts";
import { createEpochSeed } from "../channel-epoch.ts";
import type { Database, Driver, SqlValue } from "./driver.ts";
import { findLogDamage } from "./find-log-damage.ts";
import { applicationId, noticesSchema, schema, schemaVersion } from "./schema.ts";
import { corruptHint, toBrokerError } from "./storage-error.ts";

/** `:memory:` as SQLite spells a database without a file. */
export const inMemory = ":memory:";

export interface OpenDatabaseOptions {
  readonly file: string;
  readonly synchronous: "full" | "normal";
  readonly lockTimeoutMs: number;
  readonly maxFileBytes: number;
  /** A larger file is not checked page by page at start; its entries are still checked when they are read. */
  readonly maxCheckedBytes: number;
}

/**
 * Opens the database, or makes it. One that cannot be trusted is refused before anything could write to it.
 *
 * @throws {BrokerError} with a sentence and a hint for the operator.
 */
export function openDatabase(driver: Driver, options: OpenDatabaseOptions): Database {
  const { file } = options;
  if (file !== inMemory) {
    makeFolder(dirname(resolve(file)));
    if (hasHeader(file) && checkPages(driver, options).isEachCommitSynced) checkLog(options);
  }
  try {
    return openWriter(driver, options);
  } catch (error) {
    throw toBrokerError(error, file);
  }
}

function makeFolder(folder: string): void {
  try {
    makeFolders(folder);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BrokerError("STORAGE_UNAVAILABLE", `Cannot create the folder "${folder}" (${reason})`, {
      cause,
      hint: "Choose a folder that this user may write to",
    });
  }
}

/** By hand: Node's own `recursive` never returns where the system answers ENOENT for a folder whose parent exists, as /proc does. */
function makeFolders(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolders(parent);
  mkdirSync(folder);
}

/** Whether there is a database already. Throws when the file is something else: SQLite would need to open it to find out. */
function hasHeader(file: string): boolean {
  const size = sizeOf(file);
  if (size === 0) return false;
  const header = Buffer.alloc(100);
  try {
    const descriptor = openSync(file, "r");
    readSync(descriptor, header, 0, 100, 0);
    closeSync(descriptor);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BrokerError("STORAGE_UNAVAILABLE", `Cannot read "${file}" (${reason})`, {
      cause,
      hint: "Give the path of a file that this user may read and write",
    });
  }
  if (header.toString("latin1", 0, 16) !== "SQLite format 3\0") {
    throw new BrokerError(
      "STORAGE_CORRUPT",
      `Cannot use "${file}": it is not a SQLite database, or its header is damaged`,
      { hint: corruptHint },
    );
  }
  // https://sqlite.org/fileformat.html#in_header_database_size, which only counts when nothing waits in the log beside the file.
  const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const isSizeKnown = header.readUInt32BE(24) === header.readUInt32BE(92) && sizeOf(`${file}-wal`) === 0;
  if (isSizeKnown && size !== header.readUInt32BE(28) * pageBytes) {
    throw new BrokerError(
      "STORAGE_CORRUPT",
      `Cannot use "${file}": it has ${size} bytes where its header says ${header.readUInt32BE(28) * pageBytes}`,
      {
        hint: corruptHint,
      },
    );
  }
  return true;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Looks at every page on a connection that cannot write, so that a damaged file stays as it is for whoever repairs it. */
function checkPages(
  driver: Driver,
  { file, lockTimeoutMs, maxCheckedBytes }: OpenDatabaseOptions,
): { readonly isEachCommitSynced: boolean } {
  let database: Database | undefined;
  try {
    database = new driver.DatabaseSync(file, { readOnly: true });
    database.exec(`PRAGMA busy_timeout = ${lockTimeoutMs}; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON`);
    checkOwner(database, file);
    if (statSync(file).size <= maxCheckedBytes) {
      const [found] = readColumn(database, "quick_check", "pragma_quick_check");
      if (found !== "ok") {
        throw new BrokerError(
          "STORAGE_CORRUPT",
          `Cannot use "${file}": it is damaged (${String(found).replaceAll("\n", ", ")})`,
          { hint: corruptHint },
        );
      }
    }
    // The meta table is missing in a file without tables yet.
    const hasMeta = readColumn(database, "name", "sqlite_schema").includes("meta");
    const [synchronous] = hasMeta ? readColumn(database, "value", "meta WHERE name = 'synchronous'") : [];
    return { isEachCommitSynced: synchronous !== "normal" };
  } catch (error) {
    throw toBrokerError(error, file);
  } finally {
    database?.close();
  }
}

/** After a crash the log beside the file has commits that are nowhere else. None of them may be missing that was safe once. */
function checkLog({ file, maxCheckedBytes }: OpenDatabaseOptions): void {
  const log = `${file}-wal`;
  const bytes = sizeOf(log);
  if (bytes === 0 || bytes + sizeOf(file) > maxCheckedBytes) return;
  const lostCount = findLogDamage(readFileSync(log), readFileSync(file));
  if (lostCount === 0) return;
  throw new BrokerError(
    "STORAGE_CORRUPT",
    `Cannot use "${file}": its log "${log}" is damaged: ${lostCount} pages that were safe cannot be read any more`,
    { hint: "Restore a backup, or move the log away to go on without what is only there; nothing was changed" },
  );
}

/** Refuses other programs' databases, and those of a newer version of this one. */
function checkOwner(database: Database, file: string): void {
  const [version = 0] = readColumn(database, "user_version", "pragma_user_version");
  const [owner] = readColumn(database, "application_id", "pragma_application_id");
  if (owner !== applicationId) {
    if (readColumn(database, "name", "sqlite_schema").length === 0) return;
    throw new BrokerError("STORAGE_UNAVAILABLE", `Cannot use "${file}": it is the database of another program`, {
      hint: "Choose another file; it was not changed",
    });
  }
  if (Number(version) <= schemaVersion) return;
  throw new BrokerError(
    "STORAGE_UNAVAILABLE",
    `Cannot use "${file}": a newer Switchboard wrote it (schema ${version}, this one knows ${schemaVersion})`,
    {
      hint: "Install the newer version; the file was not changed",
    },
  );
}

function openWriter(driver: Driver, { file, lockTimeoutMs, maxFileBytes, synchronous }: OpenDatabaseOptions): Database {
  const database = new driver.DatabaseSync(file);
  try {
    // EXCLUSIVE: the lock is kept from the first transaction on, so there is exactly one connection to the file. That is also what
    // keeps clear of the WAL-reset bug of SQLite before 3.51.3, and it needs no shared memory file.
    database.exec(`PRAGMA busy_timeout = ${lockTimeoutMs}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA mmap_size = 0`);
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${64 * 1024 * 1024}`,
    );
    database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
    const pageBytes = Number(readPragma(database, "page_size"));
    database.exec(`PRAGMA max_page_count = ${Math.min(2 ** 32 - 2, Math.floor(maxFileBytes / pageBytes))}`);
    database.exec("BEGIN IMMEDIATE");
    if (Number(readPragma(database, "application_id")) !== applicationId) createSchema(database);
    else if (Number(readPragma(database, "user_version")) < 2) addNotices(database);
    const isNews = noteSynchronous(database, synchronous);
    database.exec("COMMIT");
    if (isNews) database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    database.exec(`PRAGMA synchronous = ${synchronous.toUpperCase()}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function createSchema(database: Database): void {
  database.exec(schema);
  database.prepare("INSERT INTO meta (name, value) VALUES ('epoch_seed', ?)").run(createEpochSeed());
  database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}`);
}

/** A database of the first version gets what it lacks. From then on programs of that version refuse it, as they would not obey it. */
function addNotices(database: Database): void {
  database.exec(`${noticesSchema} PRAGMA user_version = ${schemaVersion}`);
}

/**
 * Whoever checks the log after a crash has to know. It is written with FULL and, as the log may be what is damaged, moved into the
 * database itself before the first commit that is not synced.
 *
 * @returns whether it was not known.
 */
function noteSynchronous(database: Database, synchronous: "full" | "normal"): boolean {
  const [known = "full"] = readColumn(database, "value", "meta WHERE name = 'synchronous'");
  if (known === synchronous) return false;
  database.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES ('synchronous', ?)").run(synchronous);
  return true;
}

/**
 * Reads a column without a prepared statement: `@photostructure/sqlite` finalizes those only with the garbage, and until then the file
 * stays open and locked after `close`.
 */
function readColumn(database: Database, column: string, source: string): readonly SqlValue[] {
  const values: SqlValue[] = [];
  database.function("report", (value) => {
    values.push(value);
    return null;
  });
  database.exec(`SELECT report(${column}) FROM ${source}`);
  return values;
}

/** The first column of what a PRAGMA answers. */
export function readPragma(database: Database, pragma: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
}

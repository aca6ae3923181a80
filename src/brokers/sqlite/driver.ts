import { isBuiltin } from "node:module";
import { BrokerError } from "../../gateway/index.ts";

/** What this room uses of `node:sqlite`. `Row` is what the statement's text selects: every table is STRICT, so the types hold. */
export interface Database {
  exec(sql: string): void;
  prepare<Row extends object>(sql: string): Statement<Row>;
  function(name: string, call: (value: SqlValue) => null): void;
  close(): void;
}

export interface Statement<Row extends object> {
  run(...values: readonly SqlValue[]): unknown;
  get(...values: readonly SqlValue[]): Row | undefined;
}

export type SqlValue = string | number | null;

export interface Driver {
  readonly DatabaseSync: new (file: string, options?: { readonly readOnly?: boolean }) => Database;
}

/**
 * Loads SQLite: Node's own where it has one (22.13 and newer), else the package with the same interface.
 *
 * @throws {BrokerError} `STORAGE_UNAVAILABLE` when there is neither.
 */
export async function loadDriver(): Promise<Driver> {
  // A variable, so that neither is needed to compile or to bundle.
  const name: string = isBuiltin("node:sqlite") ? "node:sqlite" : "@photostructure/sqlite";
  try {
    // Both are declared by their makers to have this interface; the contract suite runs on either.
    return (await import(name)) as Driver;
  } catch (cause) {
    throw new BrokerError(
      "STORAGE_UNAVAILABLE",
      `Cannot load SQLite: Node ${process.versions.node} has none and "${name}" is not installed`,
      {
        cause,
        hint: `Run "npm install ${name}", or use Node 22.13 or newer`,
      },
    );
  }
}

import type { BrokerErrorCode } from "../../gateway/index.ts";
import { BrokerError } from "../../gateway/index.ts";

/** Result codes of SQLite that mean something of their own here. See https://sqlite.org/rescode.html */
const Result = {
  sqlError: 1,
  busy: 5,
  locked: 6,
  readonly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** The primary result code of an error of SQLite; undefined for any other error. */
function resultOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  // The upper bits only say more exactly what happened: SQLITE_IOERR_FSYNC is 10 | (4 << 8).
  return error.errcode & 0xff;
}

/** What one append's failure means for the others. */
export type FailureScope =
  /** Only what was appended is to blame, or there was no room for it: the store goes on. */
  | "append"
  /** What is on the disk is uncertain: nothing may be acknowledged any more. */
  | "store";

/**
 * Whose fault it is. Anything of the disk stops the store: after a failed fsync the kernel may have dropped the very pages, and the
 * next fsync says that all is well. Never retried.
 */
export function failureScope(error: unknown): FailureScope {
  if (error instanceof BrokerError) return "append";
  switch (resultOf(error)) {
    case Result.ioError:
    case Result.corrupt:
    case Result.readonly:
    case Result.cannotOpen:
    case Result.notADatabase:
      return "store";
    default:
      return "append";
  }
}

/** Puts any error of the store into words for the operator of `file`. */
export function toBrokerError(error: unknown, file: string): BrokerError {
  if (error instanceof BrokerError) return error;
  const { code, hint, problem } = explain(error);
  return new BrokerError(code, `Cannot use "${file}": ${problem}`, { cause: error, hint });
}

interface Explanation {
  readonly code: BrokerErrorCode;
  readonly problem: string;
  readonly hint: string;
}

function explain(error: unknown): Explanation {
  const text = error instanceof Error ? error.message : String(error);
  switch (resultOf(error)) {
    case Result.busy:
    case Result.locked:
      return {
        code: "STORAGE_UNAVAILABLE",
        problem: "another process is using it",
        hint: "Stop that process, or give this one a file of its own",
      };
    case Result.readonly:
      return {
        code: "STORAGE_UNAVAILABLE",
        problem: "it is read-only",
        hint: "Make the file and its folder writable for this user",
      };
    case Result.ioError:
      return {
        code: "STORAGE_UNAVAILABLE",
        problem: `the disk failed (${text})`,
        hint: "Check the disk, then start again: what was acknowledged is verified at start",
      };
    case Result.corrupt:
    case Result.notADatabase:
      return { code: "STORAGE_CORRUPT", problem: `it is damaged (${text})`, hint: corruptHint };
    case Result.sqlError:
      // Our statements are fixed and fit the schema: if one does not compile, the schema in the file is not the one we wrote.
      return { code: "STORAGE_CORRUPT", problem: `its tables are damaged (${text})`, hint: corruptHint };
    case Result.full:
      return {
        code: "STORAGE_FULL",
        problem: "there is no room left",
        hint: "Free room on the disk or raise maxFileBytes: publishing resumes by itself",
      };
    case Result.cannotOpen:
      return {
        code: "STORAGE_UNAVAILABLE",
        problem: "it cannot be opened or created",
        hint: "Check that its folder exists and is writable for this user",
      };
    default:
      return { code: "STORAGE_UNAVAILABLE", problem: text, hint: "The cause is in the log" };
  }
}

/** What to do about a database that cannot be trusted. */
export const corruptHint = "Restore a backup, or move the file away to start empty; it was not changed";

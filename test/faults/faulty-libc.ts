import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** What can go wrong, in the order of `struct control` in faulty-libc.c; the first two are counted by the other side. */
const fields = [
  "syncCount",
  "writeCount",
  /** The n-th sync from now on does not happen: the process dies instead. */
  "dieBeforeSync",
  /** The n-th sync from now on happens, and the process dies before it hears of it. */
  "dieAfterSync",
  /** Half of the n-th write from now on happens, and the process dies. */
  "dieInWrite",
  "syncDelayMs",
  "syncErrno",
  /** Of writes that make a file longer. */
  "writeErrno",
  /** The wall clock is off by so much. */
  "clockOffsetMs",
] as const;
export type FaultField = Exclude<(typeof fields)[number], "syncCount" | "writeCount">;

export const errno = { EIO: 5, ENOSPC: 28 } as const;

const source = join(import.meta.dirname, "faulty-libc.c");
let library: string | undefined;

/** Why there are no faulty libraries here, if there are none. */
export const whyNoFaultyLibc: string | undefined = compile();

function compile(): string | undefined {
  if (process.platform !== "linux") return "needs Linux: the faults are planted with LD_PRELOAD";
  try {
    const folder = mkdtempSync(join(tmpdir(), "switchboard-libc-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    const made = join(folder, "faulty-libc.so");
    execFileSync("cc", ["-O2", "-Wall", "-shared", "-fPIC", "-o", made, source, "-ldl", "-lpthread"], {
      stdio: "pipe",
    });
    library = made;
    return undefined;
  } catch (error) {
    return `needs a C compiler, cc, to make faulty-libc.so: ${(error as Error).message.split("\n")[0]}`;
  }
}

export interface FaultyLibcOptions {
  /** A folder for the control file and the journal. */
  readonly folder: string;
  /** The files whose writes and syncs may fail. */
  readonly files: readonly string[];
  /** Whether everything that is done to them is written down. Default false. */
  readonly keepsJournal?: boolean;
}

/** The C library of a process whose disk and clock fail on demand, while it runs. */
export class FaultyLibc {
  readonly env: Readonly<Record<string, string>>;
  readonly journal: string;
  readonly #control: string;

  /** @throws {Error} where {@link whyNoFaultyLibc} says why. */
  constructor({ files, folder, keepsJournal = false }: FaultyLibcOptions) {
    if (library === undefined) throw new Error(`Cannot plant faults: ${whyNoFaultyLibc}`);
    this.#control = join(folder, "faults");
    this.journal = join(folder, "journal");
    writeFileSync(this.#control, Buffer.alloc(fields.length * 8));
    this.env = {
      LD_PRELOAD: library,
      FAULTY_CONTROL: this.#control,
      FAULTY_FILES: files.map((file) => resolve(file)).join(":"),
      ...(keepsJournal ? { FAULTY_JOURNAL: this.journal } : {}),
    };
  }

  /** From now on; 0 ends it. */
  set(field: FaultField, value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    const control = openSync(this.#control, "r+");
    writeSync(control, bytes, 0, 8, fields.indexOf(field) * 8);
    closeSync(control);
  }

  /** How many syncs or writes there were. */
  count(what: "syncCount" | "writeCount"): number {
    const bytes = Buffer.alloc(8);
    const control = openSync(this.#control, "r");
    readSync(control, bytes, 0, 8, fields.indexOf(what) * 8);
    closeSync(control);
    return Number(bytes.readBigInt64LE());
  }

  /** Nothing fails any more. */
  heal(): void {
    for (const field of fields) if (field !== "syncCount" && field !== "writeCount") this.set(field, 0);
  }
}

/** The disks that a power cut may leave behind, made from the journal of a process (faulty-libc.c). */
import { readFileSync } from "node:fs";
import type { SeededRandom } from "switchboard/testing";

const headBytes = 24;
/** What a disk writes as one: a power cut tears no sector. */
const sectorBytes = 512;
const types = { 1: "write", 2: "truncate", 3: "sync", 4: "stdout" } as const;

/** One thing that happened, in order. */
export interface JournalEntry {
  readonly type: (typeof types)[keyof typeof types];
  /** Which of the files. */
  readonly file: number;
  readonly offset: number;
  readonly bytes: Buffer;
}

export function readJournal(path: string): readonly JournalEntry[] {
  const journal = readFileSync(path);
  const entries: JournalEntry[] = [];
  for (let at = 0; at + headBytes <= journal.length;) {
    const type = types[journal.readUInt32LE(at) as keyof typeof types];
    const length = Number(journal.readBigUInt64LE(at + 16));
    const bytes = journal.subarray(at + headBytes, at + headBytes + length);
    entries.push({ type, file: journal.readUInt32LE(at + 4), offset: Number(journal.readBigInt64LE(at + 8)), bytes });
    at += headBytes + length;
  }
  return entries;
}

/** What the process had said on stdout by then. */
export function saidBy(journal: readonly JournalEntry[]): string {
  return Buffer.concat(journal.filter(({ type }) => type === "stdout").map(({ bytes }) => bytes)).toString();
}

/**
 * What each file is after a power cut behind the last of these entries: all that was synced; and of what was not, each sector or
 * not, in no order.
 */
export function cutPower(journal: readonly JournalEntry[], fileCount: number, random: SeededRandom): readonly Buffer[] {
  return Array.from({ length: fileCount }, (_, file) => {
    const own = journal.filter((entry) => entry.file === file && entry.type !== "stdout");
    const syncedCount = own.findLastIndex(({ type }) => type === "sync") + 1;
    const disk = new Disk();
    for (const entry of own.slice(0, syncedCount)) disk.apply(entry);
    for (const entry of own.slice(syncedCount)) {
      if (entry.type === "truncate" && random.chance(0.5)) disk.apply(entry);
      for (let at = 0; at < entry.bytes.length; at += sectorBytes) {
        const sector = { ...entry, offset: entry.offset + at, bytes: entry.bytes.subarray(at, at + sectorBytes) };
        if (random.chance(0.5)) disk.apply(sector);
      }
    }
    return disk.content();
  });
}

class Disk {
  #bytes = Buffer.alloc(0);
  #length = 0;

  apply({ bytes, offset, type }: JournalEntry): void {
    if (type === "truncate") return this.#cut(offset);
    const end = offset + bytes.length;
    if (end > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(end * 2 - this.#bytes.length)]);
    }
    bytes.copy(this.#bytes, offset);
    this.#length = Math.max(this.#length, end);
  }

  content(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #cut(length: number): void {
    this.#bytes.fill(0, length);
    this.#length = length;
  }
}

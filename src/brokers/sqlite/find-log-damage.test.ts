import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { BrokerError, type Entry } from "../../gateway/index.ts";
import { loadDriver } from "./driver.ts";
import { findLogDamage } from "./find-log-damage.ts";
import { LogStore } from "./log-store.ts";
import { openDatabase } from "./open-database.ts";
import { toBrokerError } from "./storage-error.ts";

vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
afterAll(() => rmSync(folder, { recursive: true }));
const driver = await loadDriver();
const pageBytes = 4096;
const frameBytes = 24 + pageBytes;
let files = 0;

interface Crashed {
  /** A copy of the database and its log, as a crash leaves them: one commit an entry, all still in the log. */
  readonly file: string;
  readonly entries: readonly Entry[];
  readonly log: Buffer;
  readonly database: Buffer;
}

function openStore(file: string, synchronous: "full" | "normal"): LogStore {
  const limits = { lockTimeoutMs: 0, maxFileBytes: 1e9, maxCheckedBytes: Infinity };
  return new LogStore(openDatabase(driver, { file, synchronous, ...limits }), 1000);
}

function readAll(store: LogStore): readonly Entry[] {
  return store.read({ channel: "a", after: 0, maxCount: Infinity, maxBytes: Infinity }).entries;
}

function crash(count: number, synchronous: "full" | "normal" = "full"): Crashed {
  files += 1;
  const [running, file] = [join(folder, `${files}.db`), join(folder, `${files}.crashed.db`)];
  const store = openStore(running, synchronous);
  for (let tag = 1; tag <= count; tag += 1) {
    const text = JSON.stringify("text ".repeat(100));
    const history = { maxCount: Infinity, maxAgeMs: Infinity };
    const message = { messageId: `m${tag}`, user: { id: "u" }, data: text, payloadHash: "h", tag, nowMs: 0, history };
    store.begin();
    store.append({ channel: "a", event: "e", ...message });
    store.commit();
  }
  const entries = readAll(store);
  copyFileSync(running, file);
  copyFileSync(`${running}-wal`, `${file}-wal`);
  store.close();
  return { file, entries, log: readFileSync(`${file}-wal`), database: readFileSync(file) };
}

/** What is read from these files. Throws what they are refused with. */
function open({ database, log, ...crashed }: Crashed): readonly Entry[] {
  // A file of its own each time: a closed one stays locked until its statements are collected.
  files += 1;
  const file = `${crashed.file}.${files}`;
  writeFileSync(file, database);
  writeFileSync(`${file}-wal`, log);
  try {
    const store = openStore(file, "full");
    const entries = readAll(store);
    store.close();
    return entries;
  } catch (error) {
    throw toBrokerError(error, file);
  }
}

function errorOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

function flip(bytes: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return flipped;
}

/** Where each commit ends. */
function commitEnds(log: Buffer): readonly number[] {
  const ends: number[] = [];
  for (let at = 32; at < log.length; at += frameBytes) if (log.readUInt32BE(at + 4) !== 0) ends.push(at + frameBytes);
  return ends;
}

test("[BR74] with any one bit of its log flipped a database is refused, unless it is one of the last commit's: then it ends before that", () => {
  const crashed = crash(12);
  const { entries, log } = crashed;
  expect(entries).toHaveLength(12);
  const lastCommit = commitEnds(log).at(-2) ?? 0;
  // Every field of the header and of the frames' headers, and all over the pages.
  const inHeaders = Array.from({ length: (log.length - 32) / frameBytes }, (_, frame) => 32 + frame * frameBytes);
  const bits = [
    ...[0, 5, 9, 13, 17, 21, 25, 29].map((byte) => byte * 8),
    ...inHeaders.flatMap((at) => [0, 5, 9, 13, 17, 21].map((byte) => (at + byte) * 8 + 3)),
    ...Array.from({ length: 60 }, (_, index) => Math.floor((log.length * index) / 60) * 8 + (index % 8)),
  ];
  const outcomes = bits.map((bit) => outcomeOf({ ...crashed, log: flip(log, bit) }));
  const allowed = bits.map((bit) => ["refused", bit >> 3 >= lastCommit ? "the first 11" : "the first 12"]);
  expect(outcomes.filter((outcome, index) => allowed[index]?.includes(outcome) !== true)).toEqual([]);
  expect(outcomes.filter((outcome) => outcome === "refused").length).toBeGreaterThan(60);
  expect(outcomes).toContain("the first 11");
});

/** What becomes of these files: refused and left alone, or so many of the entries. */
function outcomeOf(crashed: Crashed): string {
  const read = errorOf(() => open(crashed));
  if (Array.isArray(read)) {
    const isPrefix = JSON.stringify(read) === JSON.stringify(crashed.entries.slice(0, read.length));
    return isPrefix ? `the first ${read.length}` : "something else";
  }
  const isLeftAlone = readFileSync(`${crashed.file}.${files}-wal`).equals(crashed.log);
  return read instanceof BrokerError && read.code === "STORAGE_CORRUPT" && isLeftAlone ? "refused" : String(read);
}

test("[BR74] the refusal says which file, and what to do", () => {
  const crashed = crash(6);
  const middle = ((commitEnds(crashed.log)[2] ?? 0) - 100) * 8;
  expect(errorOf(() => open({ ...crashed, log: flip(crashed.log, middle) }))).toMatchObject({
    code: "STORAGE_CORRUPT",
    message: expect.stringMatching(
      /^Cannot use ".*crashed\.db\.\d+": its log ".*-wal" is damaged: \d+ pages that were safe/,
    ),
    hint: "Restore a backup, or move the log away to go on without what is only there; nothing was changed",
  });
});

test("[BR75] a log that a crash cut off anywhere is no damaged one: what was committed until there is there", () => {
  const crashed = crash(8);
  const { database, entries, log } = crashed;
  const ends = commitEnds(log);
  for (let length = 0; length <= log.length; length += 700) {
    expect(findLogDamage(log.subarray(0, length), database), `cut at ${length}`).toBe(0);
  }
  const opened = ends.slice(-entries.length).map((end) => open({ ...crashed, log: log.subarray(0, end - 10) }));
  expect(opened).toEqual(entries.map((_, index) => entries.slice(0, index)));
});

test("[BR75] frames that a crash left in the wrong order, and those of an earlier log, are no damage", () => {
  const { database, log } = crash(8);
  // Of the last commit the first frame never reached the disk, the last one did.
  const lastCommit = commitEnds(log).at(-2) ?? 0;
  const torn = Buffer.from(log);
  torn.fill(0, lastCommit, lastCommit + frameBytes);
  expect(findLogDamage(torn, database)).toBe(0);
  // The log began anew: another salt in the header, and what follows is of before.
  const begun = Buffer.concat([crash(1).log.subarray(0, 32 + frameBytes), log.subarray(32 + frameBytes)]);
  expect(findLogDamage(begun, database)).toBe(0);
  // Its header was half written when all of it was in the database already.
  const unheaded = Buffer.from(log);
  unheaded.fill(0, 8, 32);
  expect(findLogDamage(unheaded, database)).toBeGreaterThan(0);
  const checkpointed = Buffer.alloc(Math.max(...pagesOf(log).keys()) * pageBytes);
  database.copy(checkpointed);
  for (const [page, content] of pagesOf(log)) content.copy(checkpointed, (page - 1) * pageBytes);
  expect(findLogDamage(unheaded, checkpointed)).toBe(0);
});

test("[BR75] where commits are not synced, a power cut may leave any of them: nothing is called damaged", () => {
  const crashed = crash(6, "normal");
  const middle = ((commitEnds(crashed.log)[2] ?? 0) - 100) * 8;
  const read = open({ ...crashed, log: flip(crashed.log, middle) });
  expect(read).toEqual(crashed.entries.slice(0, read.length));
  expect(read.length).toBeLessThan(6);
});

function pagesOf(log: Buffer): ReadonlyMap<number, Buffer> {
  const pages = new Map<number, Buffer>();
  for (let at = 32; at < log.length; at += frameBytes) {
    pages.set(log.readUInt32BE(at), log.subarray(at + 24, at + frameBytes));
  }
  return pages;
}

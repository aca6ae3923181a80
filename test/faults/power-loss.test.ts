import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteBroker } from "switchboard";
import { seededRandom } from "switchboard/testing";
import { afterEach, expect, test, vi } from "vitest";
import { AppendProcess, readAcknowledged } from "../append-process.ts";
import { FaultyLibc, whyNoFaultyLibc } from "./faulty-libc.ts";
import { cutPower, readJournal, saidBy, type JournalEntry } from "./power-loss.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const cutCount = 40;

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-power-"));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Everything that a process did while it stored so many entries, until it was killed in the middle of more. */
async function record(synchronous: "full" | "normal", count: number): Promise<readonly JournalEntry[]> {
  const folder = makeFolder();
  const file = join(folder, "log.db");
  const libc = new FaultyLibc({ folder, files: [file, `${file}-wal`], keepsJournal: true });
  const running = new AppendProcess({ file, synchronous, env: libc.env });
  cleanUps.push(() => running.ended);
  await running.hasSaid(count);
  running.signal("SIGKILL");
  await running.ended;
  return readJournal(libc.journal);
}

/** How many acknowledged entries are gone, over all power cuts; the log must be dense and readable after each. */
async function countLost(journal: readonly JournalEntry[]): Promise<number> {
  const random = seededRandom(1);
  const folder = makeFolder();
  let lostCount = 0;
  for (let cut = 1; cut <= cutCount; cut += 1) {
    const until = journal.slice(0, Math.floor((journal.length * cut) / cutCount));
    const [database = Buffer.alloc(0), log = Buffer.alloc(0)] = cutPower(until, 2, random);
    mkdirSync(join(folder, String(cut)));
    const file = join(folder, String(cut), "log.db");
    writeFileSync(file, database);
    writeFileSync(`${file}-wal`, log);
    const broker = sqliteBroker({ file, lockTimeoutMs: 0 });
    await broker.open({ appended() {}, broadcasted() {}, availability() {} });
    const { entries } = await broker.read({ channel: "a", after: 0, maxCount: Infinity, maxBytes: Infinity });
    await broker.close();
    expect(entries.map(({ offset }) => offset)).toEqual(entries.map((_, index) => index + 1));
    const acknowledged = [...readAcknowledged(saidBy(until).split("\n"))];
    lostCount += acknowledged.filter(([offset, tag]) => entries[offset - 1]?.tag !== tag).length;
  }
  return lostCount;
}

test("[FX1] whatever a power cut leaves of what was not synced, torn and in any order, every acknowledged entry is there", async ({
  skip,
}) => {
  skip(whyNoFaultyLibc !== undefined, whyNoFaultyLibc);
  // Long enough that the log is moved into the database twice.
  const journal = await record("full", 6_000);
  expect(readAcknowledged(saidBy(journal).split("\n")).size).toBeGreaterThan(5_900);
  expect(journal.filter(({ file, type }) => file === 0 && type === "sync").length).toBeGreaterThan(2);
  expect(await countLost(journal)).toBe(0);
});

test("[FX1] the same power cuts find out a store that acknowledges before it syncs", async ({ skip }) => {
  skip(whyNoFaultyLibc !== undefined, whyNoFaultyLibc);
  expect(await countLost(await record("normal", 600))).toBeGreaterThan(100);
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AppendRequest, Entry } from "../../gateway/index.ts";
import { seededRandom } from "../../testing/index.ts";
import type { Database, SqlValue } from "./driver.ts";
import { loadDriver } from "./driver.ts";
import { AppendQueue, maxBatchCount, maxBatchMs } from "./append-queue.ts";
import { LogStore } from "./log-store.ts";
import { openDatabase } from "./open-database.ts";
import { toBrokerError } from "./storage-error.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "switchboard-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
const driver = await loadDriver();
let files = 0;

function makeFile(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

function openFile(file: string, maxCheckedBytes = Infinity): Database {
  return openDatabase(driver, { file, synchronous: "normal", lockTimeoutMs: 0, maxFileBytes: 1e9, maxCheckedBytes });
}

function request(messageId: string, parts: Partial<AppendRequest> = {}): AppendRequest {
  const history = { maxCount: Infinity, maxAgeMs: Infinity };
  const data = JSON.stringify("text ".repeat(20));
  return {
    channel: "a",
    event: "e",
    messageId,
    user: { id: "u", name: "Ada" },
    data,
    payloadHash: "h",
    tag: 7,
    nowMs: 0,
    history,
    ...parts,
  };
}

function readAll(store: LogStore): readonly Entry[] {
  return store.read({ channel: "a", after: 0, maxCount: Infinity, maxBytes: Infinity }).entries;
}

/** The log, or the code of the error that it is refused with. */
function readOrRefuse(file: string, maxCheckedBytes: number): readonly Entry[] | string {
  try {
    return readAll(new LogStore(openFile(file, maxCheckedBytes), 1000));
  } catch (error) {
    return toBrokerError(error, file).code;
  }
}

/** The bytes of a database with 60 entries, all of them in the file itself. */
function makeLog(): { readonly bytes: Buffer; readonly entries: readonly Entry[] } {
  const file = makeFile();
  const database = openFile(file);
  const store = new LogStore(database, 1000);
  store.begin();
  for (let index = 0; index < 60; index += 1) store.append(request(`m${index}`, { tag: index + 1 }));
  store.commit();
  const entries = readAll(store);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  return { bytes: readFileSync(file), entries };
}

test("[BR56] with any one bit flipped the log is refused, or read exactly as it was: never something else", () => {
  const { bytes, entries } = makeLog();
  const random = seededRandom(56);
  let noticed = 0;
  for (let flip = 0; flip < 200; flip += 1) {
    const damaged = Buffer.from(bytes);
    const at = random.below(bytes.length);
    damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << random.below(8)), at);
    const file = makeFile();
    writeFileSync(file, damaged);
    // The page check is off in half of the runs: what is left must notice by itself.
    const outcome = readOrRefuse(file, flip % 2 === 0 ? Infinity : 0);
    // Bytes 60-63 are the version of the tables (https://sqlite.org/fileformat.html#database_header): it may seem to be a newer one.
    const isNewer = outcome === "STORAGE_UNAVAILABLE" && at >= 60 && at < 64;
    expect([at, outcome]).toEqual([at, outcome === "STORAGE_CORRUPT" || isNewer ? outcome : entries]);
    if (outcome === "STORAGE_CORRUPT") noticed += 1;
  }
  expect(noticed).toBeGreaterThan(50);
});

test("[BR68] an entry that was removed or changed behind the store's back is refused with STORAGE_CORRUPT", () => {
  const damages = [
    ["DELETE FROM entries WHERE offset = 3", "entry 3 is missing"],
    ["DELETE FROM entries WHERE offset = 5", "entry 5 is missing"],
    ["UPDATE entries SET data = '1' WHERE offset = 2", "entry 2 is damaged"],
    ["UPDATE entries SET user_name = NULL WHERE offset = 2", "entry 2 is damaged"],
  ] as const;
  for (const [sql, problem] of damages) {
    const database = openFile(makeFile());
    const store = new LogStore(database, 1000);
    for (let index = 1; index <= 5; index += 1) store.append(request(`m${index}`, { tag: index }));
    database.exec(sql);
    expect(() => readAll(store)).toThrow(
      expect.objectContaining({ code: "STORAGE_CORRUPT", message: `Cannot use the log of "a": ${problem}` }),
    );
  }
});

test("[BR68] a channel's record that was changed is refused with STORAGE_CORRUPT, for reading and for appending", () => {
  const database = openFile(makeFile());
  const store = new LogStore(database, 1000);
  store.append(request("a"));
  database.exec("UPDATE channels SET top_offset = 4");
  const refused = expect.objectContaining({
    code: "STORAGE_CORRUPT",
    message: 'Cannot use the log of "a": its record is damaged',
  });
  expect(() => readAll(store)).toThrow(refused);
  expect(() => store.append(request("b"))).toThrow(refused);
});

test("[BR68] an entry of another log in the place of our own is refused with STORAGE_CORRUPT, though it is sound in itself", () => {
  const [ours, theirs] = [openFile(makeFile()), openFile(makeFile())];
  const store = new LogStore(ours, 1000);
  const other = new LogStore(theirs, 1000);
  for (let index = 1; index <= 5; index += 1) {
    store.append(request(`m${index}`, { tag: index }));
    other.append(request(`m${index}`, { tag: index === 3 ? 99 : index }));
  }
  const row = theirs.prepare<Record<string, SqlValue>>("SELECT * FROM entries WHERE offset = 4").get() ?? {};
  const marks = Object.keys(row).map(() => "?");
  ours.prepare(`REPLACE INTO entries VALUES (${marks.join(", ")})`).run(...Object.values(row));
  expect(() => readAll(store)).toThrow('Cannot use the log of "a": entry 4 is damaged');
});

test("[BR18] an id that is older than the window and an hour is forgotten, a few at each append", () => {
  const hourMs = 60 * 60 * 1000;
  const database = openFile(makeFile());
  const store = new LogStore(database, 1000);
  for (let index = 0; index < 40; index += 1) store.append(request(`m${index}`, { nowMs: 0 }));
  const countIds = (): unknown =>
    database.prepare<{ count: number }>("SELECT count(*) AS count FROM dedup").get()?.count;
  store.append(request("at the end of it", { nowMs: hourMs + 1000 }));
  expect(countIds()).toBe(41);
  store.append(request("past it", { nowMs: hourMs + 1001 }));
  expect(countIds()).toBe(41 - 32 + 1);
  store.append(request("again", { nowMs: hourMs + 1001 }));
  expect(countIds()).toBe(3);
});

/** A queue on a store whose clock stands still unless it is told. */
function makeQueue(database: Database = openFile(makeFile())): {
  readonly queue: AppendQueue;
  readonly store: LogStore;
  readonly clock: { nowMs: number; stepMs: number };
} {
  const clock = { nowMs: 0, stepMs: 0 };
  const store = new LogStore(database, 1000);
  const queue = new AppendQueue({ store, file: "x.db", now: () => (clock.nowMs += clock.stepMs) });
  return { queue, store, clock };
}

test(`[BR69] one transaction takes what waits, but at most ${maxBatchCount} appends`, () => {
  const { queue, store } = makeQueue();
  for (let id = 1; id <= maxBatchCount + 1; id += 1) queue.push(id, request(`m${id}`));
  const settled = queue.commitSome();
  expect([settled.length, settled[0]?.id, settled.at(-1)?.id, queue.isEmpty]).toEqual([
    maxBatchCount,
    1,
    maxBatchCount,
    false,
  ]);
  expect(queue.commitSome().map(({ id }) => id)).toEqual([maxBatchCount + 1]);
  expect([queue.isEmpty, readAll(store).length]).toEqual([true, maxBatchCount + 1]);
});

test(`[BR69] a transaction that has taken ${maxBatchMs} ms is committed even if more wait`, () => {
  const { clock, queue } = makeQueue();
  for (let id = 1; id <= 20; id += 1) queue.push(id, request(`m${id}`));
  clock.stepMs = 1;
  expect(queue.commitSome()).toHaveLength(maxBatchMs);
});

test("[BR70] one append that cannot be stored is refused alone: those of its batch are stored", () => {
  const { queue, store } = makeQueue();
  const impossible = request("bad", { nowMs: 0.5 });
  for (const [id, append] of [request("a"), impossible, request("b"), request("c")].entries()) queue.push(id, append);
  const settled = [];
  while (!queue.isEmpty) settled.push(...queue.commitSome());
  expect(settled.map(({ id, type }) => [id, type])).toEqual([
    [0, "appended"],
    [1, "refused"],
    [2, "appended"],
    [3, "appended"],
  ]);
  expect(readAll(store).map(({ messageId }) => messageId)).toEqual(["a", "b", "c"]);
});

test("[BR71] when the commit itself fails nothing of the batch is called stored, and the store must stop", () => {
  const database = openFile(makeFile());
  const failing: Database = {
    exec(sql) {
      if (sql === "COMMIT") throw Object.assign(new Error("disk I/O error"), { errcode: 10 | (4 << 8) });
      database.exec(sql);
    },
    prepare: (sql) => database.prepare(sql),
    function: (name, call) => database.function(name, call),
    close: () => database.close(),
  };
  const { queue, store } = makeQueue(failing);
  queue.push(1, request("a"));
  expect(() => queue.commitSome()).toThrow("disk I/O error");
  expect(readAll(store)).toEqual([]);
});

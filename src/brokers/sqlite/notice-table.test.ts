import { mkdtempSync, rmSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BrokerSink, Notice } from "../../gateway/index.ts";
import type { Database } from "./driver.ts";
import { loadDriver } from "./driver.ts";
import { NoticeTable } from "./notice-table.ts";
import { openDatabase, readPragma } from "./open-database.ts";
import { sqliteBroker } from "./sqlite-broker.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "switchboard-notices-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
const driver = await loadDriver();
let files = 0;

function makeFile(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

function openFile(file: string): Database {
  return openDatabase(driver, {
    file,
    synchronous: "normal",
    lockTimeoutMs: 0,
    maxFileBytes: 1e9,
    maxCheckedBytes: Infinity,
  });
}

const silent: BrokerSink = { appended: () => {}, broadcasted: () => {}, availability: () => {} };
const notice: Notice = { key: "user:ada", value: "1000", expiresAtMs: 5_000 };

test.for([
  ["value", "UPDATE notices SET value = '9000'"],
  ["expiry", "UPDATE notices SET expires_at_ms = 4999"],
  ["key", "UPDATE notices SET key = 'user:bob'"],
] as const)("[BR77] a notice whose %s was changed in the file is refused, never served", ([, sql]) => {
  const database = openFile(makeFile());
  const table = new NoticeTable(database);
  table.post(notice, 0);
  expect(table.read(0)).toEqual([notice]);
  database.exec(sql);
  expect(() => table.read(0)).toThrow(expect.objectContaining({ code: "STORAGE_CORRUPT" }));
});

test("[BR76] a database of the first version keeps its log, gets notices, and is of this version then", async () => {
  const file = makeFile();
  const first = sqliteBroker({ file });
  await first.open(silent);
  const request = {
    channel: "a",
    event: "e",
    messageId: "m1",
    user: { id: "u" },
    data: "1",
    payloadHash: "h",
    tag: 7,
    nowMs: 0,
    history: { maxCount: 9, maxAgeMs: Infinity },
  };
  await first.append(request);
  await first.close();
  const old = new driver.DatabaseSync(file);
  old.exec("DROP TABLE notices; PRAGMA user_version = 1");
  old.close();
  const broker = sqliteBroker({ file });
  await broker.open(silent);
  expect(await broker.append(request)).toMatchObject({ type: "duplicate", position: { offset: 1, tag: 7 } });
  await broker.notices?.post(notice, 0);
  expect(await broker.notices?.read(0)).toEqual([notice]);
  await broker.close();
  const database = openFile(file);
  expect(readPragma(database, "user_version")).toBe(2);
  database.close();
});

test("[BR63] a notice that was written to a file that is gone is not called kept, and the store stops", async () => {
  const file = makeFile();
  const outages: boolean[] = [];
  const broker = sqliteBroker({ file });
  await broker.open({ ...silent, availability: (isAvailable) => outages.push(isAvailable) });
  unlinkSync(file);
  await expect(broker.notices?.post(notice, 0)).rejects.toMatchObject({
    code: "STORAGE_UNAVAILABLE",
    message: expect.stringContaining("removed or replaced") as string,
  });
  expect(outages).toEqual([false]);
  await broker.close();
});

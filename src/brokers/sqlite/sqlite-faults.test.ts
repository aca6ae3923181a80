import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import type { AppendRequest, BrokerSink, Entry } from "../../gateway/index.ts";
import type { SqliteBrokerOptions } from "../index.ts";
import { sqliteBroker } from "./sqlite-broker.ts";

// Each broker is a thread with its disk, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function makeFile(parent: string = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, "switchboard-"));
  cleanUps.push(() => rm(folder, { recursive: true }));
  return join(folder, "log.db");
}

let lastTag = 0;
function request(messageId: string, parts: Partial<AppendRequest> = {}): AppendRequest {
  lastTag += 1;
  const history = { maxCount: Infinity, maxAgeMs: Infinity };
  return {
    channel: "a",
    event: "e",
    messageId,
    user: { id: "u" },
    data: "0",
    payloadHash: "h",
    tag: lastTag,
    nowMs: 0,
    history,
    ...parts,
  };
}

const silent: BrokerSink = { appended() {}, broadcasted() {}, availability() {} };

async function open(options: SqliteBrokerOptions, sink: BrokerSink = silent): Promise<ReturnType<typeof sqliteBroker>> {
  const broker = sqliteBroker({ lockTimeoutMs: 0, ...options });
  cleanUps.push(() => broker.close());
  await broker.open(sink);
  return broker;
}

async function readAll(broker: ReturnType<typeof sqliteBroker>, channel = "a"): Promise<readonly Entry[]> {
  return (await broker.read({ channel, after: 0, maxCount: Infinity, maxBytes: Infinity })).entries;
}

/** A log of `count` entries, closed. */
async function makeLog(file: string, count: number): Promise<readonly Entry[]> {
  const broker = await open({ file });
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      broker.append(request(`m${index}`, { data: JSON.stringify("text ".repeat(40)) })),
    ),
  );
  const entries = await readAll(broker);
  await broker.close();
  return entries;
}

/** Whether a tool of the machine can be used; a test that needs it is skipped where it cannot. */
function has(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test("[BR50] the level is measured: full is fsync, normal is os, in memory is mem, and each says so", async () => {
  const levels = await Promise.all(
    (
      [{ file: await makeFile() }, { file: await makeFile(), synchronous: "normal" }, { file: ":memory:" }] as const
    ).map(async (options) => {
      const broker = sqliteBroker(options);
      const info = await broker.open(silent);
      await broker.close();
      return info;
    }),
  );
  expect(levels.map(({ durability }) => durability)).toEqual(["fsync", "os", "mem"]);
  expect(levels[0]?.dedupWindowMs).toBe(24 * 60 * 60 * 1000);
  expect(levels[0]?.description).toMatch(
    /^SQLite 3\.\d+\.\d+, journal WAL, synchronous FULL, in \/.*log\.db: survives power loss$/,
  );
  expect(levels[1]?.description).toMatch(/synchronous NORMAL, .*: survives kill -9, not power loss$/);
  expect(levels[2]?.description).toMatch(/in memory: gone when the process ends$/);
});

test.skipIf(!has("test", "-d", "/dev/shm"))(
  "[BR51] on a file system that lives in memory the level is os, whatever synchronous says",
  async () => {
    const broker = sqliteBroker({ file: await makeFile("/dev/shm") });
    expect(await broker.open(silent)).toMatchObject({
      durability: "os",
      description: expect.stringContaining("on tmpfs"),
    });
    await broker.close();
  },
);

test("[BR54] what is no database, or has a damaged header, is refused with STORAGE_CORRUPT and stays as it is", async () => {
  const file = await makeFile();
  await makeLog(file, 20);
  const bytes = await readFile(file);
  const damaged = [
    Buffer.from("hello"),
    Buffer.concat([Buffer.from("X"), bytes.subarray(1)]),
    Buffer.concat([bytes.subarray(0, 16), Buffer.alloc(84, 0xff), bytes.subarray(100)]),
  ];
  for (const content of damaged) {
    await writeFile(file, content);
    expect(await errorOf(open({ file }))).toMatchObject({
      code: "STORAGE_CORRUPT",
      message: expect.stringContaining(file),
      hint: expect.stringContaining("backup"),
    });
    expect(await readFile(file)).toEqual(content);
  }
});

test("[BR55] a truncated database is refused with STORAGE_CORRUPT and stays as it is", async () => {
  const file = await makeFile();
  await makeLog(file, 200);
  const { length } = await readFile(file);
  for (const kept of [length - 1, Math.floor(length / 2), 4096, 100, 50]) {
    await copyFile(file, `${file}.cut`);
    await truncate(`${file}.cut`, kept);
    const content = await readFile(`${file}.cut`);
    expect(await errorOf(open({ file: `${file}.cut` }))).toMatchObject({ code: "STORAGE_CORRUPT" });
    expect(await readFile(`${file}.cut`)).toEqual(content);
  }
});

test("[BR57] a folder that cannot be made or written to is refused in one sentence", async () => {
  const file = await makeFile();
  await writeFile(file, "");
  for (const path of [join(file, "inside/log.db"), "/proc/switchboard/log.db", "/proc/log.db"]) {
    expect(await errorOf(open({ file: path }))).toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringMatching(/^Cannot (create the folder|read|use) "/),
      hint: expect.any(String),
    });
  }
});

test("[BR58] the database of a newer version or of another program is refused and stays as it is", async () => {
  const file = await makeFile();
  await makeLog(file, 1);
  const ours = await readFile(file);
  const newer = Buffer.from(ours);
  newer.writeUInt32BE(99, 60);
  const foreign = Buffer.from(ours);
  foreign.writeUInt32BE(1, 68);
  for (const [content, words] of [
    [newer, "a newer Switchboard wrote it (schema 99, this one knows 2)"],
    [foreign, "it is the database of another program"],
  ] as const) {
    await writeFile(file, content);
    expect(await errorOf(open({ file }))).toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: `Cannot use "${file}": ${words}`,
    });
    expect(await readFile(file)).toEqual(content);
  }
});

test("[BR59] a full store refuses with STORAGE_FULL, loses nothing, reads on, and takes appends again by itself once there is room", async () => {
  const file = await makeFile();
  const reasons: string[] = [];
  const broker = await open(
    { file, maxFileBytes: 300_000 },
    { ...silent, availability: (_, reason) => reasons.push(reason) },
  );
  const data = JSON.stringify("x".repeat(2000));
  const history = { maxCount: Infinity, maxAgeMs: 1000 };
  const results = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      broker.append(request(`m${index}`, { data, history })).catch((error: unknown) => error),
    ),
  );
  const stored = results.filter((result) => !(result instanceof Error));
  const refused = results.filter((result) => result instanceof Error);
  expect(stored.length).toBeGreaterThan(50);
  expect(refused.length).toBeGreaterThan(10);
  for (const error of refused) {
    expect(error).toMatchObject({ code: "STORAGE_FULL", hint: expect.stringContaining("resumes by itself") });
  }
  expect(await readAll(broker)).toHaveLength(stored.length);
  expect((await broker.append(request("m0", { data, history }))).type).toBe("duplicate");
  // Two seconds later the old entries are past their age: the append itself makes the room that it needs.
  expect((await broker.append(request("later", { data, history, nowMs: 2000 }))).type).toBe("stored");
  expect(reasons).toEqual([]);
});

test("[BR63] a database file that is removed while in use stops the store before anything more is acknowledged", async () => {
  const started = once(process, "worker");
  const file = await makeFile();
  const told: string[] = [];
  const broker = await open(
    { file },
    { ...silent, availability: (isAvailable, reason) => told.push(`${isAvailable} ${reason}`) },
  );
  await broker.append(request("before"));
  await rename(file, `${file}.gone`);
  const refused = await errorOf(broker.append(request("after")));
  expect(refused).toMatchObject({
    code: "STORAGE_UNAVAILABLE",
    message: `Cannot use "${file}" any more: it was removed or replaced while in use`,
  });
  // Told once: the thread's own end, which follows, is no further news.
  const [worker] = (await started) as [Worker];
  if (worker.threadId !== -1) await once(worker, "exit");
  expect(told).toEqual([`false Cannot use "${file}" any more: it was removed or replaced while in use`]);
  expect(await errorOf(broker.read({ channel: "a", after: 0, maxCount: 1, maxBytes: 1 }))).toMatchObject({
    code: "STORAGE_UNAVAILABLE",
  });
});

test("[BR64] a storage thread that ends by itself stops the store: what waits is refused, and it is told once", async () => {
  const started = once(process, "worker");
  const told: string[] = [];
  const broker = await open(
    { file: await makeFile() },
    { ...silent, availability: (isAvailable, reason) => told.push(`${isAvailable} ${reason}`) },
  );
  const [worker] = (await started) as [Worker];
  const waiting = errorOf(broker.append(request("a")));
  await worker.terminate();
  expect(await waiting).toMatchObject({ code: "STORAGE_UNAVAILABLE" });
  expect(await errorOf(broker.append(request("b")))).toMatchObject({
    code: "STORAGE_UNAVAILABLE",
    message: "Cannot use the storage thread any more: it ended",
  });
  expect(told).toEqual(["false Cannot use the storage thread any more: it ended"]);
});

test("[BR65] appends that wait for the disk hold at most maxPendingBytes; the next is refused, and taken once they are settled", async () => {
  const broker = await open({ file: await makeFile(), maxPendingBytes: 10 });
  const five = { data: '"abc"' };
  const first = [broker.append(request("a", five)), broker.append(request("b", five))];
  expect(await errorOf(broker.append(request("c", { data: "1" })))).toMatchObject({
    code: "STORAGE_UNAVAILABLE",
    message: "Cannot take another append: 10 bytes wait for the disk",
  });
  await Promise.all(first);
  expect((await broker.append(request("c", five))).type).toBe("stored");
});

test("[BR67] a broker that is closed while it opens ends, and lets go of the file", async () => {
  const file = await makeFile();
  const broker = sqliteBroker({ file });
  const opening = broker.open(silent);
  await broker.close();
  expect((await opening).durability).toBe("fsync");
  await (await open({ file })).close();
});

test("[BR66] a broker is opened once", async () => {
  const broker = await open({ file: await makeFile() });
  expect(await errorOf(broker.open(silent))).toMatchObject({ code: "CLOSED" });
});

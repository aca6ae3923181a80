import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Worker } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import type { AppendRequest, BrokerSink, Entry } from "../../gateway/index.ts";
import type { SqliteBrokerOptions } from "../index.ts";
import { sqliteBroker } from "./sqlite-broker.ts";

// Real processes on a machine that may be busy.
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

/** A process that appends with 32 in flight and writes `offset tag` for each acknowledgement, `code` for each refusal. */
const writer = `
import { sqliteBroker } from ${JSON.stringify(new URL("../../../dist/brokers/index.js", import.meta.url).href)};
const broker = sqliteBroker({ file: process.argv[1], lockTimeoutMs: 0 });
const say = (line) => process.stdout.write(line + "\\n");
const history = { maxCount: Infinity, maxAgeMs: Infinity };
let sent = 0;
async function lane() {
  for (;;) {
    const id = (sent += 1) + 1;
    const data = JSON.stringify("x".repeat(500));
    const done = await broker.append({ channel: "a", event: "e", messageId: "w" + id, user: { id: "u" }, data, payloadHash: "h", tag: id, nowMs: 0, history }).catch((error) => error);
    if (done instanceof Error) return say(done.code + " " + done.message);
    say(done.position.offset + " " + done.position.tag);
  }
}
try {
  await broker.open({ appended() {}, broadcasted() {}, availability: (is, reason) => say("availability " + is + " " + reason) });
  say("open");
  const startMs = performance.now();
  await broker.append({ channel: "a", event: "e", messageId: "first", user: { id: "u" }, data: "0", payloadHash: "h", tag: 1, nowMs: 0, history });
  say("waited " + Math.floor(performance.now() - startMs));
  say("1 1");
  await Promise.all(Array.from({ length: 32 }, lane));
  await broker.append({ channel: "a", data: "" }).catch((error) => say("then " + error.code));
  await broker.close();
} catch (error) {
  say(error.code + " " + error.message + " | " + error.hint);
}
`;

interface Running {
  kill(): unknown;
  /** Lines so far; complete once `ended` has resolved. */
  readonly lines: readonly string[];
  readonly ended: Promise<unknown>;
  until(count: number): Promise<void>;
}

/** Runs the writer on a file, under another command (`strace …`, `prlimit …`) when one is given. */
function runWriter(file: string, wrapper: readonly string[] = []): Running {
  const args = [...wrapper, process.execPath, "--input-type=module", "-e", writer, file];
  const child = spawn("env", args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
  /** The whole group: a wrapper would leave its child behind. */
  const kill = (): unknown =>
    child.exitCode === null && child.signalCode === null && process.kill(-(child.pid ?? 0), "SIGKILL");
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  const ended = Promise.all([once(child, "exit"), once(reader, "close")]);
  cleanUps.push(async () => {
    kill();
    await ended;
  });
  return {
    kill,
    lines,
    ended,
    async until(count) {
      while (lines.length < count && child.exitCode === null) await Promise.race([once(reader, "line"), ended]);
    },
  };
}

function acknowledged(lines: readonly string[]): ReadonlyMap<number, number> {
  return new Map(
    lines.filter((line) => /^\d+ \d+$/.test(line)).map((line) => line.split(" ").map(Number) as [number, number]),
  );
}

async function expectAllThere(file: string, lines: readonly string[]): Promise<number> {
  const acks = acknowledged(lines);
  const broker = await open({ file });
  const entries = await readAll(broker);
  expect(entries.map(({ offset }) => offset)).toEqual(entries.map((_, index) => index + 1));
  for (const [offset, tag] of acks) expect([offset, entries[offset - 1]?.tag]).toEqual([offset, tag]);
  await broker.close();
  return acks.size;
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
const strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"];
const hasStrace = has("strace", ...strace.slice(1), "true");
const hasPrlimit = has("prlimit", "--version");

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

test("[BR52] after kill -9 in the middle of writing every acknowledged entry is there, and the log has no hole", async () => {
  for (const count of [50, 400, 900]) {
    const file = await makeFile();
    const running = runWriter(file);
    await running.until(count);
    running.kill();
    await running.ended;
    expect(await expectAllThere(file, running.lines)).toBeGreaterThanOrEqual(count - 2);
  }
});

test("[BR53] a second process on the same file is refused in one sentence, and the first goes on", async () => {
  const file = await makeFile();
  const broker = await open({ file });
  await broker.append(request("first"));
  const second = runWriter(file);
  await second.ended;
  expect(second.lines).toEqual([
    `STORAGE_UNAVAILABLE Cannot use "${file}": another process is using it | Stop that process, or give this one a file of its own`,
  ]);
  expect((await broker.append(request("second"))).type).toBe("stored");
});

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
    [newer, "a newer Switchboard wrote it (schema 99, this one knows 1)"],
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

test.skipIf(!hasPrlimit)(
  "[BR60] an I/O error of the disk stops the store for good: told once, later appends refused, nothing acknowledged is lost",
  async () => {
    const file = await makeFile();
    // Writing past the limit fails with EFBIG, which SQLite reports as SQLITE_IOERR_WRITE.
    const running = runWriter(file, ["prlimit", "--fsize=400000"]);
    await running.ended;
    const told = running.lines.filter((line) => line.startsWith("availability"));
    expect(told).toEqual([expect.stringMatching(/^availability false Cannot use ".*": the disk failed/)]);
    expect(running.lines.filter((line) => line.startsWith("STORAGE_UNAVAILABLE"))).toHaveLength(32);
    expect(running.lines.at(-1)).toBe("then STORAGE_UNAVAILABLE");
    expect(await expectAllThere(file, running.lines)).toBeGreaterThan(50);
  },
);

test.skipIf(!hasStrace)("[BR61] when a sync fails, nothing is acknowledged after it", async () => {
  // The first seven are of the opening; from the tenth on each is a commit's.
  for (const when of [10, 17]) {
    const file = await makeFile();
    const running = runWriter(file, [...strace, "-e", `inject=fsync,fdatasync:error=EIO:when=${when}`]);
    await running.ended;
    const stopped = running.lines.findIndex((line) => line.startsWith("availability false"));
    expect(running.lines[stopped]).toMatch(/the disk failed/);
    expect(acknowledged(running.lines.slice(stopped)).size).toBe(0);
    expect(running.lines.at(-1)).toBe("then STORAGE_UNAVAILABLE");
    await expectAllThere(file, running.lines);
  }
});

test.skipIf(!hasStrace)(
  "[BR62] an acknowledgement waits for the disk: with every sync held up by 300 ms none comes sooner",
  async () => {
    const running = runWriter(await makeFile(), [...strace, "-e", "inject=fsync,fdatasync:delay_enter=300000"]);
    await running.until(3);
    expect(running.lines[0]).toBe("open");
    expect(Number(running.lines[1]?.replace("waited ", ""))).toBeGreaterThanOrEqual(300);
  },
);

test("[BR63] a database file that is removed while in use stops the store before anything more is acknowledged", async () => {
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

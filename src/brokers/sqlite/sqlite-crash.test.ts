/** What an acknowledgement survives, shown on processes that are killed, stopped and lied to. Uses the built package (`tsc -b` first). */
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { AppendProcess, type AppendProcessOptions, readAcknowledged } from "../../../test/append-process.ts";
import { sqliteBroker } from "./sqlite-broker.ts";

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "switchboard-"));
  cleanUps.push(() => rm(folder, { recursive: true }));
  return folder;
}

async function makeFile(): Promise<string> {
  return join(await makeFolder(), "log.db");
}

function start(options: AppendProcessOptions): AppendProcess {
  const started = new AppendProcess(options);
  cleanUps.push(() => {
    started.signal("SIGKILL");
    return started.ended;
  });
  return started;
}

/** Opens the log again: dense, and how many of the acknowledged entries are not there with their tag. */
async function countLost(file: string, acknowledged: ReadonlyMap<number, number>): Promise<number> {
  const broker = sqliteBroker({ file, lockTimeoutMs: 0 });
  await broker.open({ appended() {}, broadcasted() {}, availability() {} });
  const { entries } = await broker.read({ channel: "a", after: 0, maxCount: Infinity, maxBytes: Infinity });
  await broker.close();
  expect(entries.map(({ offset }) => offset)).toEqual(entries.map((_, index) => index + 1));
  return [...acknowledged].filter(([offset, tag]) => entries[offset - 1]?.tag !== tag).length;
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
const canMount = process.getuid?.() === 0 && has("losetup", "-f") && has("mkfs.ext4", "-V");

test("[BR52] after kill -9 in the middle of writing every acknowledged entry is there, and the log has no hole", async () => {
  for (const count of [50, 400, 900]) {
    const file = await makeFile();
    const running = start({ file });
    await running.hasSaid(count);
    running.signal("SIGKILL");
    await running.ended;
    expect(running.acknowledged.size).toBeGreaterThan(count - 5);
    expect(await countLost(file, running.acknowledged)).toBe(0);
  }
});

test("[BR53] a second process on the same file is refused in one sentence, and the first goes on", async () => {
  const file = await makeFile();
  const first = sqliteBroker({ file });
  await first.open({ appended() {}, broadcasted() {}, availability() {} });
  const second = start({ file });
  await second.ended;
  // It does nothing just now: what keeps the other out is the lock, not a write that is under way.
  expect((await first.read({ channel: "a", after: 0, maxCount: 1, maxBytes: 1 })).top.offset).toBe(0);
  await first.close();
  expect(second.lines).toEqual([
    `STORAGE_UNAVAILABLE Cannot use "${file}": another process is using it | Stop that process, or give this one a file of its own`,
  ]);
});

test.skipIf(!has("prlimit", "--version"))(
  "[BR60] an I/O error of the disk stops the store for good: told once, later appends refused, nothing acknowledged is lost",
  async () => {
    const file = await makeFile();
    // Writing past the limit fails with EFBIG, which SQLite reports as SQLITE_IOERR_WRITE.
    const running = start({ file, wrapper: ["prlimit", "--fsize=400000"] });
    await running.ended;
    const told = running.lines.filter((line) => line.startsWith("availability"));
    expect(told).toEqual([expect.stringMatching(/^availability false Cannot use ".*": the disk failed/)]);
    expect(running.lines.filter((line) => line.startsWith("STORAGE_UNAVAILABLE"))).toHaveLength(32);
    expect(running.lines.at(-1)).toBe("then STORAGE_UNAVAILABLE");
    expect(running.acknowledged.size).toBeGreaterThan(50);
    expect(await countLost(file, running.acknowledged)).toBe(0);
  },
);

test.skipIf(!hasStrace)("[BR61] when a sync fails, nothing is acknowledged after it", async () => {
  // The first seven are of the opening; from the tenth on each is a commit's.
  for (const when of [10, 17]) {
    const file = await makeFile();
    const running = start({ file, wrapper: [...strace, "-e", `inject=fsync,fdatasync:error=EIO:when=${when}`] });
    await running.ended;
    const stopped = running.lines.findIndex((line) => line.startsWith("availability false"));
    expect(running.lines[stopped]).toMatch(/the disk failed/);
    expect(readAcknowledged(running.lines.slice(stopped)).size).toBe(0);
    expect(running.lines.at(-1)).toBe("then STORAGE_UNAVAILABLE");
    expect(await countLost(file, running.acknowledged)).toBe(0);
  }
});

test.skipIf(!hasStrace)(
  "[BR62] an acknowledgement waits for the disk: with every sync held up by 300 ms none comes sooner",
  async () => {
    const running = start({
      file: await makeFile(),
      wrapper: [...strace, "-e", "inject=fsync,fdatasync:delay_enter=300000"],
    });
    await running.hasSaid(3);
    expect(running.lines[0]).toBe("open");
    expect(Number(running.lines[1]?.replace("waited ", ""))).toBeGreaterThanOrEqual(300);
  },
);

test.skipIf(!canMount)(
  "[BR72] after power loss every entry that was acknowledged at level fsync is there",
  async () => {
    const folder = await makeFolder();
    const [disk, copy, mounted] = [join(folder, "disk.img"), join(folder, "copy.img"), join(folder, "mounted")];
    await mkdir(mounted);
    await writeFile(disk, "");
    await truncate(disk, 64 * 1024 ** 2);
    execFileSync("mkfs.ext4", ["-qF", disk]);
    const running = await onDisk(disk, mounted, async () => {
      const appending = start({ file: join(mounted, "log.db") });
      await appending.hasSaid(2_000);
      appending.signal("SIGSTOP");
      // What a disk holds when its machine loses power: what the kernel has not written yet is in no copy of the image.
      await copyFile(disk, copy);
      appending.signal("SIGKILL");
      await appending.ended;
      return appending;
    });
    expect(running.acknowledged.size).toBeGreaterThan(1_990);
    expect(await onDisk(copy, mounted, () => countLost(join(mounted, "log.db"), running.acknowledged))).toBe(0);
  },
);

/** Mounts an image of a disk for as long as `use` takes. */
async function onDisk<Result>(image: string, folder: string, use: () => Promise<Result>): Promise<Result> {
  execFileSync("mount", ["-o", "loop", image, folder]);
  try {
    return await use();
  } finally {
    execFileSync("umount", [folder]);
  }
}

/** A machine that has no more of something: descriptors, room on its disk, power. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteBroker } from "switchboard";
import { expect, onTestFinished, test, vi } from "vitest";
import { AppendProcess } from "../append-process.ts";
import { WireClient } from "../gateway/wire-client.ts";
import { KillableServer, type KillableServerOptions } from "../kill/killable-server.ts";

vi.setConfig({ testTimeout: 90_000 });

const channel = "log/1";
const mebibyte = 1024 * 1024;
const whyNoMount = tryMount();

function tryMount(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux: it mounts a file system";
  const folder = mkdtempSync(join(tmpdir(), "switchboard-mount-"));
  try {
    mount(["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
    execFileSync("umount", [folder]);
    return undefined;
  } catch {
    return "needs to be allowed to mount a file system";
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function mount(args: readonly string[]): void {
  execFileSync("mount", args, { stdio: "pipe" });
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-exhaustion-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A folder of its own with a file system of its own, until the test is over. */
function mountAt(args: (folder: string) => readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-mounted-"));
  mount(args(folder));
  onTestFinished(() => {
    execFileSync("umount", [folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

async function serve(options: Omit<KillableServerOptions, "broker">): Promise<KillableServer> {
  const server = new KillableServer({ broker: "sqlite", ...options });
  onTestFinished(() => server.kill());
  await server.start();
  return server;
}

async function enter(server: KillableServer, name: string): Promise<WireClient> {
  const client = await WireClient.join(server.url, "0".repeat(32), name);
  client.send({ type: "subscribe", channel, start: { from: "recent", count: 1 } });
  await client.next("subscribed");
  return client;
}

async function publish(client: WireClient, messageId: string, text = messageId): Promise<string> {
  const id = client.send({ type: "publish", channel, event: "line", messageId, data: { text } });
  return vi.waitFor(
    () => {
      const answer = client.messages.find((message) => "id" in message && message.id === id);
      if (answer?.type === "ack") return answer.duplicate ? "duplicate" : "stored";
      if (answer?.type === "error") return answer.code;
      throw new Error(`Publish ${messageId} was not answered`);
    },
    { timeout: 15_000, interval: 2 },
  );
}

/** Time the process was at work since it began, in milliseconds. */
function busyMs(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

test("[FX10] with 256 descriptors and 400 who connect, those who are in are served, nothing spins, and there is room again when the others left", async ({
  skip,
}) => {
  skip(process.platform !== "linux", "needs Linux: the limit is set with prlimit");
  const server = await serve({ folder: makeFolder(), wrapper: ["prlimit", "--nofile=256:256"] });
  const client = await enter(server, "ada");
  const crowd: Socket[] = [];
  onTestFinished(() => crowd.forEach((socket) => socket.destroy()));
  let endedCount = 0;
  for (let count = 0; count < 400; count += 1) {
    const socket = connect({ port: server.port, host: "127.0.0.1" });
    socket.on("error", () => {}).on("close", () => (endedCount += 1));
    crowd.push(socket);
  }
  await vi.waitFor(() => expect(endedCount).toBeGreaterThan(150), { timeout: 15_000 });
  const [startMs, startBusyMs] = [performance.now(), busyMs(server.pid)];
  for (let index = 0; index < 50; index += 1) expect(await publish(client, `full-${index}`)).toBe("stored");
  await vi.waitFor(() => expect(performance.now() - startMs).toBeGreaterThan(2_000), { timeout: 5_000 });
  expect(busyMs(server.pid) - startBusyMs).toBeLessThan((performance.now() - startMs) * 0.7);
  for (const socket of crowd) socket.destroy();
  await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status).toBe(200), {
    timeout: 15_000,
  });
  const late = await enter(server, "bob");
  expect(await publish(late, "late")).toBe("stored");
  expect(await publish(client, "full-0")).toBe("duplicate");
});

test("[FX12] on a file system that is full publishing is refused, with room it works again, and a restart has all that was acknowledged", async ({
  skip,
}) => {
  skip(whyNoMount !== undefined, whyNoMount);
  const folder = mountAt((path) => ["-t", "tmpfs", "-o", "size=6m", "tmpfs", path]);
  const ballast = join(folder, "ballast");
  writeFileSync(ballast, Buffer.alloc(4 * mebibyte));
  const server = await serve({ folder });
  const client = await enter(server, "ada");
  const stored: string[] = [];
  let refusal = "";
  for (let index = 0; refusal === "" && index < 500; index += 1) {
    const answer = await publish(client, `m${index}`, "x".repeat(20_000));
    if (answer === "stored") stored.push(`m${index}`);
    else refusal = answer;
  }
  expect(refusal).toBe("STORAGE_FULL");
  expect(stored.length).toBeGreaterThan(10);
  client.send({ type: "history", channel, before: 2, count: 1 });
  expect((await client.next("history")).events).toMatchObject([{ messageId: "m0" }]);
  truncateSync(ballast, 0);
  await vi.waitFor(async () => expect(await publish(client, "again")).toMatch(/stored|duplicate/), { timeout: 15_000 });
  await server.kill();
  await server.start();
  const back = await enter(server, "ada");
  for (const id of [stored[0], stored.at(-1), "again"]) {
    expect(await publish(back, id ?? "", id === "again" ? id : "x".repeat(20_000))).toBe("duplicate");
  }
});

test("[FX16] after power loss a real file system, as its disk had it by then, has every acknowledged entry", async ({
  skip,
}) => {
  skip(whyNoMount !== undefined, whyNoMount);
  const folder = makeFolder();
  const disk = join(folder, "disk");
  writeFileSync(disk, "");
  truncateSync(disk, 64 * mebibyte);
  execFileSync("mkfs.ext4", ["-q", "-F", disk]);
  const running = mountAt((path) => ["-o", "loop", disk, path]);
  mkdirSync(join(running, "data"));
  const program = new AppendProcess({ file: join(running, "data", "log.db") });
  await program.hasSaid(2_000);
  // Nobody is told anything more; what the kernel has not written to the disk by now is lost with its memory.
  program.signal("SIGSTOP");
  const { acknowledged } = program;
  const after = join(folder, "disk-after");
  copyFileSync(disk, after);
  program.signal("SIGKILL");
  await program.ended;
  const mounted = mountAt((path) => ["-o", "loop", after, path]);
  const broker = sqliteBroker({ file: join(mounted, "data", "log.db"), lockTimeoutMs: 0 });
  await broker.open({ appended() {}, broadcasted() {}, availability() {} });
  const { entries } = await broker.read({ channel: "a", after: 0, maxCount: Infinity, maxBytes: Infinity });
  await broker.close();
  expect(entries.map(({ offset }) => offset)).toEqual(entries.map((_, index) => index + 1));
  expect(acknowledged.size).toBeGreaterThan(1_900);
  expect([...acknowledged].filter(([offset, tag]) => entries[offset - 1]?.tag !== tag)).toEqual([]);
});

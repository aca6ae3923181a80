/** A real Redis for a test: started by it, on loopback, with its data in a folder of its own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "vitest";

const missing = "no redis-server found: `sudo bash tools/setup.sh` installs it";
const isThere = spawnSync("redis-server", ["--version"]).status === 0;

/** A test that needs a Redis. Without one it is skipped with the reason; with `CI` set it fails. */
export function redisTest(name: string, body: (context: TestContext) => Promise<void>, timeout = 60_000): void {
  test(name, { timeout }, async (context) => {
    if (!isThere) {
      if (process.env["CI"] === undefined) return context.skip(missing);
      throw new Error(missing);
    }
    await body(context);
  });
}

/** How durable it is: every write synced, unless a test says otherwise. */
export const syncedSettings: readonly string[] = ["--appendonly", "yes", "--appendfsync", "always"];

/** One Redis process after another, on one port and with one folder. */
export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #settings: readonly string[] = syncedSettings;

  private constructor(port: number) {
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), "switchboard-redis-"));
  }

  static async start(settings: readonly string[] = syncedSettings): Promise<RedisServer> {
    const server = new RedisServer(await freePort());
    await server.run(settings);
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** What it was started with last. */
  get settings(): readonly string[] {
    return this.#settings;
  }

  /** Starts it again on the data that the last one left. Resolves when it takes connections. */
  async run(settings: readonly string[] = syncedSettings): Promise<void> {
    this.#settings = settings;
    const fixed = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#folder, "--save", ""];
    const child = spawn("redis-server", [...fixed, ...settings], { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes("Ready to accept connections")) {
        child.stdout.resume();
        return;
      }
    }
    throw new Error("Cannot start redis-server: it ended before it was ready");
  }

  /** Sends a command by the tool that comes with it, and gives what that prints. */
  command(...words: readonly string[]): string {
    return spawnSync("redis-cli", ["-p", String(this.port), ...words], { encoding: "utf8" }).stdout.trim();
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  /** Stops or wakes the process, which keeps its connections. When this returns it does nothing more. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(signal);
    const pid = this.#process?.pid;
    while (signal === "SIGSTOP" && pid !== undefined && !isStopped(pid));
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true });
  }
}

/** Whether no thread of it runs. */
function isStopped(pid: number): boolean {
  const stats = readdirSync(`/proc/${pid}/task`).map((id) => readFileSync(`/proc/${pid}/task/${id}/stat`, "utf8"));
  return stats.every((stat) => stat.includes(") T "));
}

/** A port that nothing listens at now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

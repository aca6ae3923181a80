/** A real Redis for a test: started by it, on loopback, with its data in a folder of its own. */
import { spawnSync } from "node:child_process";
import { freePort } from "./free-port.ts";
import { findProgram, ServerProcess, type ServerTest } from "./server-process.ts";

const program = "redis-server";

/** A test that needs a Redis. */
export const redisTest: ServerTest = findProgram(program).test;

/** How durable it is: every write synced, unless a test says otherwise. */
export const syncedSettings: readonly string[] = ["--appendonly", "yes", "--appendfsync", "always"];

/** One Redis process after another, on one port and with one folder. */
export class RedisServer {
  readonly port: number;
  readonly #process = new ServerProcess("redis");
  #settings = syncedSettings;

  private constructor(port: number) {
    this.port = port;
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

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Starts it again on the data that the last one left. Resolves when it takes connections. */
  async run(settings: readonly string[] = syncedSettings): Promise<void> {
    this.#settings = settings;
    const fixed = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#process.folder, "--save", ""];
    const args = [...fixed, ...settings];
    await this.#process.run({ program, args, logsTo: "stdout", ready: "Ready to accept connections" });
  }

  /** Sends a command by the tool that comes with it, and gives what that prints. */
  command(...words: readonly string[]): string {
    return spawnSync("redis-cli", ["-p", String(this.port), ...words], { encoding: "utf8" }).stdout.trim();
  }

  /** Several commands by one process of the tool, each a line; the lines that it prints. */
  commands(lines: readonly string[]): readonly string[] {
    const options = { encoding: "utf8", input: lines.join("\n") } as const;
    return spawnSync("redis-cli", ["-p", String(this.port)], options)
      .stdout.trim()
      .split("\n");
  }

  async kill(signal?: NodeJS.Signals): Promise<void> {
    await this.#process.kill(signal);
  }

  /** Stops or wakes the process, which keeps its connections. When this returns it does nothing more. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process.signal(signal);
  }

  async dispose(): Promise<void> {
    await this.#process.dispose();
  }
}

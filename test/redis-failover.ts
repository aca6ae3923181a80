/** A real primary with a replica and the Sentinels that watch them, for a test: on loopback, and quick to find each other dead. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { freePort, RedisServer, syncedSettings } from "./redis-server.ts";

const name = "main";

/** One Sentinel and the folder of its configuration, which it writes itself. */
class SentinelServer {
  readonly port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), "switchboard-sentinel-"));
  #process: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(primaryPort: number, quorum: number): Promise<SentinelServer> {
    const sentinel = new SentinelServer(await freePort());
    await sentinel.#run(primaryPort, quorum);
    return sentinel;
  }

  async #run(primaryPort: number, quorum: number): Promise<void> {
    const file = join(this.#folder, "sentinel.conf");
    const lines = [
      `port ${this.port}`,
      "bind 127.0.0.1",
      `dir ${this.#folder}`,
      `sentinel monitor ${name} 127.0.0.1 ${primaryPort} ${quorum}`,
      `sentinel down-after-milliseconds ${name} 400`,
      `sentinel failover-timeout ${name} 3000`,
    ];
    writeFileSync(file, lines.join("\n"));
    const child = spawn("redis-server", [file, "--sentinel"], { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes("+monitor master")) return void child.stdout.resume();
    }
    throw new Error("Cannot start a Sentinel: it ended before it was ready");
  }

  async dispose(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null) {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
    rmSync(this.#folder, { recursive: true });
  }
}

/** The primary, its replica, their Sentinels. */
export class RedisFailover {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly #sentinels: readonly SentinelServer[];

  private constructor(primary: RedisServer, replica: RedisServer, sentinels: readonly SentinelServer[]) {
    this.primary = primary;
    this.replica = replica;
    this.#sentinels = sentinels;
  }

  static async start({
    replicaSettings = syncedSettings,
    sentinelCount = 1,
  }: { readonly replicaSettings?: readonly string[]; readonly sentinelCount?: number } = {}): Promise<RedisFailover> {
    const primary = await RedisServer.start([...syncedSettings, "--repl-diskless-sync-delay", "0"]);
    const replica = await RedisServer.start([...replicaSettings, "--replicaof", `127.0.0.1 ${primary.port}`]);
    while (!primary.command("INFO", "replication").includes("state=online")) await delay(20);
    const quorum = Math.floor(sentinelCount / 2) + 1;
    const sentinels = await Promise.all(
      Array.from({ length: sentinelCount }, () => SentinelServer.start(primary.port, quorum)),
    );
    return new RedisFailover(primary, replica, sentinels);
  }

  /** For `redisBroker({ sentinel })`. */
  get sentinel(): { readonly name: string; readonly sentinels: readonly string[] } {
    return { name, sentinels: this.#sentinels.map(({ port }) => `redis://127.0.0.1:${port}`) };
  }

  /** From now on the replica gets nothing more. */
  cutReplication(): void {
    this.replica.signal("SIGSTOP");
    this.primary.command("CLIENT", "KILL", "TYPE", "replica");
  }

  /** The primary dies; the replica, with what it has, takes its place. */
  async failOver(): Promise<void> {
    await this.primary.kill();
    this.replica.signal("SIGCONT");
    while (!this.replica.command("ROLE").startsWith("master")) await delay(20);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#sentinels.map((sentinel) => sentinel.dispose()));
    this.replica.signal("SIGCONT");
    await Promise.all([this.primary, this.replica].map((server) => server.dispose()));
  }
}

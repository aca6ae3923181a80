/** A real primary with a replica and the Sentinels that watch them, for a test: on loopback, and quick to find each other dead. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { RedisServer, syncedSettings } from "./redis-server.ts";
import { ServerProcess } from "./server-process.ts";

const name = "main";

/** One Sentinel, with the file of its configuration, which it writes itself. */
class SentinelServer {
  readonly port: number;
  readonly #process = new ServerProcess("sentinel");

  private constructor(port: number) {
    this.port = port;
  }

  static async start(primaryPort: number, quorum: number): Promise<SentinelServer> {
    const sentinel = new SentinelServer(await freePort());
    await sentinel.#run(primaryPort, quorum);
    return sentinel;
  }

  async #run(primaryPort: number, quorum: number): Promise<void> {
    const { folder } = this.#process;
    const file = join(folder, "sentinel.conf");
    const lines = [
      `port ${this.port}`,
      "bind 127.0.0.1",
      `dir ${folder}`,
      `sentinel monitor ${name} 127.0.0.1 ${primaryPort} ${quorum}`,
      `sentinel down-after-milliseconds ${name} 400`,
      `sentinel failover-timeout ${name} 3000`,
    ];
    writeFileSync(file, lines.join("\n"));
    const args = [file, "--sentinel"];
    await this.#process.run({ program: "redis-server", args, logsTo: "stdout", ready: "+monitor master" });
  }

  async dispose(): Promise<void> {
    await this.#process.dispose();
  }
}

/** The primary, its replica, their Sentinels. */
export class RedisFailover {
  primary: RedisServer;
  replica: RedisServer;
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

  /** The one that died comes back, as the replica of the one that took over. */
  async restore(): Promise<void> {
    [this.primary, this.replica] = [this.replica, this.primary];
    await this.replica.run([...syncedSettings, "--replicaof", `127.0.0.1 ${this.primary.port}`]);
    while (!this.primary.command("INFO", "replication").includes("state=online")) await delay(20);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#sentinels.map((sentinel) => sentinel.dispose()));
    this.replica.signal("SIGCONT");
    await Promise.all([this.primary, this.replica].map((server) => server.dispose()));
  }
}

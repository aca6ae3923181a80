/** Real NATS servers for a test: started by it, on loopback, with their data in a folder of their own. */
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, headers as makeHeaders } from "@nats-io/transport-node";
import { startCutLine } from "./cut-line.ts";
import { freePort } from "./free-port.ts";
import { findProgram, ServerProcess, type ServerTest } from "./server-process.ts";

/** Its version decides what it can do. `NATS_SERVER` names another program than the one on the path. */
const program = process.env["NATS_SERVER"] ?? "nats-server";
const found = findProgram(program);

/** `2.9.10`; empty without a server. */
export const natsVersion: string = /v(\d+\.\d+\.\d+)/.exec(found.version)?.[1] ?? "";

/** A test that needs NATS. */
export const natsTest: ServerTest = found.test;

export interface NatsServerOptions {
  /** Lines of the configuration file, inside of `jetstream { }`. */
  readonly jetstream?: string;
  /** Further lines of the file. */
  readonly more?: string;
}

/** What the JetStream API answers: of this, what the tests look at. */
interface Answer {
  readonly error?: { readonly err_code: number };
  readonly seq?: number;
  readonly state?: { readonly messages: number; readonly last_seq: number };
  readonly config?: { readonly subjects: readonly string[]; readonly duplicate_window?: number };
  readonly cluster?: { readonly leader?: string };
}

interface Cluster {
  readonly port: number;
  readonly routes: readonly string[];
  /** The port that the others are told of. */
  readonly advertisedPort?: number;
}

/** A cluster whose first server can be cut off from the others. */
export interface DividedCluster {
  readonly servers: readonly NatsServer[];
  cut(): void;
  mend(): void;
  closeLines(): Promise<void>;
}

/** One NATS process after another, on one port and with one folder. */
export class NatsServer {
  readonly port: number;
  readonly name: string;
  readonly #process = new ServerProcess("nats");

  private constructor(port: number, name: string) {
    this.port = port;
    this.name = name;
  }

  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const server = new NatsServer(await freePort(), "alone");
    server.#write(options);
    await server.run();
    return server;
  }

  /** Several servers that are one cluster. Resolves when it has a leader. */
  static async startCluster(count: number): Promise<readonly NatsServer[]> {
    const ports = await Promise.all(Array.from({ length: count * 2 }, freePort));
    const routes = ports.slice(count).map((port) => `nats-route://127.0.0.1:${port}`);
    const servers = ports.slice(0, count).map((port, index) => new NatsServer(port, `n${index + 1}`));
    await Promise.all(
      servers.map((server, index) => {
        server.#write({}, { port: ports[count + index] ?? 0, routes });
        return server.run();
      }),
    );
    return servers;
  }

  /** Several servers that come to each other by lines, the first to nobody by itself once it was cut off. */
  static async startDivided(count: number): Promise<DividedCluster> {
    const ports = await Promise.all(Array.from({ length: count * 2 }, freePort));
    const routePorts = ports.slice(count);
    const lines = await Promise.all(routePorts.map((port) => startCutLine(`nats-route://127.0.0.1:${port}`)));
    const routes = lines.map(({ url }) => url);
    const servers = ports.slice(0, count).map((port, index) => new NatsServer(port, `n${index + 1}`));
    await Promise.all(
      servers.map((server, index) => {
        const advertisedPort = Number(new URL(routes[index] ?? "").port);
        // One route it has to have: the first to itself, which it notices. What it is told of it does not dial again.
        const known = index === 0 ? routes.slice(0, 1) : routes;
        server.#write({}, { port: routePorts[index] ?? 0, routes: known, advertisedPort });
        return server.run();
      }),
    );
    const [first, ...others] = lines;
    return {
      servers,
      cut() {
        for (const line of lines) line.cut();
        for (const line of others) line.mend();
      },
      mend: () => first?.mend(),
      async closeLines() {
        for (const line of lines) await line.close();
      },
    };
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Starts it again on the data that the last one left. Resolves when it takes connections. */
  async run(): Promise<void> {
    const args = ["-c", this.#file("nats.conf")];
    await this.#process.run({ program, args, logsTo: "stderr", ready: "Server is ready" });
  }

  /** Asks the server something, as an operator would. The JetStream API answers with JSON. */
  async ask(subject: string, payload: unknown = "", headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const client = await connect({ servers: this.url });
    try {
      const head = makeHeaders();
      for (const [name, value] of Object.entries(headers)) head.set(name, value);
      const text = typeof payload === "string" ? payload : JSON.stringify(payload);
      return (await client.request(subject, text, { headers: head, timeout: 5_000 })).json<Answer>();
    } finally {
      await client.close();
    }
  }

  /** Where a stream of ours keeps a channel's entries. */
  async logSubject(stream: string, channel: string): Promise<string> {
    const { config } = await this.ask(`$JS.API.STREAM.INFO.${stream}`);
    return config?.subjects[0]?.replace("*", channel) ?? "";
  }

  /** Says something on subjects, in this order; resolves when the server has it. */
  async say(
    said: readonly (readonly [subject: string, payload: string, headers?: Readonly<Record<string, string>>])[],
  ) {
    const client = await connect({ servers: this.url });
    for (const [subject, payload, headers = {}] of said) {
      const head = makeHeaders();
      for (const [name, value] of Object.entries(headers)) head.set(name, value);
      client.publish(subject, payload, { headers: head });
    }
    await client.flush();
    await client.close();
  }

  async kill(signal?: NodeJS.Signals): Promise<void> {
    await this.#process.kill(signal);
  }

  /** Stops or wakes the process, which keeps its connections. When this returns it does nothing more. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process.signal(signal);
  }

  /** Takes all it has stored away. It must not run. */
  wipe(): void {
    rmSync(this.#file("jetstream"), { recursive: true, force: true });
  }

  /** Keeps what it has stored by now. It may run: it stands still meanwhile. */
  backUp(): void {
    this.signal("SIGSTOP");
    cpSync(this.#file("jetstream"), this.#file("backup"), { recursive: true });
    this.signal("SIGCONT");
  }

  /** Has it find what was kept, as after a power loss that took what came later. It must not run. */
  restore(): void {
    this.wipe();
    cpSync(this.#file("backup"), this.#file("jetstream"), { recursive: true });
  }

  /** Of a cluster: the server that leads a stream. */
  async leaderOf(stream: string): Promise<string> {
    return (await this.ask(`$JS.API.STREAM.INFO.${stream}`)).cluster?.leader ?? "";
  }

  async dispose(): Promise<void> {
    await this.#process.dispose();
  }

  #file(name: string): string {
    return join(this.#process.folder, name);
  }

  #write({ jetstream = "", more = "" }: NatsServerOptions, cluster?: Cluster): void {
    const lines = [
      `server_name: ${this.name}`,
      `listen: 127.0.0.1:${this.port}`,
      `jetstream { store_dir: "${this.#process.folder}"\n${jetstream}\n}`,
      ...(cluster === undefined
        ? []
        : [
            `cluster { name: test, listen: 127.0.0.1:${cluster.port}, routes: [${cluster.routes.join(", ")}]`,
            `advertise: "127.0.0.1:${cluster.advertisedPort ?? cluster.port}" }`,
          ]),
      more,
    ];
    writeFileSync(this.#file("nats.conf"), lines.join("\n"));
  }
}

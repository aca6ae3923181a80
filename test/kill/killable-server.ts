import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { KillServerOptions } from "./server.ts";

const program = join(import.meta.dirname, "server.ts");

export interface KillableServerOptions extends Omit<KillServerOptions, "port"> {
  /** A command that runs the process and does something to it: `prlimit …`. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A server in a process of its own. It can be killed in the middle of anything, and comes back on the same port and file. */
export class KillableServer {
  readonly #options: KillableServerOptions;
  #process: ChildProcess | undefined;
  #port = 0;

  constructor(options: KillableServerOptions) {
    this.#options = options;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}/`;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves when it listens. What it says on stderr comes out here. */
  async start(): Promise<void> {
    const { env, wrapper = [], ...options } = this.#options;
    const child = this.#spawn({ ...options, port: this.#port }, wrapper, env);
    this.#process = child;
    if (child.stdout === null) throw new Error("Cannot start the server: it has no stdout");
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([once(lines, "line"), once(child, "exit")])) as [string | number | null];
    const { exitCode, signalCode } = child;
    if (hasEnded(child)) throw new Error(`Cannot start the server: it exited with ${exitCode ?? signalCode}`);
    this.#port = Number(line);
  }

  /** Starts it as a supervisor does: again and again, while its store cannot be reached. @throws what the last start failed of. */
  async startUntilItStands(withinMs = 120_000): Promise<void> {
    for (const endMs = performance.now() + withinMs; ;) {
      try {
        return await this.start();
      } catch (error) {
        if (performance.now() > endMs) throw error;
        await delay(200);
      }
    }
  }

  /** Whether there is a process. */
  get isRunning(): boolean {
    return this.#process !== undefined && !hasEnded(this.#process);
  }

  /** Resolves when it is gone: killed by whoever wanted it gone. */
  async ended(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && !hasEnded(child)) await once(child, "exit");
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  /** SIGKILL: nothing is flushed, nobody is told. Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended();
  }

  /** SIGTERM: it says goodbye. Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.signal("SIGTERM");
    await this.ended();
  }

  #spawn(options: KillServerOptions, wrapper: readonly string[], env: KillableServerOptions["env"]): ChildProcess {
    const node = [process.execPath, "--import", "tsx", program, JSON.stringify(options)];
    const [command = process.execPath, ...args] = [...wrapper, ...node];
    return spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } });
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

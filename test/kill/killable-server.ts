import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const program = join(import.meta.dirname, "server.ts");

/** A server in a process of its own. It can be killed in the middle of anything, and comes back on the same port and file. */
export class KillableServer {
  readonly #file: string;
  readonly #bug: string | undefined;
  #process: ChildProcess | undefined;
  #port = 0;

  constructor(options: { readonly file: string; readonly bug?: string }) {
    this.#file = options.file;
    this.#bug = options.bug;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}/`;
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const args = [
      "--import",
      "tsx",
      program,
      String(this.#port),
      this.#file,
      ...(this.#bug === undefined ? [] : [this.#bug]),
    ];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([once(lines, "line"), once(child, "exit")])) as [string | number | null];
    if (child.exitCode !== null) throw new Error(`Cannot start the server: it exited with ${child.exitCode}`);
    this.#port = Number(line);
  }

  /** SIGKILL: nothing is flushed, nobody is told. Resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
}

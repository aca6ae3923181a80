import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** The command of a program and its arguments. */
export type Command = readonly [string, ...string[]];

const maxSilenceMs = 300_000;

/** A program that the matrix runs. It dies with the matrix, as its standard input ends then. */
export class Child {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = "";
  #errors = "";

  constructor([file, ...args]: Command) {
    this.#process = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#exited = once(this.#process, "close");
    this.#process.stdout?.on("data", (chunk: Buffer) => (this.#output += chunk.toString()));
    this.#process.stderr?.on("data", (chunk: Buffer) => (this.#errors += chunk.toString()));
  }

  /** The first line of JSON the program writes. Rejects with its error output if it ends without one. */
  async readLine(): Promise<unknown> {
    const deadline = setTimeout(() => this.#process.kill("SIGKILL"), maxSilenceMs);
    try {
      for (;;) {
        const line = /^\{.*\}$/mu.exec(this.#output)?.[0];
        if (line !== undefined) return JSON.parse(line);
        await this.#nextOutput();
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Resolves once `isReady` does with true; rejects if the program ends before. */
  async until(isReady: () => Promise<boolean>): Promise<void> {
    while (!(await isReady())) {
      if (this.#hasExited) throw new Error(`ended too early: ${this.#errors.trim().slice(-500)}`);
    }
  }

  async stop(): Promise<void> {
    if (!this.#hasExited) this.#process.kill("SIGTERM");
    const deadline = setTimeout(() => this.#process.kill("SIGKILL"), 2_000);
    await this.#exited.catch(() => {});
    clearTimeout(deadline);
  }

  get #hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  async #nextOutput(): Promise<void> {
    const { stdout } = this.#process;
    const over = this.#exited.then(() => {
      if (!/^\{.*\}$/mu.test(this.#output)) throw new Error(`no result: ${this.#errors.trim().slice(-500)}`);
    });
    await Promise.race([stdout === null ? over : once(stdout, "data"), over]);
  }
}

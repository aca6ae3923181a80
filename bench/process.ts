import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** A process of the bench: a server or a load. It says lines, and may be told some. */
export class BenchProcess {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(command: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const [program = "", ...programArguments] = command;
    this.#process = spawn(program, programArguments, {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...environment },
    });
    this.#process.on("error", () => {}); // its output ends too, which is what is told
    this.#process.stdin.on("error", () => {});
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  get id(): number {
    return this.#process.pid ?? 0;
  }

  /** The next line. Rejects if the process ends before it, or says nothing for so long. */
  async readLine(withinMs = 10_000): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_resolve, reject) => {
      const name = this.#process.spawnargs.join(" ");
      timer = setTimeout(
        () => reject(new Error(`Cannot measure: nothing came for ${withinMs} ms from ${name}`)),
        withinMs,
      );
    });
    try {
      const line = await Promise.race([this.#lines.next(), silence]);
      if (line.done) throw new Error(`Cannot measure: ${this.#process.spawnargs.join(" ")} ended`);
      return line.value;
    } finally {
      clearTimeout(timer);
    }
  }

  say(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  /** Says a line, and waits for the answer, which may take ten full collections of a machine that is busy. */
  ask(line: string): Promise<string> {
    this.say(line);
    return this.readLine(120_000);
  }

  /** Sends a signal; resolves with the exit code when the process is gone, `null` if the signal was its end. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const ended = once(this.#process, "exit");
    this.#process.kill(signal);
    await ended;
    return this.#process.exitCode;
  }

  /** Ends the process at once. */
  stop(): void {
    this.#process.kill("SIGKILL");
  }
}

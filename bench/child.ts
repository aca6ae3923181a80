import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";

const answerWithinMs = 10_000;

/** A process of the bench: asked one thing at a time, and answering each. */
export class Child {
  readonly #process: ChildProcess;

  /** @param file - relative to this folder. */
  constructor(file: string) {
    this.#process = fork(new URL(file, import.meta.url), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  }

  /** The next message of the process. Rejects if it ends, or says nothing for 10 s. */
  async receive<Reply>(): Promise<Reply> {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(answerWithinMs)]);
    try {
      const ended = once(this.#process, "exit", { signal }).then(([code]) => {
        throw new Error(`Cannot measure: ${this.#process.spawnargs.at(-1)} ended with code ${code}`);
      });
      const [reply] = await Promise.race([once(this.#process, "message", { signal }), ended]);
      return reply as Reply; // the other file of this folder sent it
    } finally {
      stop.abort();
    }
  }

  /** Asks, and waits for the answer. */
  ask<Reply>(request: object): Promise<Reply> {
    const reply = this.receive<Reply>();
    this.#process.send(request);
    return reply;
  }

  /** Ends the process at once. */
  stop(): void {
    this.#process.kill("SIGKILL");
  }
}

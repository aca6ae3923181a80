/** The thread that owns the database: the only writer, on the only connection. It runs until `close`, or until the disk fails. */
import type { Stats } from "node:fs";
import { statSync } from "node:fs";
import { setImmediate } from "node:timers";
import type { MessagePort } from "node:worker_threads";
import { parentPort, workerData } from "node:worker_threads";
import { BrokerError } from "../../gateway/index.ts";
import { AppendQueue } from "./append-queue.ts";
import { loadDriver } from "./driver.ts";
import { LogStore } from "./log-store.ts";
import { measureDurability } from "./measure-durability.ts";
import { inMemory, openDatabase } from "./open-database.ts";
import { toBrokerError } from "./storage-error.ts";
import type { Settled, WorkerOptions, WorkerQuestion, WorkerReply, WorkerRequest } from "./worker-messages.ts";
import { toFault } from "./worker-messages.ts";

class StorageWorker {
  readonly #port: MessagePort;
  readonly #file: string;
  readonly #store: LogStore;
  readonly #appends: AppendQueue;
  readonly #opened: Stats | undefined;
  #questions: WorkerQuestion[] = [];
  #isClosing = false;
  #isScheduled = false;

  constructor(port: MessagePort, file: string, store: LogStore) {
    this.#port = port;
    this.#file = file;
    this.#store = store;
    this.#appends = new AppendQueue({ store, file, now: () => performance.now() });
    this.#opened = this.#stat();
  }

  receive(requests: readonly WorkerRequest[]): void {
    for (const request of requests) {
      if (request.type === "append") this.#appends.push(request.id, request.request);
      else if (request.type === "close") this.#isClosing = true;
      else this.#questions.push(request);
    }
    this.#schedule();
  }

  /** Whatever else has arrived in the port is taken in before the next commit: that is what makes a group of it. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#step();
    });
  }

  #step(): void {
    try {
      const settled = this.#answerAll();
      const startMs = performance.now();
      const isCommitting = !this.#appends.isEmpty;
      if (isCommitting) settled.push(...this.#commitSome());
      const commitMs = isCommitting ? { commitMs: performance.now() - startMs } : {};
      if (settled.length > 0) this.#reply({ type: "settled", settled, ...commitMs });
    } catch (error) {
      this.#stop(error);
      return;
    }
    if (!this.#appends.isEmpty || this.#questions.length > 0) this.#schedule();
    else if (this.#isClosing) this.#close();
  }

  /** Outside of a transaction, so that nothing is read which is not stable yet. */
  #answerAll(): Settled[] {
    const questions = this.#questions;
    this.#questions = [];
    return questions.map((question) => {
      try {
        return this.#answer(question);
      } catch (error) {
        return { type: "refused", id: question.id, fault: toFault(toBrokerError(error, this.#file)) };
      }
    });
  }

  #answer({ id, ...question }: WorkerQuestion): Settled {
    switch (question.type) {
      case "read":
        return { type: "read", id, result: this.#store.read(question.request) };
      case "recall":
        return { type: "recall", id, result: this.#store.recall(question.request) };
      default:
        return question satisfies never;
    }
  }

  #commitSome(): readonly Settled[] {
    const settled = this.#appends.commitSome();
    const found = this.#stat();
    if (found?.ino !== this.#opened?.ino || found?.dev !== this.#opened?.dev) {
      throw new BrokerError(
        "STORAGE_UNAVAILABLE",
        `Cannot use "${this.#file}" any more: it was removed or replaced while in use`,
        {
          hint: "Put the file back and start again",
        },
      );
    }
    return settled;
  }

  #stat(): Stats | undefined {
    return this.#file === inMemory ? undefined : statSync(this.#file, { throwIfNoEntry: false });
  }

  #stop(error: unknown): void {
    this.#reply({ type: "stopped", fault: toFault(toBrokerError(error, this.#file)) });
    this.#port.close();
  }

  #close(): void {
    this.#store.close();
    this.#reply({ type: "closed" });
    this.#port.close();
  }

  #reply(reply: WorkerReply): void {
    this.#port.postMessage(reply);
  }
}

async function start(port: MessagePort, options: WorkerOptions): Promise<void> {
  const { dedupWindowMs, file } = options;
  try {
    const database = openDatabase(await loadDriver(), options);
    const worker = new StorageWorker(port, file, new LogStore(database, dedupWindowMs));
    const info = { ...measureDurability(database, file), dedupWindowMs };
    port.on("message", (requests: readonly WorkerRequest[]) => worker.receive(requests));
    port.postMessage({ type: "opened", info } satisfies WorkerReply);
  } catch (error) {
    port.postMessage({ type: "stopped", fault: toFault(toBrokerError(error, file)) } satisfies WorkerReply);
    port.close();
  }
}

// Node types it as any; the broker beside this file is the only one to start it.
if (parentPort !== null) await start(parentPort, workerData as WorkerOptions);

/** The thread that owns the database: the only writer, on the only connection. It runs until `close`, or until the disk fails. */
import type { Stats } from "node:fs";
import { statSync } from "node:fs";
import { setImmediate } from "node:timers";
import type { MessagePort } from "node:worker_threads";
import { parentPort, workerData } from "node:worker_threads";
import { BrokerError } from "../../gateway/index.ts";
import { othersOf } from "../others-of.ts";
import { AppendQueue } from "./append-queue.ts";
import { loadDriver } from "./driver.ts";
import { LogStore } from "./log-store.ts";
import { measureDurability } from "./measure-durability.ts";
import { NoticeTable } from "./notice-table.ts";
import { inMemory, openDatabase } from "./open-database.ts";
import { failureScope, toBrokerError } from "./storage-error.ts";
import type {
  PostRequest,
  QuestionType,
  ResultOf,
  Settled,
  WorkerOptions,
  WorkerQuestion,
  WorkerReply,
  WorkerRequest,
} from "./worker-messages.ts";
import { toFault } from "./worker-messages.ts";

interface StorageParts {
  readonly store: LogStore;
  readonly notices: NoticeTable;
}

class StorageWorker {
  readonly #port: MessagePort;
  readonly #file: string;
  readonly #store: LogStore;
  readonly #notices: NoticeTable;
  readonly #appends: AppendQueue;
  readonly #opened: Stats | undefined;
  #questions: WorkerQuestion[] = [];
  #isClosing = false;
  #isScheduled = false;

  constructor(port: MessagePort, file: string, { notices, store }: StorageParts) {
    this.#port = port;
    this.#file = file;
    this.#store = store;
    this.#notices = notices;
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

  /** Outside of an append's transaction, so that nothing is read which is not stable yet. */
  #answerAll(): Settled[] {
    const questions = this.#questions;
    this.#questions = [];
    const settled = questions.map((question): Settled => {
      try {
        return { type: "answered", id: question.id, result: this.#answer(question) };
      } catch (error) {
        if (question.type === "post" && failureScope(error) === "store") throw error;
        return { type: "refused", id: question.id, fault: toFault(toBrokerError(error, this.#file)) };
      }
    });
    if (questions.some(({ type }) => type === "post")) this.#checkFile();
    return settled;
  }

  #answer({ request, type }: WorkerQuestion): ResultOf<QuestionType> {
    switch (type) {
      case "read":
        return this.#store.read(request);
      case "compare":
        return othersOf(request, (channel) => this.#store.topOf(channel));
      case "recall":
        return this.#store.recall(request);
      case "notices":
        return this.#notices.read(request.nowMs);
      case "post":
        return this.#post(request);
      default:
        return type satisfies never;
    }
  }

  #post({ notice, nowMs }: PostRequest): undefined {
    this.#store.begin();
    try {
      this.#notices.post(notice, nowMs);
      this.#store.commit();
    } catch (error) {
      this.#store.rollback();
      throw error;
    }
    return undefined;
  }

  #commitSome(): readonly Settled[] {
    const settled = this.#appends.commitSome();
    this.#checkFile();
    return settled;
  }

  /** What was written to a file that is nowhere is not kept. */
  #checkFile(): void {
    const found = this.#stat();
    if (found?.ino === this.#opened?.ino && found?.dev === this.#opened?.dev) return;
    throw new BrokerError(
      "STORAGE_UNAVAILABLE",
      `Cannot use "${this.#file}" any more: it was removed or replaced while in use`,
      { hint: "Put the file back and start again" },
    );
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
    const parts = { store: new LogStore(database, dedupWindowMs), notices: new NoticeTable(database) };
    const worker = new StorageWorker(port, file, parts);
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

import { Worker } from "node:worker_threads";
import type {
  AppendRequest,
  AppendResult,
  Broker,
  BrokerInfo,
  BrokerSink,
  BrokerStats,
  KnownLog,
  Notices,
  OtherLog,
  ReadRequest,
  ReadResult,
  RecallRequest,
  RecallResult,
} from "../../gateway/index.ts";
import { BrokerError } from "../../gateway/index.ts";
import { Audience } from "../audience.ts";
import { defaultDedupWindowMs } from "../dedup-window.ts";
import type {
  QuestionType,
  RequestOf,
  ResultOf,
  Settled,
  StoredPlace,
  WorkerOptions,
  WorkerQuestion,
  WorkerReply,
  WorkerRequest,
} from "./worker-messages.ts";
import { fromFault } from "./worker-messages.ts";

/** The file of a {@link sqliteBroker}, and its limits. */
export interface SqliteBrokerOptions {
  /** The path of the database; its folder is made when there is none. `:memory:` for one without a file, at level `mem`. */
  readonly file: string;
  /**
   * `full`: an acknowledged message survives power loss. `normal`: it survives the death of the process only, and commits do not wait
   * for the disk. Default `full`.
   */
  readonly synchronous?: "full" | "normal";
  /** How long a message id is remembered, in milliseconds. Default 24 hours. */
  readonly dedupWindowMs?: number;
  /** How long to wait at start for another process to let go of the file, in milliseconds. Default 5 s. */
  readonly lockTimeoutMs?: number;
  /** The size the file may grow to; appends past it are refused with `STORAGE_FULL`. Default 64 GiB. */
  readonly maxFileBytes?: number;
  /** A file up to this size is checked page by page at start; entries are checked at every read anyway. Default 256 MiB. */
  readonly maxCheckedBytes?: number;
  /** Appends that wait for the disk may hold this much data; more is refused with `STORAGE_UNAVAILABLE`. Default 64 MiB. */
  readonly maxPendingBytes?: number;
}

/**
 * Makes a broker that keeps its logs in one SQLite file: level `fsync` unless asked for less, measured when it opens. One process and
 * one node: a second process on the same file is refused.
 *
 * SQLite runs in a worker thread of its own. `open` rejects with a `BrokerError` that says in one sentence what is wrong and, in
 * `hint`, what to do. When the disk fails later, `availability(false, reason)` is told once and every call is refused from then on.
 */
export function sqliteBroker(options: SqliteBrokerOptions): Broker {
  return new SqliteBroker(options);
}

/** Not the process's own flags, which may be meant for another kind of script; and no word about node:sqlite being young. */
const workerFlags = ["--disable-warning=ExperimentalWarning"];

type Pending =
  | {
      readonly type: "append";
      readonly request: AppendRequest;
      readonly resolve: (result: AppendResult) => void;
      readonly reject: (error: BrokerError) => void;
    }
  | {
      readonly type: "question";
      readonly resolve: (result: ResultOf<QuestionType>) => void;
      readonly reject: (error: BrokerError) => void;
    };

class SqliteBroker implements Broker {
  readonly notices: Notices = {
    post: (notice, nowMs) => this.#ask("post", { notice, nowMs }),
    read: (nowMs) => this.#ask("notices", { nowMs }),
  };
  readonly #options: WorkerOptions;
  readonly #maxPendingBytes: number;
  readonly #pending = new Map<number, Pending>();
  #pendingBytes = 0;
  #commits = { commitCount: 0, committedCount: 0, commitMs: 0 };
  #lastId = 0;
  /** Requests of this turn of the event loop: they go over in one message. */
  #outbox: WorkerRequest[] = [];
  #worker: Worker | undefined;
  #opening: Promise<BrokerInfo> | undefined;
  #audience: Audience | undefined;
  /** Why nothing is taken now. */
  #refusal: BrokerError | undefined = new BrokerError("CLOSED", "Cannot use the SQLite broker: it is not open");
  #closing: Promise<void> | undefined;

  constructor(options: SqliteBrokerOptions) {
    this.#options = {
      file: options.file,
      synchronous: options.synchronous ?? "full",
      dedupWindowMs: options.dedupWindowMs ?? defaultDedupWindowMs,
      lockTimeoutMs: options.lockTimeoutMs ?? 5_000,
      maxFileBytes: options.maxFileBytes ?? 64 * 1024 ** 3,
      maxCheckedBytes: options.maxCheckedBytes ?? 256 * 1024 ** 2,
    };
    this.#maxPendingBytes = options.maxPendingBytes ?? 64 * 1024 ** 2;
  }

  async open(sink: BrokerSink): Promise<BrokerInfo> {
    if (this.#worker !== undefined) throw new BrokerError("CLOSED", "Cannot open the SQLite broker a second time");
    const worker = new Worker(workerUrl(), { workerData: this.#options, execArgv: workerFlags });
    this.#worker = worker;
    this.#opening = this.#start(worker, new Audience(sink));
    return this.#opening;
  }

  #start(worker: Worker, audience: Audience): Promise<BrokerInfo> {
    return new Promise((resolve, reject) => {
      worker.on("message", (reply: WorkerReply) => {
        if (reply.type === "opened") {
          this.#audience = audience;
          this.#refusal = undefined;
          resolve(reply.info);
        } else {
          if (reply.type === "stopped") reject(fromFault(reply.fault));
          this.#receive(reply);
        }
      });
      worker.on("error", (cause) => {
        const error = new BrokerError(
          "STORAGE_UNAVAILABLE",
          `Cannot use the storage thread any more: it crashed (${cause.message})`,
          { cause },
        );
        reject(error);
        this.#stop(error);
      });
      worker.on("exit", () => {
        const error = new BrokerError("STORAGE_UNAVAILABLE", "Cannot use the storage thread any more: it ended");
        reject(error);
        if (this.#closing === undefined) this.#stop(error);
      });
    });
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    this.#audienceNow();
    const pendingBytes = this.#pendingBytes + request.data.length;
    if (pendingBytes > this.#maxPendingBytes) {
      throw new BrokerError(
        "STORAGE_UNAVAILABLE",
        `Cannot take another append: ${this.#pendingBytes} bytes wait for the disk`,
        {
          hint: "The disk is slower than the publishers; maxPendingBytes is the limit",
        },
      );
    }
    this.#pendingBytes = pendingBytes;
    return new Promise((resolve, reject) => {
      const id = this.#await({ type: "append", request, resolve, reject });
      this.#send({ type: "append", id, request });
    });
  }

  async read(request: ReadRequest): Promise<ReadResult> {
    return this.#ask("read", request);
  }

  async compare(known: readonly KnownLog[]): Promise<readonly OtherLog[]> {
    return this.#ask("compare", known);
  }

  async recall(request: RecallRequest): Promise<RecallResult> {
    return this.#ask("recall", request);
  }

  async join(channel: string): Promise<void> {
    this.#audienceNow().join(channel);
  }

  async leave(channel: string): Promise<void> {
    this.#audienceNow().leave(channel);
  }

  async broadcast(channel: string, payload: string): Promise<void> {
    this.#audienceNow().broadcasted(channel, payload);
  }

  stats(): BrokerStats {
    return { ...this.#commits, pendingCount: this.#pending.size };
  }

  async close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined || worker.threadId === -1) return;
    const hasExited = new Promise((resolve) => worker.once("exit", resolve));
    // Closed while it opens: it has to be open to be told. If it fails, whoever opened it knows, and the thread ends by itself.
    await this.#opening?.catch(() => undefined);
    if (this.#refusal === undefined) this.#send({ type: "close" });
    this.#refusal ??= new BrokerError("CLOSED", "Cannot use the SQLite broker: it is closed");
    await hasExited;
  }

  #audienceNow(): Audience {
    if (this.#refusal !== undefined) throw this.#refusal;
    if (this.#audience === undefined) throw new BrokerError("CLOSED", "Cannot use the SQLite broker: it is not open");
    return this.#audience;
  }

  async #ask<Type extends QuestionType>(type: Type, request: RequestOf<Type>): Promise<ResultOf<Type>> {
    this.#audienceNow();
    return new Promise<ResultOf<Type>>((resolve, reject) => {
      // The worker answers each question with a result of its own kind, and takes what is one of the union's members.
      const id = this.#await({ type: "question", resolve: resolve as (result: unknown) => void, reject });
      this.#send({ type, id, request } as WorkerQuestion);
    });
  }

  #await(pending: Pending): number {
    this.#lastId += 1;
    this.#pending.set(this.#lastId, pending);
    return this.#lastId;
  }

  #send(request: WorkerRequest): void {
    this.#outbox.push(request);
    if (this.#outbox.length > 1) return;
    queueMicrotask(() => {
      const requests = this.#outbox;
      this.#outbox = [];
      this.#worker?.postMessage(requests);
    });
  }

  #receive(reply: Exclude<WorkerReply, { readonly type: "opened" }>): void {
    switch (reply.type) {
      case "settled":
        this.#count(reply);
        for (const settled of reply.settled) this.#settle(settled);
        return;
      case "stopped":
        this.#stop(fromFault(reply.fault));
        return;
      case "closed":
        return;
      default:
        return reply satisfies never;
    }
  }

  #count({ commitMs, settled }: Extract<WorkerReply, { readonly type: "settled" }>): void {
    if (commitMs === undefined) return;
    this.#commits.commitCount += 1;
    this.#commits.commitMs += commitMs;
    for (const { type } of settled) if (type === "appended") this.#commits.committedCount += 1;
  }

  #settle(settled: Settled): void {
    const pending = this.#pending.get(settled.id);
    this.#pending.delete(settled.id);
    if (pending?.type === "append") this.#pendingBytes -= pending.request.data.length;
    if (settled.type === "refused") pending?.reject(fromFault(settled.fault));
    else if (settled.type === "answered" && pending?.type === "question") pending.resolve(settled.result);
    else if (settled.type === "appended" && pending?.type === "append") {
      pending.resolve(
        settled.result.type === "stored" ? this.#announce(pending.request, settled.result) : settled.result,
      );
    }
  }

  #announce(
    { channel, data, event, messageId, nowMs, tag, user }: AppendRequest,
    { epoch, offset, previousTag }: StoredPlace,
  ): AppendResult {
    const entry = { offset, tag, previousTag, event, messageId, user, atMs: nowMs, data };
    this.#audience?.appended(channel, epoch, entry);
    return { type: "stored", position: { epoch, offset, tag }, entry };
  }

  /** Once and for good: what waits is refused, and whoever publishes next is told why. */
  #stop(error: BrokerError): void {
    const isFirst = this.#refusal === undefined;
    if (isFirst) {
      this.#refusal = new BrokerError("STORAGE_UNAVAILABLE", error.message, {
        cause: error,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#pendingBytes = 0;
    if (isFirst) this.#audience?.availability(false, error.message);
  }
}

/** Compiled, the worker lies beside this file. Run from source (tests), Node cannot load it, so the built one is used: `tsc -b` first. */
function workerUrl(): URL {
  return new URL(
    import.meta.url.endsWith(".ts") ? "../../../dist/brokers/sqlite/worker.js" : "./worker.js",
    import.meta.url,
  );
}

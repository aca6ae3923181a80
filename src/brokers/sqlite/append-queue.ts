import type { AppendRequest, AppendResult } from "../../gateway/index.ts";
import type { LogStore } from "./log-store.ts";
import { failureScope, toBrokerError } from "./storage-error.ts";
import type { Settled } from "./worker-messages.ts";
import { toFault } from "./worker-messages.ts";

/** One commit takes what has come while the one before was on its way to the disk, but no more than this. */
export const maxBatchCount = 256;

/** A batch is committed after so many milliseconds even if more wait: they would make the first of it wait. */
export const maxBatchMs = 4;

export interface AppendQueueOptions {
  readonly store: LogStore;
  /** For the words of errors. */
  readonly file: string;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

interface Waiting {
  readonly id: number;
  readonly request: AppendRequest;
}

/** Group commit: appends that wait share one transaction, hence one fsync, and are settled only when it is done. */
export class AppendQueue {
  readonly #store: LogStore;
  readonly #file: string;
  readonly #now: () => number;
  #waiting: Waiting[] = [];
  /** So many of the first get a transaction each: one of them made their common one fail. */
  #aloneCount = 0;

  constructor({ file, now, store }: AppendQueueOptions) {
    this.#store = store;
    this.#file = file;
    this.#now = now;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  push(id: number, request: AppendRequest): void {
    this.#waiting.push({ id, request });
  }

  /**
   * Commits the first that wait, as one transaction, and says what came of each; of none when they have to be tried one by one.
   *
   * @throws whatever SQLite throws when the disk cannot be trusted any more: then none of them may be called stored.
   */
  commitSome(): readonly Settled[] {
    const maxCount = this.#aloneCount > 0 ? 1 : maxBatchCount;
    const results: AppendResult[] = [];
    try {
      this.#appendSome(results, maxCount);
    } catch (error) {
      this.#store.rollback();
      if (failureScope(error) === "store") throw error;
      return this.#refuse(error, results.length + 1);
    }
    this.#aloneCount = Math.max(0, this.#aloneCount - results.length);
    return this.#take(results.length).map(({ id }, index) => toSettled(id, results[index]));
  }

  #appendSome(results: AppendResult[], maxCount: number): void {
    const endMs = this.#now() + maxBatchMs;
    this.#store.begin();
    for (const { request } of this.#waiting) {
      results.push(this.#store.append(request));
      if (results.length === maxCount || this.#now() >= endMs) break;
    }
    this.#store.commit();
  }

  #refuse(error: unknown, triedCount: number): readonly Settled[] {
    if (this.#aloneCount === 0 && triedCount > 1) {
      this.#aloneCount = Math.min(triedCount, this.#waiting.length);
      return [];
    }
    this.#aloneCount = Math.max(0, this.#aloneCount - 1);
    return this.#take(1).map(({ id }) => ({ type: "refused", id, fault: toFault(toBrokerError(error, this.#file)) }));
  }

  #take(count: number): readonly Waiting[] {
    const taken = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    return taken;
  }
}

function toSettled(id: number, result: AppendResult | undefined): Settled {
  if (result === undefined) throw new RangeError(`Cannot settle append ${id}: it has no result`);
  if (result.type !== "stored") return { type: "appended", id, result };
  const { epoch, offset } = result.position;
  return { type: "appended", id, result: { type: "stored", epoch, offset, previousTag: result.entry.previousTag } };
}

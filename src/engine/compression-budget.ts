import { requireLimit } from "./limits.ts";

/** What a {@link CompressionBudget} is made from. `Infinity` switches a limit off. */
export interface CompressionBudgetOptions {
  /** What all connections may remember for context takeover, in bytes; connections above it are agreed on without. Default 64 MiB. */
  readonly maxHistoryBytes?: number;
  /**
   * What all inflated messages may hold that were not given to a handler yet, in bytes; a message above it fails its connection with
   * 1013. A single one is always inflated. Default 64 MiB.
   */
  readonly maxInflatedBytes?: number;
}

/** The memory that compression may take, of any number of connections together. */
export class CompressionBudget {
  readonly #maxHistoryBytes: number;
  readonly #maxInflatedBytes: number;
  #historyBytes = 0;
  #inflatedBytes = 0;

  /** @throws {RangeError} if a limit is not a positive integer or `Infinity`. */
  constructor(options: CompressionBudgetOptions = {}) {
    const { maxHistoryBytes = 2 ** 26, maxInflatedBytes = 2 ** 26 } = options;
    this.#maxHistoryBytes = requireLimit("maxHistoryBytes", maxHistoryBytes);
    this.#maxInflatedBytes = requireLimit("maxInflatedBytes", maxInflatedBytes);
  }

  /** How much may still be remembered. */
  get historyRoomBytes(): number {
    return this.#maxHistoryBytes - this.#historyBytes;
  }

  /** How long the next message may be. With nothing else held there is no limit but its own. */
  get inflatedRoomBytes(): number {
    return this.#inflatedBytes === 0 ? Infinity : Math.max(0, this.#maxInflatedBytes - this.#inflatedBytes);
  }

  /** Takes memory for histories, or with a negative count gives it back. */
  takeHistory(byteCount: number): void {
    this.#historyBytes += byteCount;
  }

  /** Takes memory for inflated messages, or with a negative count gives it back. */
  takeInflated(byteCount: number): void {
    this.#inflatedBytes += byteCount;
  }
}

/** The one for the process. */
export const sharedCompressionBudget: CompressionBudget = new CompressionBudget();

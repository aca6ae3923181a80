/** A timer as `VirtualClock.setTimeout` returns it. */
export interface VirtualTimer {
  readonly dueMs: number;
}

interface Pending extends VirtualTimer {
  readonly order: number;
  readonly run: () => void;
}

/**
 * A clock that stands still until it is told to go on. Timers run in the order of their time, then of their making, and see `nowMs`
 * at exactly their own time, so a test of an hour takes no time and has one outcome.
 */
export class VirtualClock {
  #nowMs: number;
  #made = 0;
  readonly #pending = new Set<Pending>();

  /** @param startMs - what `nowMs` says at first, milliseconds. Default 0. */
  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many timers wait. A test that ends with some has a leak. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Runs `run` once, when the clock has been advanced by `delayMs`. */
  setTimeout(run: () => void, delayMs: number): VirtualTimer {
    this.#made += 1;
    const timer: Pending = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#made, run };
    this.#pending.add(timer);
    return timer;
  }

  clearTimeout(timer: VirtualTimer): void {
    for (const pending of this.#pending) if (pending === timer) this.#pending.delete(pending);
  }

  /**
   * Goes on by `byMs`, running what comes due on the way, timers that those timers set included.
   *
   * @throws {RangeError} when `byMs` is negative: for a wall clock that jumps, make another clock.
   */
  advance(byMs: number): void {
    if (!(byMs >= 0)) throw new RangeError(`Cannot advance a clock by ${byMs} ms`);
    const endMs = this.#nowMs + byMs;
    for (let next = this.#next(); next !== undefined && next.dueMs <= endMs; next = this.#next()) this.#run(next);
    this.#nowMs = endMs;
  }

  /**
   * Goes on to the next timer and runs that one alone, so that a test can let promises settle between two timers, those of the same
   * moment too. @returns false if no timer waits; then it stands still.
   */
  runNext(): boolean {
    const next = this.#next();
    if (next === undefined) return false;
    this.#run(next);
    return true;
  }

  #run(timer: Pending): void {
    this.#pending.delete(timer);
    this.#nowMs = timer.dueMs;
    timer.run();
  }

  #next(): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#pending) {
      if (
        first === undefined ||
        timer.dueMs < first.dueMs ||
        (timer.dueMs === first.dueMs && timer.order < first.order)
      ) {
        first = timer;
      }
    }
    return first;
  }
}

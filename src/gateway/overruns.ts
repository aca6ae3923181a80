const secondMs = 1_000;
const minuteMs = 60_000;

/**
 * Tells who does not slow down from who sent too much at once. A request that is refused for its rate costs nothing yet; a second in
 * which more than a whole burst was refused is an overrun, and some overruns within a minute are too many.
 */
export class Overruns {
  readonly #maxPerMinute: number;
  #secondBeganAtMs = -Infinity;
  #refusedCount = 0;
  #overrunAtMs: number[] = [];

  constructor(maxPerMinute: number) {
    this.#maxPerMinute = maxPerMinute;
  }

  /** One more was refused, of a kind of which `burstCount` at once are allowed. @returns whether that is too much. */
  refused(nowMs: number, burstCount: number): boolean {
    if (nowMs - this.#secondBeganAtMs >= secondMs) {
      this.#secondBeganAtMs = nowMs;
      this.#refusedCount = 0;
    }
    this.#refusedCount += 1;
    // Once a second: when its count passes the burst.
    if (this.#refusedCount !== burstCount + 1) return false;
    this.#overrunAtMs = [...this.#overrunAtMs.filter((atMs) => nowMs - atMs < minuteMs), nowMs];
    return this.#overrunAtMs.length >= this.#maxPerMinute;
  }
}

/** How often something may happen: a bucket of `burstCount` tokens that fills up by `perSecond`. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  /**
   * When it is full: one number says how much is missing, and what time brought back. On a clock that counts thousandths of a token, as
   * time brings them, so that whole rates and milliseconds add up exactly.
   */
  #fullAt = -Infinity;

  constructor({ burstCount, perSecond }: { readonly perSecond: number; readonly burstCount: number }) {
    this.#perSecond = perSecond;
    this.#burst = burstCount * 1000;
  }

  /** Whether nothing is missing. */
  isFull(nowMs: number): boolean {
    return this.#fullAt <= this.#clock(nowMs);
  }

  /** Takes `count` tokens, or none: then says how many milliseconds from now there will be enough. */
  take(nowMs: number, count = 1): number {
    if (this.#perSecond === Infinity) return 0;
    const now = this.#clock(nowMs);
    const fullAt = Math.max(now, this.#fullAt) + count * 1000;
    const missing = fullAt - now - this.#burst;
    if (missing > 0) return Math.ceil(missing / this.#perSecond);
    this.#fullAt = fullAt;
    return 0;
  }

  /** Takes `count` tokens whether they are there or not: what is missing has to fill up before anything can be taken again. */
  charge(nowMs: number, count: number): void {
    if (this.#perSecond !== Infinity) this.#fullAt = Math.max(this.#clock(nowMs), this.#fullAt) + count * 1000;
  }

  #clock(nowMs: number): number {
    return Math.floor(nowMs) * this.#perSecond;
  }
}

/** How often something may happen: a bucket of `burstCount` tokens that fills up by `perSecond`. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burstCount: number;
  #tokens: number;
  #filledAtMs = -Infinity;

  constructor({ burstCount, perSecond }: { readonly perSecond: number; readonly burstCount: number }) {
    this.#perSecond = perSecond;
    this.#burstCount = burstCount;
    this.#tokens = burstCount;
  }

  /** Takes `count` tokens, or none: then says how many milliseconds from now there will be enough. */
  take(nowMs: number, count = 1): number {
    const filled = this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#burstCount, filled);
    this.#filledAtMs = nowMs;
    if (this.#tokens < count) return Math.ceil(((count - this.#tokens) / this.#perSecond) * 1000);
    this.#tokens -= count;
    return 0;
  }
}

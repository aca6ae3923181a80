/** How often something may happen: a bucket of `burstCount` tokens that fills up by `perSecond`. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  /** In thousandths of a token, so that whole rates and milliseconds add up exactly. */
  #level: number;
  #filledAtMs = -Infinity;

  constructor({ burstCount, perSecond }: { readonly perSecond: number; readonly burstCount: number }) {
    this.#perSecond = perSecond;
    this.#burst = burstCount * 1000;
    this.#level = this.#burst;
  }

  /** Whether nothing is missing. */
  isFull(nowMs: number): boolean {
    return this.#level + (nowMs - this.#filledAtMs) * this.#perSecond >= this.#burst;
  }

  /** Takes `count` tokens, or none: then says how many milliseconds from now there will be enough. */
  take(nowMs: number, count = 1): number {
    if (this.#perSecond === Infinity) return 0;
    this.#fill(nowMs);
    if (this.#level < count * 1000) return Math.ceil((count * 1000 - this.#level) / this.#perSecond);
    this.#level -= count * 1000;
    return 0;
  }

  /** Takes `count` tokens whether they are there or not: what is missing has to fill up before anything can be taken again. */
  charge(nowMs: number, count: number): void {
    if (this.#perSecond === Infinity) return;
    this.#fill(nowMs);
    this.#level -= count * 1000;
  }

  #fill(nowMs: number): void {
    this.#level = Math.min(this.#burst, this.#level + (nowMs - this.#filledAtMs) * this.#perSecond);
    this.#filledAtMs = nowMs;
  }
}

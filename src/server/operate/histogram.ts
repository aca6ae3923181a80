/** How often values fell below which bounds, for Prometheus: adding one is a short walk and two additions. */
export class Histogram {
  /** Upper ends, inclusive, smallest first; what is above the last counts in `count` alone. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#count += 1;
    this.#sum += value;
    const index = this.bounds.findIndex((bound) => value <= bound);
    if (index !== -1) this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** How many values were at most as large as each bound. */
  get cumulative(): readonly number[] {
    let below = 0;
    return this.#counts.map((count) => (below += count));
  }
}

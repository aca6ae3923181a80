/** How values were spread: what at least so many of a hundred were below, and the highest; 0 where there were none. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Buckets in which a value doubles: each is a tenth wider than the one before. */
const bucketsPerOctave = 8;
/** 1 µs, in milliseconds; what is below counts as that. */
const leastMs = 0.001;
/** Up to 134 s: what is above counts as that. */
const bucketCount = 27 * bucketsPerOctave;

/** How long something took, as percentiles that are right to a tenth: adding one is a logarithm and an addition. */
export class LatencyWindow {
  readonly #counts = new Uint32Array(bucketCount);
  #count = 0;
  #max = 0;

  observe(ms: number): void {
    const bucket = Math.ceil(Math.log2(Math.max(ms, leastMs) / leastMs) * bucketsPerOctave);
    const index = Math.min(bucket, bucketCount - 1);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count += 1;
    this.#max = Math.max(this.#max, ms);
  }

  /** What was observed since the last call. */
  take(): Spread {
    const spread = {
      count: this.#count,
      p50: this.#find(0.5),
      p90: this.#find(0.9),
      p99: this.#find(0.99),
      max: this.#max,
    };
    this.#counts.fill(0);
    this.#count = this.#max = 0;
    return spread;
  }

  /** The upper end of the bucket in which the share is reached, in milliseconds; never more than the highest value. */
  #find(share: number): number {
    if (this.#count === 0) return 0;
    const wanted = Math.ceil(share * this.#count);
    let seen = 0;
    const index = this.#counts.findIndex((count) => (seen += count) >= wanted);
    return Math.min(leastMs * 2 ** (index / bucketsPerOctave), this.#max);
  }
}

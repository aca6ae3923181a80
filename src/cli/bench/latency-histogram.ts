/**
 * Counts how long things took, in buckets that grow with the value, as HdrHistogram does: 64 for each power of two of microseconds, so that
 * every percentile is right to 1.6 %, at any length, in a fixed 16 KiB.
 */
export class LatencyHistogram {
  readonly #counts: Uint32Array<ArrayBuffer> = new Uint32Array(bucketCount);
  #count = 0;
  #sumMs = 0;
  #minMs = Infinity;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  get minMs(): number {
    return this.#count === 0 ? 0 : this.#minMs;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  get meanMs(): number {
    return this.#count === 0 ? 0 : this.#sumMs / this.#count;
  }

  record(ms: number): void {
    const index = bucketOf(ms);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count++;
    this.#sumMs += ms;
    this.#minMs = Math.min(this.#minMs, ms);
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  /** What so many of a hundred did not exceed; 0 when there is nothing. The longest and the shortest are exact. */
  percentile(percent: number): number {
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#count));
    let seen = 0;
    for (const [index, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= rank && count > 0) return Math.min(this.#maxMs, Math.max(this.#minMs, upperMs(index)));
    }
    return 0;
  }

  /** How many took at least `fromMs` and less than `toMs`, as exactly as the buckets are. */
  countBetween(fromMs: number, toMs: number): number {
    const end = toMs === Infinity ? bucketCount : bucketOf(toMs);
    return this.#counts.subarray(bucketOf(fromMs), end).reduce((sum, count) => sum + count, 0);
  }
}

const subBits = 6;
const subCount = 2 ** subBits;
/** Up to 2^36 µs, 19 hours. */
const bucketCount = 32 * subCount;

function bucketOf(ms: number): number {
  const us = Math.max(0, Math.floor(ms * 1_000));
  if (us < subCount) return us;
  const power = Math.floor(Math.log2(us)) - subBits;
  return Math.min(bucketCount - 1, (power + 1) * subCount + (Math.floor(us / 2 ** power) - subCount));
}

/** The end of a bucket. */
function upperMs(index: number): number {
  if (index < subCount) return (index + 1) / 1_000;
  const power = Math.floor(index / subCount) - 1;
  return (((index % subCount) + subCount + 1) * 2 ** power) / 1_000;
}

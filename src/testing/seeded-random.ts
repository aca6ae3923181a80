/** Random numbers that a seed decides: print the seed, and a failing run can be run again. Not for secrets. */
export interface SeededRandom {
  /** 32 random bits. */
  uint32(): number;
  /** A whole number from 0 up to, not including, `end` (at most 2^32). */
  below(end: number): number;
  /** `true` with the given probability, 0 to 1. */
  chance(probability: number): boolean;
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
  bytes(count: number): Uint8Array;
}

/**
 * Makes a source of random numbers from a 32-bit seed (mulberry32: small, and good enough to explore with).
 *
 * @throws {RangeError} from `below` and `pick` when there is nothing to choose from.
 */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  function uint32(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
  function below(end: number): number {
    if (!(end >= 1)) throw new RangeError(`Cannot choose a number below ${end}`);
    return Math.floor((uint32() / 2 ** 32) * end);
  }
  function pick<T>(list: readonly T[]): T {
    const index = below(list.length);
    // The index is inside, so the list's own type holds even where it allows undefined.
    return list[index] as T;
  }
  return {
    uint32,
    below,
    pick,
    chance: (probability) => uint32() / 2 ** 32 < probability,
    bytes: (count) => Uint8Array.from({ length: count }, () => uint32() & 0xff),
  };
}

import { Random } from "./random.ts";
import type { FuzzTarget } from "./target.ts";

/** What one input broke. */
export interface FuzzFailure {
  readonly target: string;
  readonly seed: number;
  readonly execution: number;
  /** The smallest input that was found to fail too. */
  readonly input: Uint8Array;
  readonly error: unknown;
}

/**
 * One execution. It depends on seed and number alone, so any of them can be repeated by itself.
 *
 * @returns what failed, or `undefined`.
 */
export function execute(target: FuzzTarget, seed: number, execution: number): FuzzFailure | undefined {
  const start = Math.imul(seed, 0x9e3779b1) ^ Math.imul(execution + 1, 0x85ebca6b);
  const check = (bytes: Uint8Array): unknown => findFault(target, bytes, start);
  const input = Uint8Array.from(target.makeInput(new Random(start))); // a Buffer's slice would be a view
  if (check(input) === undefined) return undefined;
  const smallest = shrink(input, (bytes) => check(bytes) !== undefined);
  return { target: target.name, seed, execution, input: smallest, error: check(smallest) };
}

function findFault(target: FuzzTarget, input: Uint8Array, seed: number): unknown {
  try {
    target.check(input, new Random(~seed));
    return undefined;
  } catch (error) {
    return error ?? new Error("It threw nothing at all");
  }
}

/** Leaves out all that the failure does not need, from halves down to single bytes. */
function shrink(input: Uint8Array, fails: (bytes: Uint8Array) => boolean): Uint8Array {
  let smallest = input;
  for (let size = input.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < smallest.length;) {
      const shorter = new Uint8Array(Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)]));
      if (fails(shorter)) smallest = shorter;
      else at += size;
    }
  }
  return smallest;
}

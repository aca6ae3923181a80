import type { Random } from "./random.ts";

/** Something that hostile bytes reach, and what must hold for any of them. */
export interface FuzzTarget {
  readonly name: string;
  /** An input that gets further than noise does. */
  makeInput(random: Random): Uint8Array;
  /** Throws if a rule does not hold for the input; `random` is for what is not the input's, as where it is cut. */
  check(input: Uint8Array, random: Random): void;
}

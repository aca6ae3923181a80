import type { Random } from "./random.ts";

// Bytes at which readers turn: the ends of ranges, separators of HTTP, first bytes of UTF-8 sequences.
const turningBytes = [
  0, 1, 9, 10, 13, 32, 34, 44, 58, 59, 61, 92, 125, 126, 127, 128, 0xc0, 0xe0, 0xed, 0xf4, 0xfe, 255,
];
const maxInputBytes = 4096;

/** What a mutation may put in and join with. */
export interface Material {
  /** Inputs that mean something to the target. */
  readonly corpus: readonly Uint8Array[];
  /** Pieces that mean something to it. */
  readonly words: readonly Uint8Array[];
}

type Mutation = (bytes: Uint8Array, random: Random, material: Material) => Uint8Array;

const mutations: readonly Mutation[] = [
  function flipBit(bytes, random) {
    const changed = bytes.slice();
    const at = random.below(bytes.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    return changed;
  },
  function setByte(bytes, random) {
    const changed = bytes.slice();
    changed[random.below(bytes.length)] = random.isOneIn(3) ? random.next() & 255 : random.pick(turningBytes);
    return changed;
  },
  function remove(bytes, random) {
    const at = random.below(bytes.length);
    return replace(bytes, { at, count: 1 + random.below(random.pick([1, 8, 64])), by: new Uint8Array() });
  },
  function insertNoise(bytes, random) {
    return replace(bytes, { at: random.below(bytes.length), count: 0, by: random.bytes(1 + random.below(8)) });
  },
  function insertWord(bytes, random, { words }) {
    return replace(bytes, { at: random.below(bytes.length), count: 0, by: random.pick(words) });
  },
  function overwriteByWord(bytes, random, { words }) {
    const word = random.pick(words);
    return replace(bytes, { at: random.below(bytes.length), count: word.length, by: word });
  },
  function repeatPart(bytes, random) {
    const at = random.below(bytes.length);
    const part = bytes.subarray(at, at + 1 + random.below(random.pick([2, 16, 128])));
    const copies = Buffer.concat(Array.from({ length: random.pick([1, 1, 2, 20]) }, () => part));
    return replace(bytes, { at, count: 0, by: copies });
  },
  function joinWithAnother(bytes, random, { corpus }) {
    const other = random.pick(corpus);
    const [keptBytes, at] = [random.below(bytes.length + 1), random.below(other.length + 1)];
    return replace(bytes, { at: keptBytes, count: Infinity, by: other.subarray(at) });
  },
];

/** An input of the corpus, changed in one place or a few; once in a while unchanged. */
export function mutate(material: Material, random: Random): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(random.pick(material.corpus)); // a copy, and none that slices to a view as a Buffer does
  for (let left = random.pick([0, 1, 1, 2, 3, 6]); left > 0 && bytes.length > 0; left--) {
    bytes = random.pick(mutations)(bytes, random, material).subarray(0, maxInputBytes);
  }
  return bytes.slice();
}

function replace(
  bytes: Uint8Array,
  { at, count, by }: { readonly at: number; readonly count: number; readonly by: Uint8Array },
): Uint8Array {
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + count)]));
}

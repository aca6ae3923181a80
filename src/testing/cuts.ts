/** One way in which a stream of bytes may arrive. */
export interface Cut {
  /** For the name of a test: `whole`, `byte by byte`, `cut at 3`. */
  readonly name: string;
  /** In order; together they are the bytes. Each is a copy, for a receiver may write into what it was given. */
  readonly chunks: readonly Uint8Array[];
}

/**
 * The ways to cut a vector that find faults in parsers: whole, byte by byte, and in two at every place up to `maxCount` places, spread
 * evenly. TCP keeps no boundaries, so what comes out must be the same for all of them.
 *
 * @param maxCount - how many two-part cuts at most. Default 64.
 */
export function cuts(bytes: Uint8Array, maxCount = 64): readonly Cut[] {
  const all: Cut[] = [{ name: "whole", chunks: [bytes.slice()] }];
  if (bytes.length < 2) return all;
  all.push({ name: "byte by byte", chunks: Array.from(bytes, (byte) => Uint8Array.of(byte)) });
  const count = Math.min(maxCount, bytes.length - 1);
  for (let index = 0; index < count; index += 1) {
    const at = 1 + Math.floor((index * (bytes.length - 1)) / count);
    all.push({ name: `cut at ${at}`, chunks: [bytes.slice(0, at), bytes.slice(at)] });
  }
  return all;
}

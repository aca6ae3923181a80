/** Texts for the same receivers, in their order: one frame. */
export interface Batch {
  readonly to: readonly number[];
  readonly texts: string[];
  chars: number;
}

/** A frame of several messages grows no longer than this: a receiver has to hold it whole. */
const maxFrameChars = 64 * 1024;

/**
 * What is sent in one turn. What goes to the same receivers, one behind the other, is one frame: framed, written and told to their
 * applications once. The order of all that one of them is sent stays as it is.
 */
export class Turn {
  #batches: Batch[] = [];

  /** @returns whether it is the first of the turn. */
  add(to: readonly number[], text: string): boolean {
    const last = this.#batches.at(-1);
    if (last !== undefined && last.chars + text.length < maxFrameChars && isSame(last.to, to)) {
      last.texts.push(text);
      last.chars += text.length + 1;
      return false;
    }
    return this.#batches.push({ to, texts: [text], chars: text.length }) === 1;
  }

  /** What was sent until now: the turn begins anew. */
  take(): readonly Batch[] {
    const batches = this.#batches;
    this.#batches = [];
    return batches;
  }
}

function isSame(some: readonly number[], others: readonly number[]): boolean {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index++) if (some[index] !== others[index]) return false;
  return true;
}

import type { Located } from "./log-record.ts";

export interface Search {
  /** The log's last record. */
  readonly last: Located;
  /** The channel's first message at a sequence or behind it. */
  readonly next: (seq: number) => Promise<Located | undefined>;
  /** Whether no two messages can have one offset. */
  readonly isSerial: boolean;
}

/**
 * The first message with at least this offset, which the last has. Sequences count a stream, offsets a channel, and both only go up: so it is
 * found by guessing in proportion and, every other time, in the middle.
 */
export async function findOffset(offset: number, { isSerial, last, next }: Search): Promise<Located> {
  let best = last;
  let low = { seq: 0, offset: 0 };
  let ceiling = last.seq - 1;
  for (let guessCount = 0; best.record.entry.offset > offset && low.seq < ceiling; guessCount += 1) {
    const seq = guess({ best, low, ceiling, offset, isEven: guessCount % 2 === 0 });
    const found = await next(seq);
    if (found === undefined || found.seq > ceiling) ceiling = seq - 1;
    else if (found.record.entry.offset < offset) low = { seq: found.seq, offset: found.record.entry.offset };
    else [best, ceiling] = [found, seq - 1];
  }
  return isSerial || best === last ? best : firstOfRivals(best, next);
}

/** Of the messages with one offset, which all name the last entry before it, that which came first. */
async function firstOfRivals(one: Located, next: Search["next"]): Promise<Located> {
  const { entry, previousSeq } = one.record;
  for (let seq = previousSeq + 1; seq < one.seq;) {
    const found = await next(seq);
    if (found === undefined) break;
    // What comes before has lost against the entry before it.
    if (found.record.entry.offset === entry.offset) return found;
    seq = found.seq + 1;
  }
  return one;
}

interface Guess {
  readonly best: Located;
  readonly low: { readonly seq: number; readonly offset: number };
  readonly ceiling: number;
  readonly offset: number;
  readonly isEven: boolean;
}

function guess({ best, ceiling, isEven, low, offset }: Guess): number {
  const { entry, previousSeq } = best.record;
  if (entry.offset === offset + 1 && previousSeq > low.seq && previousSeq <= ceiling) return previousSeq;
  const share = isEven ? (offset - low.offset) / (entry.offset - low.offset) : 0.5;
  return Math.min(ceiling, Math.max(low.seq + 1, low.seq + Math.round((ceiling + 1 - low.seq) * share)));
}

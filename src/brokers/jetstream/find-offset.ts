import type { Located } from "./log-record.ts";

export interface Search {
  /** The log's last record. */
  readonly last: Located;
  /** The channel's first message at a sequence or behind it. */
  readonly next: (seq: number) => Promise<Located | undefined>;
}

/**
 * The first message with at least this offset, which the last has. Sequences count a stream, offsets a channel, and both only go up: so it is
 * found by guessing in proportion and, every other time, in the middle.
 */
export async function findOffset(offset: number, { last, next }: Search): Promise<Located> {
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
  return best;
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

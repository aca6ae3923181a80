import type { Deadline } from "./deadline.ts";
import type { Located } from "./log-record.ts";
import type { LogStream } from "./log-stream.ts";

export interface Onward {
  readonly stream: Pick<LogStream, "find" | "findMany" | "get" | "hasBatches" | "isSerial">;
  readonly subject: string;
  readonly from: Located;
  readonly last: Located;
  readonly maxCount: number;
  /** Of `data`. The first is read whatever its size. */
  readonly maxBytes: number;
  readonly deadline: Deadline;
}

const batchCount = 64;
/** Guesses at once where the server has no batches. */
const guessCount = 16;

/** The records from one on, as long as each follows the one before it: a hole ends them. */
export async function readOnward({ from, last, maxBytes, maxCount, ...where }: Onward): Promise<readonly Located[]> {
  const records = [from];
  let tip = from;
  let bytes = bytesOf(from);
  while (records.length < maxCount && tip.seq < last.seq) {
    const more = await readNext({ ...where, tip, last, wantedCount: maxCount - records.length, maxBytes });
    const before = tip;
    for (const found of more) {
      const { offset } = found.record.entry;
      // What is not above is a write that lost against another: it is no part of the log.
      if (offset <= tip.record.entry.offset) continue;
      if (offset > tip.record.entry.offset + 1) break;
      bytes += bytesOf(found);
      if (bytes > maxBytes || records.length === maxCount) return records;
      records.push(found);
      tip = found;
    }
    if (tip === before) break;
  }
  return records;
}

interface Step extends Omit<Onward, "from" | "maxCount"> {
  readonly tip: Located;
  readonly wantedCount: number;
}

/** Some of what follows the tip, in order; at least its successor, if it has one. */
async function readNext(step: Step): Promise<readonly Located[]> {
  const { deadline, last, stream, subject, tip } = step;
  if (last.record.previousSeq === tip.seq) return [last];
  const found = stream.hasBatches ? await readBatch(step) : await readGuesses(step);
  if (found.some(({ record }) => record.entry.offset === tip.record.entry.offset + 1)) return found;
  // A replica that is behind, a hole, or nothing but rivals of the tip: the leader knows.
  let next = await stream.get({ next_by_subj: subject, seq: tip.seq + 1 }, deadline);
  while (next !== undefined && next.record.entry.offset <= tip.record.entry.offset) {
    next = await stream.get({ next_by_subj: subject, seq: next.seq + 1 }, deadline);
  }
  return next === undefined ? [] : [next];
}

async function readBatch({ deadline, maxBytes, stream, subject, tip, wantedCount }: Step): Promise<readonly Located[]> {
  const batch = Math.min(wantedCount, batchCount);
  const max_bytes = Math.min(maxBytes, 4 * 1024 * 1024);
  return stream.findMany({ next_by_subj: subject, seq: tip.seq + 1, batch, max_bytes }, deadline);
}

/** The successor is behind the tip; the others are guessed to come as far apart as they do on average. */
async function readGuesses({ deadline, last, stream, subject, tip, wantedCount }: Step): Promise<readonly Located[]> {
  const apart = (last.seq - tip.seq) / (last.record.entry.offset - tip.record.entry.offset);
  const places = Array.from({ length: Math.min(wantedCount, guessCount) }, (_, index) => {
    return tip.seq + 1 + Math.floor(index * apart);
  });
  const found = await Promise.all(places.map((seq) => stream.find({ next_by_subj: subject, seq }, deadline)));
  const bySeq = new Map(found.flatMap((one) => (one === undefined ? [] : [[one.seq, one]])));
  const guessed = [...bySeq.values()].sort((one, other) => one.seq - other.seq);
  if (stream.isSerial) return guessed;
  // Of rivals the first is the entry, and one that was guessed may be another: so what follows each is asked, and nothing is left out.
  const next = async ({ seq }: Located): Promise<Located | undefined> =>
    stream.find({ next_by_subj: subject, seq: seq + 1 }, deadline);
  const following = new Map<number, Located | undefined>();
  await Promise.all(guessed.map(async (one) => following.set(one.seq, await next(one))));
  const unbroken: Located[] = [];
  // The first was looked for right behind the tip.
  for (let one = guessed[0]; one !== undefined; one = following.get(one.seq)) unbroken.push(one);
  return unbroken;
}

function bytesOf({ record }: Located): number {
  return Buffer.byteLength(record.entry.data);
}

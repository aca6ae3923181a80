import type { ReadRequest, ReadResult } from "../../gateway/index.ts";
import type { Deadline } from "./deadline.ts";
import { findOffset } from "./find-offset.ts";
import type { Located } from "./log-record.ts";
import type { LogStream } from "./log-stream.ts";
import { readOnward } from "./read-onward.ts";
import { findEnd } from "./rivals.ts";

export interface PageRequest extends ReadRequest {
  readonly stream: LogStream;
  readonly subject: string;
  readonly deadline: Deadline;
}

/** A page, and where the last message of the log's subject was when it was asked for. */
export interface FoundPage extends ReadResult {
  readonly lastSeq: number;
}

/** One page and the state of the log, as of its last entry when the page was asked for. `undefined`: the log is empty. */
export async function readPage(request: PageRequest): Promise<FoundPage | undefined> {
  const { after, deadline, maxBytes, maxCount, stream, subject } = request;
  const end = await findEnd(stream, subject, deadline);
  if (end === undefined) return undefined;
  const { last, seq: lastSeq } = end;
  const { entry: newest, epoch, first } = last.record;
  const top = { epoch, offset: newest.offset, tag: newest.tag };
  const wanted = Math.max(after + 1, first);
  if (wanted > top.offset) {
    return { lastSeq, top, first, entries: [], tagAtAfter: after === top.offset ? top.tag : undefined };
  }
  const next = (seq: number): Promise<Located | undefined> => stream.find({ next_by_subj: subject, seq }, deadline);
  const from = await findOffset(wanted, { last, next, isSerial: stream.isSerial });
  const found = await readOnward({ stream, subject, from, last, maxCount: Math.max(1, maxCount), maxBytes, deadline });
  const { entry } = from.record;
  return {
    lastSeq,
    top,
    // Entries that the log should have and the stream does not are gone: it begins behind them.
    first: entry.offset === wanted ? first : entry.offset,
    entries: found.slice(0, maxCount).map(({ record }) => record.entry),
    tagAtAfter: after === 0 ? 0 : entry.offset === after + 1 ? entry.previousTag : undefined,
  };
}

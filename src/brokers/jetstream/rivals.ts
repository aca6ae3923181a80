import type { Deadline } from "./deadline.ts";
import type { Located } from "./log-record.ts";
import type { LogStream } from "./log-stream.ts";

/** Of a stream, what tells its rivals apart. */
type Rivalry = Pick<LogStream, "get" | "isSerial">;

/**
 * Servers before 2.10.19 compare the expected sequence before they replicate, so of several replicas two writers may both be told that they
 * were next. Then the log decides: of the messages that name the same predecessor the first is the entry, and the others are as good as not
 * there. (They are not deleted: without its last message a subject has none for a server 2.9, however many are left.)
 */
export interface End {
  /** The last entry. */
  readonly last: Located;
  /** Of the subject's last message, which the next append has to name. */
  readonly seq: number;
}

/** The end of a log; of one that has no message `undefined`. */
export async function findEnd(stream: Rivalry, subject: string, deadline: Deadline): Promise<End | undefined> {
  const newest = await stream.get({ last_by_subj: subject }, deadline);
  if (newest === undefined || stream.isSerial) return newest && { last: newest, seq: newest.seq };
  let last = newest;
  for await (const { entrySeq, message } of walk(stream, subject, newest, deadline)) {
    if (message.record.previousSeq === entrySeq) last = message;
  }
  return { last, seq: newest.seq };
}

/** Whether another message took the place that this one names. */
export async function hasLost(
  stream: Rivalry,
  subject: string,
  message: Located,
  deadline: Deadline,
): Promise<boolean> {
  if (stream.isSerial) return false;
  const { previousSeq } = message.record;
  for await (const { message: other } of walk(stream, subject, message, deadline)) {
    if (other.record.previousSeq === previousSeq) return other.seq !== message.seq;
  }
  return false;
}

interface Step {
  readonly message: Located;
  /** Of the last entry before it. */
  readonly entrySeq: number;
}

/** The messages of a subject from behind the predecessor that a message names up to that message. */
async function* walk(
  stream: Rivalry,
  subject: string,
  end: Located,
  deadline: Deadline,
): AsyncGenerator<Step, void, undefined> {
  let entrySeq = end.record.previousSeq;
  for (let seq = entrySeq + 1; seq <= end.seq;) {
    const message = await stream.get({ next_by_subj: subject, seq }, deadline);
    if (message === undefined || message.seq > end.seq) return;
    yield { message, entrySeq };
    if (message.record.previousSeq === entrySeq) entrySeq = message.seq;
    seq = message.seq + 1;
  }
}

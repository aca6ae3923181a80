import type { Deadline } from "./deadline.ts";
import type { Located } from "./log-record.ts";
import type { LogStream } from "./log-stream.ts";

/**
 * Servers before 2.10.19 compare the expected sequence before they replicate, so of several replicas two writers may both be told that they
 * were next. The log decides: of two messages that name the same predecessor the earlier one is the entry, and the other is deleted by
 * whoever meets it.
 */
export async function isRival(
  stream: LogStream,
  subject: string,
  message: Located,
  deadline: Deadline,
): Promise<boolean> {
  const { previousSeq } = message.record;
  for (let seq = previousSeq + 1; seq < message.seq;) {
    const other = await stream.get({ next_by_subj: subject, seq }, deadline);
    if (other === undefined || other.seq >= message.seq) return false;
    if (other.record.previousSeq === previousSeq) return true;
    seq = other.seq + 1;
  }
  return false;
}

/** The last entry of a log. */
export async function findLast(stream: LogStream, subject: string, deadline: Deadline): Promise<Located | undefined> {
  for (;;) {
    const last = await stream.get({ last_by_subj: subject }, deadline);
    if (last === undefined || stream.isSerial || !(await isRival(stream, subject, last, deadline))) return last;
    await stream.delete(last.seq, deadline);
  }
}

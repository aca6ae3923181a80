import { encodeHistory, type HistoryOp } from "../wire/index.ts";
import type { Case, Desk } from "./desk.ts";
import type { ReadResult } from "./ports.ts";
import type { Session } from "./session.ts";

/** A span of a log: at most `count` entries, all before offset `before`. */
interface Span {
  readonly before: number;
  readonly count: number;
}

/**
 * Answers with stored entries of a channel the session is subscribed to. One at a time: the session's next request waits for it, so that
 * many small requests do not have many large pages read at once.
 */
export function sendHistory(desk: Desk, request: Case<HistoryOp>): void {
  const { op, session } = request;
  if (session.channels.has(op.channel)) {
    const { after, before = 0, count } = op;
    return after === undefined ? read(desk, request, { before, count }) : readOn(desk, request, { after, count });
  }
  session.refuse(op.id, {
    code: "NOT_SUBSCRIBED",
    message: `Cannot read the history of "${op.channel}": subscribe to it first`,
  });
  finish(request);
}

function read(desk: Desk, request: Case<HistoryOp>, span: Span): void {
  const { op, session } = request;
  const { maxPageBytes, maxPageCount } = desk.limits;
  const maxCount = Math.min(span.count, maxPageCount);
  const after = Math.max(0, span.before - 1 - maxCount);
  desk.outbox.ask("read", { read: { channel: op.channel, after, maxCount, maxBytes: maxPageBytes } }, (answer) => {
    const next = answer.type === "page" ? narrow(span, answer.result) : undefined;
    if (next !== undefined) return read(desk, request, next);
    finish(request);
    if (answer.type === "failed") return session.refuse(op.id, answer.error);
    const { first, top } = answer.result;
    const events = answer.result.entries.filter(({ offset }) => offset < span.before);
    const more = events[0] !== undefined && events[0].offset > first;
    send(session, encodeHistory({ id: op.id, channel: op.channel, epoch: top.epoch, events, more }));
  });
}

/** The entries after an offset. */
function readOn(
  desk: Desk,
  request: Case<HistoryOp>,
  { after, count }: { readonly after: number; readonly count: number },
): void {
  const { op, session } = request;
  const { maxPageBytes: maxBytes, maxPageCount } = desk.limits;
  const maxCount = Math.min(count, maxPageCount);
  desk.outbox.ask("read", { read: { channel: op.channel, after, maxCount, maxBytes } }, (answer) => {
    finish(request);
    if (answer.type === "failed") return session.refuse(op.id, answer.error);
    const { entries: events, top } = answer.result;
    const last = events.at(-1);
    const more = last !== undefined && last.offset < top.offset;
    send(session, encodeHistory({ id: op.id, channel: op.channel, epoch: top.epoch, events, more }));
  });
}

function send(session: Session, text: string): void {
  session.sendText(text);
  session.spend(text.length);
  session.charge(text.length);
}

function finish({ admitted, answered }: Case<HistoryOp>): void {
  admitted();
  answered();
}

/**
 * A smaller span to read instead, if the page does not reach up to the span's end. A page is read forwards and may be cut where
 * it has enough bytes, but the entries that are wanted most are the last; and a span may lie beyond the log's end.
 */
function narrow({ before, count }: Span, { entries, first, top }: ReadResult): Span | undefined {
  const end = Math.min(before - 1, top.offset);
  const last = entries.at(-1);
  if (end < first || (last !== undefined && last.offset >= end)) return undefined;
  return { before: end + 1, count: last === undefined ? count : Math.max(1, Math.floor(entries.length / 2)) };
}

/** A timeline as the rows of a list: days, gaps, where the unread begins, and messages grouped by author. */
import type { User } from "switchboard/wire";
import { type Amendment, type Change, keyOf } from "./changes.ts";
import { type Outgoing, type StoredMessage, targetOf, type Timeline, type ToldGap } from "./timeline.ts";

/** Messages of one author less than this apart stand in one group, under one name. */
export const groupWithinMs = 5 * 60_000;

export type Row =
  | { readonly type: "day"; readonly key: string; readonly atMs: number }
  | { readonly type: "unread"; readonly key: string }
  | { readonly type: "gap"; readonly key: string; readonly gap: ToldGap }
  | {
      readonly type: "message";
      readonly key: string;
      readonly message: StoredMessage;
      readonly isGroupStart: boolean;
      /** What was done to it, and what is being done. */
      readonly amendment: Amendment | undefined;
      readonly pending: readonly Change[];
      /** What it answers, if that is held. */
      readonly answered: StoredMessage | undefined;
      readonly answeredAmendment: Amendment | undefined;
    }
  | { readonly type: "outgoing"; readonly key: string; readonly message: Outgoing; readonly isGroupStart: boolean };

export interface RowOptions {
  /** Whose outgoing messages these are. */
  readonly me: User | undefined;
  /** The last offset that was read when the person came: the unread line stands after it. */
  readonly readOffset: number | undefined;
}

/** What the group and the day of the next message are compared with. */
interface Previous {
  readonly authorId: string;
  readonly atMs: number;
}

export function timelineRows(timeline: Timeline, { me, readOffset }: RowOptions): readonly Row[] {
  const rows: Row[] = [];
  let previous: Previous | undefined;
  let previousAtMs: number | undefined;
  let isUnreadMarked = readOffset === undefined;

  function startMessage(authorId: string, atMs: number): boolean {
    if (previousAtMs === undefined || !isSameDay(previousAtMs, atMs)) {
      rows.push({ type: "day", key: `day-${rows.length}-${dayOf(atMs)}`, atMs });
      previous = undefined;
    }
    const isGroupStart =
      previous === undefined || previous.authorId !== authorId || atMs - previous.atMs > groupWithinMs;
    previous = { authorId, atMs };
    previousAtMs = atMs;
    return isGroupStart;
  }

  const details = detailsIn(timeline);
  for (const entry of timeline.entries) {
    if (entry.type === "gap") {
      rows.push({ type: "gap", key: entry.key, gap: entry });
      previous = undefined;
      continue;
    }
    const detail = details(entry);
    if (detail.amendment?.isRemoved === true) continue;
    if (!isUnreadMarked && entry.offset > (readOffset ?? 0) && !entry.isMine) {
      isUnreadMarked = true;
      // A line over everything held says nothing: the reader has not been here before.
      if (rows.length > 0) rows.push({ type: "unread", key: "unread" });
      previous = undefined;
    }
    // What it answers stands above a message: it needs its head.
    if (entry.replyTo !== undefined) previous = undefined;
    const isGroupStart = startMessage(entry.user.id, entry.atMs);
    rows.push({ type: "message", key: entry.key, message: entry, isGroupStart, ...detail });
  }
  for (const message of timeline.outgoing) {
    const isGroupStart = startMessage(me?.id ?? "", message.atMs);
    rows.push({ type: "outgoing", key: `out-${message.messageId}`, message, isGroupStart });
  }
  return rows;
}

type Detail = Pick<Extract<Row, { type: "message" }>, "amendment" | "pending" | "answered" | "answeredAmendment">;

const nonePending: readonly Change[] = [];

/** Finds what belongs to a message. Whatever did not change is the same object, so that its row need not be drawn again. */
function detailsIn({ changes, entries, pendingChanges }: Timeline): (message: StoredMessage) => Detail {
  const held = new Map(entries.flatMap((entry) => (entry.type === "message" ? [[keyOf(targetOf(entry)), entry]] : [])));
  const pending = new Map<string, readonly Change[]>();
  for (const { change } of pendingChanges) {
    const key = keyOf(change.target);
    pending.set(key, [...(pending.get(key) ?? nonePending), change]);
  }
  return (message) => {
    const key = keyOf(targetOf(message));
    const answeredKey = message.replyTo === undefined ? "" : keyOf(message.replyTo);
    return {
      amendment: changes.get(key),
      pending: pending.get(key) ?? nonePending,
      answered: held.get(answeredKey),
      answeredAmendment: changes.get(answeredKey),
    };
  };
}

/** Whether two rows draw the same. */
export function isSameRow(one: Row, other: Row): boolean {
  const before: Readonly<Record<string, unknown>> = { ...one };
  const entries = Object.entries(other);
  return entries.length === Object.keys(before).length && entries.every(([name, value]) => before[name] === value);
}

/** The sentence of a gap's line. */
export function gapSentence({ reason, from, to }: ToldGap): string {
  const count = to - from;
  switch (reason) {
    case "trimmed":
      return `${messages(count)} from while you were away ${count === 1 ? "is" : "are"} no longer kept`;
    case "truncated":
      return "The server lost its newest messages in a failure: some of those above are gone for everyone";
    case "epoch":
      return "The room’s history was started anew: the messages above are gone for everyone";
    default:
      return reason satisfies never;
  }
}

function messages(count: number): string {
  return count === 1 ? "1 message" : `${count.toLocaleString("en")} messages`;
}

function isSameDay(oneMs: number, otherMs: number): boolean {
  return dayOf(oneMs) === dayOf(otherMs);
}

function dayOf(atMs: number): string {
  return new Date(atMs).toDateString();
}

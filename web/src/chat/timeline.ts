/** What a room's window shows, as a value: stored messages, told gaps, and one's own messages that are not stored yet. */
import type { User } from "switchboard/wire";
import type { SendProblem } from "./send-problem.ts";

/** The most entries (stored messages and gaps) held and rendered. Older ones are let go and loaded again when scrolled to. */
export const maxHeldCount = 500;

export interface StoredMessage {
  readonly type: "message";
  /** Unique in this timeline. Offsets alone are not: a log that lost its tail gives them out again. */
  readonly key: string;
  readonly messageId: string;
  readonly user: User;
  readonly isMine: boolean;
  readonly text: string;
  readonly offset: number;
  readonly atMs: number;
}

/** A told loss: the line in the timeline says what is missing between the messages above and below it. */
export interface ToldGap {
  readonly type: "gap";
  readonly key: string;
  readonly reason: "trimmed" | "truncated" | "epoch";
  /** The offset of the last message before the gap, and of the last one it swallowed. */
  readonly from: number;
  readonly to: number;
}

type TimelineEntry = StoredMessage | ToldGap;

/** A message of one's own that has not come back from the log yet. */
export interface Outgoing {
  readonly messageId: string;
  readonly text: string;
  readonly atMs: number;
  readonly state: OutgoingState;
}

export type OutgoingState =
  | { readonly type: "pending" }
  /** Acknowledged; the event itself follows. */
  | { readonly type: "sent" }
  | ({ readonly type: "failed" } & SendProblem);

export interface Timeline {
  /** Oldest first. */
  readonly entries: readonly TimelineEntry[];
  readonly outgoing: readonly Outgoing[];
  /** Whether the log may have messages older than the first one held. */
  readonly hasOlder: boolean;
  /** The newest offset heard of, held or not. */
  readonly newestOffset: number;
  /** Newer messages were let go: the end of `entries` is not the present. */
  readonly isDetached: boolean;
  /** Counts the gaps, for keys. */
  readonly gapCount: number;
}

/** A message as it comes from the log, before it has a place in a timeline. */
export type IncomingMessage = Omit<StoredMessage, "type" | "key">;

export const emptyTimeline: Timeline = {
  entries: [],
  outgoing: [],
  hasOlder: false,
  newestOffset: 0,
  isDetached: false,
  gapCount: 0,
};

/**
 * The next message of the log came.
 *
 * @param isFollowing - whether the reader is at the end. If not, nothing they may be reading is taken away to make room:
 *   at the limit the timeline detaches from the present instead.
 */
export function addLive(timeline: Timeline, message: IncomingMessage, isFollowing: boolean): Timeline {
  const arrived = {
    ...timeline,
    outgoing: withoutOutgoing(timeline.outgoing, message.messageId),
    newestOffset: message.offset,
  };
  const isFull = timeline.entries.length >= maxHeldCount;
  if (timeline.isDetached || (isFull && !isFollowing)) return { ...arrived, isDetached: true };
  const entries = [...timeline.entries, placed(message, timeline.gapCount)];
  const isFirst = timeline.entries.length === 0;
  const hasOlder = timeline.hasOlder || isFull || (isFirst && message.offset > 1);
  return { ...arrived, entries: entries.slice(-maxHeldCount), hasOlder };
}

/** A page of older messages came, oldest first. Makes room at the new end when it must. */
export function addOlder(timeline: Timeline, page: readonly IncomingMessage[], hasOlder: boolean): Timeline {
  const first = firstOffset(timeline);
  const older = page.filter(({ offset }) => first === undefined || offset < first).map((message) => placed(message, 0));
  const entries = [...older, ...timeline.entries];
  const isDetached = timeline.isDetached || entries.length > maxHeldCount;
  return { ...timeline, entries: entries.slice(0, maxHeldCount), hasOlder, isDetached };
}

/** The newest page came for a reader who jumps to the present: it replaces what was held. */
export function showPresent(timeline: Timeline, page: readonly IncomingMessage[], hasOlder: boolean): Timeline {
  const entries = page.map((message) => placed(message, timeline.gapCount));
  const newestOffset = Math.max(timeline.newestOffset, entries.at(-1)?.offset ?? 0);
  // Messages that arrived while the page was on its way are not in it: then this is still not the present.
  const isDetached = (entries.at(-1)?.offset ?? 0) < newestOffset;
  return { ...timeline, entries, hasOlder, newestOffset, isDetached };
}

/** The server told that part of the log is gone. When the log is another one, nothing above the gap can be loaded from it. */
export function addGap(timeline: Timeline, gap: Omit<ToldGap, "type" | "key">): Timeline {
  // Who has seen nothing has lost nothing: what is not here any more is merely older than the log.
  if (timeline.entries.length === 0) return { ...timeline, newestOffset: gap.to };
  const gapCount = timeline.gapCount + 1;
  const entry: ToldGap = { ...gap, type: "gap", key: `gap-${gapCount}` };
  const hasOlder = gap.reason === "epoch" ? false : timeline.hasOlder;
  return {
    ...timeline,
    gapCount,
    hasOlder,
    newestOffset: gap.to,
    isDetached: false,
    entries: [...timeline.entries, entry],
  };
}

/** A person sends, or sends again: the message waits at the end. */
export function addOutgoing(timeline: Timeline, message: Omit<Outgoing, "state">): Timeline {
  const outgoing = withoutOutgoing(timeline.outgoing, message.messageId);
  return { ...timeline, outgoing: [...outgoing, { ...message, state: { type: "pending" } }] };
}

/** The fate of an outgoing message became known. Nothing changes if its event came first. */
export function settleOutgoing(timeline: Timeline, messageId: string, state: OutgoingState): Timeline {
  const outgoing = timeline.outgoing.map((message) =>
    message.messageId === messageId ? { ...message, state } : message,
  );
  return { ...timeline, outgoing };
}

/** A person gives an outgoing message up. */
export function discardOutgoing(timeline: Timeline, messageId: string): Timeline {
  return { ...timeline, outgoing: withoutOutgoing(timeline.outgoing, messageId) };
}

/** The offset of the oldest message held: what to ask history before. */
export function firstOffset(timeline: Timeline): number | undefined {
  return timeline.entries.find((entry) => entry.type === "message")?.offset;
}

/** How many messages of others came after `readOffset`. */
export function countUnread(timeline: Timeline, readOffset: number): number {
  const held = timeline.entries.filter(
    (entry) => entry.type === "message" && entry.offset > readOffset && !entry.isMine,
  ).length;
  if (!timeline.isDetached) return held;
  return held + timeline.newestOffset - Math.max(readOffset, lastOffset(timeline));
}

function lastOffset(timeline: Timeline): number {
  return timeline.entries.findLast((entry) => entry.type === "message")?.offset ?? 0;
}

function placed(message: IncomingMessage, gapCount: number): StoredMessage {
  return { ...message, type: "message", key: `${gapCount}-${message.offset}` };
}

function withoutOutgoing(outgoing: readonly Outgoing[], messageId: string): readonly Outgoing[] {
  return outgoing.some((message) => message.messageId === messageId)
    ? outgoing.filter((message) => message.messageId !== messageId)
    : outgoing;
}

/** What a room's window shows, as a value: stored messages, told gaps, what was done to them, and what is not stored yet. */
import type { ChatMention, ChatTarget } from "switchboard/chat";
import type { User } from "switchboard/wire";
import { addChange, type Change, type Changes, keyOf, type ToldChange } from "./changes.ts";
import type { SendProblem } from "./send-problem.ts";

/** The most entries (stored messages and gaps) held and rendered. Older ones are let go and loaded again when scrolled to. */
export const maxHeldCount = 500;

/** The most messages beyond those held that are counted as unread. */
export const maxBeyondCount = 1_000;

/** What somebody said. */
interface Said {
  readonly text: string;
  readonly mentions: readonly ChatMention[];
  readonly replyTo: ChatTarget | undefined;
}

export interface StoredMessage extends Said {
  readonly type: "message";
  /** Unique in this timeline. Offsets alone are not: a log that lost its tail gives them out again. */
  readonly key: string;
  readonly messageId: string;
  readonly user: User;
  readonly isMine: boolean;
  /** Whether it calls this person. */
  readonly callsMe: boolean;
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
export interface Outgoing extends Said {
  readonly messageId: string;
  readonly atMs: number;
  readonly state: OutgoingState;
}

export type OutgoingState =
  | { readonly type: "pending" }
  /** Acknowledged; the event itself follows. */
  | { readonly type: "sent" }
  | ({ readonly type: "failed" } & SendProblem);

/** A change of one's own that has not come back from the log yet. */
export interface PendingChange {
  readonly id: string;
  readonly change: Change;
}

/** A newer message that is not held. */
type Beyond = Pick<StoredMessage, "offset" | "callsMe">;

export interface Timeline {
  /** Oldest first. */
  readonly entries: readonly TimelineEntry[];
  readonly outgoing: readonly Outgoing[];
  readonly changes: Changes;
  readonly pendingChanges: readonly PendingChange[];
  /** Whether the log may have something older than `oldestOffset`. */
  readonly hasOlder: boolean;
  /** The oldest offset seen of what is held, a message's or a change's: what to ask history before. */
  readonly oldestOffset: number | undefined;
  /** The newest offset heard of, held or not. */
  readonly newestOffset: number;
  /** Newer messages were let go: the end of `entries` is not the present. */
  readonly isDetached: boolean;
  /** Messages of others that are newer than those held. Empty unless detached. */
  readonly beyond: readonly Beyond[];
  /** Counts the gaps, for keys. */
  readonly gapCount: number;
}

/** A message as it comes from the log, before it has a place in a timeline. */
export type IncomingMessage = Omit<StoredMessage, "type" | "key">;

/** A part of the log, oldest first, by what its events are. */
export interface LogPage {
  readonly messages: readonly IncomingMessage[];
  readonly changes: readonly ToldChange[];
  /** Of the first and the last event, if there is any. */
  readonly firstOffset: number | undefined;
  readonly lastOffset: number | undefined;
  /** Whether the log has older events. */
  readonly hasOlder: boolean;
}

export const emptyTimeline: Timeline = {
  entries: [],
  outgoing: [],
  changes: new Map(),
  pendingChanges: [],
  hasOlder: false,
  oldestOffset: undefined,
  newestOffset: 0,
  isDetached: false,
  beyond: [],
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
    ...arrive(timeline, message.offset),
    outgoing: withoutOutgoing(timeline.outgoing, message.messageId),
  };
  const isFull = timeline.entries.length >= maxHeldCount;
  if (timeline.isDetached || (isFull && !isFollowing)) {
    return { ...arrived, isDetached: true, beyond: addBeyond(timeline.beyond, [message]) };
  }
  const entries = [...timeline.entries, placed(message, timeline.gapCount)];
  if (!isFull) return { ...arrived, entries };
  const held = entries.slice(-maxHeldCount);
  return { ...arrived, entries: held, hasOlder: true, oldestOffset: firstOffset(held) };
}

/** The next event of the log is a change. */
export function addLiveChange(timeline: Timeline, told: ToldChange, id: string): Timeline {
  return {
    ...arrive(timeline, told.offset),
    changes: addChange(timeline.changes, told),
    pendingChanges: withoutPending(timeline.pendingChanges, id),
  };
}

function arrive(timeline: Timeline, offset: number): Timeline {
  if (timeline.oldestOffset !== undefined) return { ...timeline, newestOffset: offset };
  return { ...timeline, newestOffset: offset, oldestOffset: offset, hasOlder: timeline.hasOlder || offset > 1 };
}

/** A page of what is older came. Makes room at the new end when it must. */
export function addOlder(timeline: Timeline, page: LogPage): Timeline {
  const first = firstOffset(timeline.entries);
  const older = page.messages.filter(({ offset }) => first === undefined || offset < first);
  const entries = [...older.map((message) => placed(message, 0)), ...timeline.entries];
  const dropped = entries.slice(maxHeldCount);
  return {
    ...timeline,
    entries: entries.slice(0, maxHeldCount),
    changes: page.changes.reduce(addChange, timeline.changes),
    hasOlder: page.hasOlder,
    oldestOffset: Math.min(page.firstOffset ?? Infinity, timeline.oldestOffset ?? Infinity),
    isDetached: timeline.isDetached || dropped.length > 0,
    beyond: addBeyond([], [...dropped.filter((entry) => entry.type === "message"), ...timeline.beyond]),
  };
}

/** The newest page came for a reader who jumps to the present: it replaces what was held. */
export function showPresent(timeline: Timeline, page: LogPage): Timeline {
  const entries = page.messages.map((message) => placed(message, timeline.gapCount));
  const lastOffset = page.lastOffset ?? 0;
  return {
    ...timeline,
    entries,
    changes: page.changes.reduce(addChange, timeline.changes),
    hasOlder: page.hasOlder,
    oldestOffset: page.firstOffset,
    newestOffset: Math.max(timeline.newestOffset, lastOffset),
    // What arrived while the page was on its way is not in it: then this is still not the present.
    isDetached: lastOffset < timeline.newestOffset,
    beyond: timeline.beyond.filter(({ offset }) => offset > lastOffset),
  };
}

/** The server told that part of the log is gone. When the log is another one, nothing above the gap can be loaded from it. */
export function addGap(timeline: Timeline, gap: Omit<ToldGap, "type" | "key">): Timeline {
  const lost = { ...timeline, newestOffset: gap.to, isDetached: false, beyond: [], pendingChanges: [] };
  // Who has seen nothing has lost nothing: what is not here any more is merely older than the log.
  if (timeline.entries.length === 0) return lost;
  const gapCount = timeline.gapCount + 1;
  const entry: ToldGap = { ...gap, type: "gap", key: `gap-${gapCount}` };
  const hasOlder = gap.reason === "epoch" ? false : timeline.hasOlder;
  return { ...lost, gapCount, hasOlder, entries: [...timeline.entries, entry] };
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

/** A person changes a message: it shows at once. */
export function addPendingChange(timeline: Timeline, pending: PendingChange): Timeline {
  return { ...timeline, pendingChanges: [...timeline.pendingChanges, pending] };
}

/** A change was refused or given up. */
export function dropPendingChange(timeline: Timeline, id: string): Timeline {
  return { ...timeline, pendingChanges: withoutPending(timeline.pendingChanges, id) };
}

/** The message at a target, if it is held. */
export function findMessage(timeline: Timeline, target: ChatTarget): StoredMessage | undefined {
  return timeline.entries.find(
    (entry): entry is StoredMessage =>
      entry.type === "message" && entry.offset === target.offset && entry.messageId === target.id,
  );
}

export function targetOf({ offset, messageId }: Pick<StoredMessage, "offset" | "messageId">): ChatTarget {
  return { offset, id: messageId };
}

export interface UnreadCounts {
  readonly unreadCount: number;
  /** Those of them that call this person. */
  readonly mentionCount: number;
}

/** The messages of others after `readOffset`, held or not, without those that were taken back. */
export function countUnread(timeline: Timeline, readOffset: number | undefined): UnreadCounts {
  if (readOffset === undefined) return { unreadCount: 0, mentionCount: 0 };
  const held = timeline.entries.filter(
    (entry) =>
      entry.type === "message" &&
      entry.offset > readOffset &&
      !entry.isMine &&
      timeline.changes.get(keyOf(targetOf(entry)))?.isRemoved !== true,
  );
  const unread = [...held, ...timeline.beyond.filter(({ offset }) => offset > readOffset)];
  const calls = unread.filter((entry) => "callsMe" in entry && entry.callsMe);
  return { unreadCount: unread.length, mentionCount: calls.length };
}

function firstOffset(entries: Timeline["entries"]): number | undefined {
  return entries.find((entry) => entry.type === "message")?.offset;
}

function placed(message: IncomingMessage, gapCount: number): StoredMessage {
  return { ...message, type: "message", key: `${gapCount}-${message.offset}` };
}

function addBeyond(
  beyond: readonly Beyond[],
  messages: readonly (Beyond & { readonly isMine?: boolean })[],
): readonly Beyond[] {
  const others = messages.filter(({ isMine }) => isMine !== true).map(({ offset, callsMe }) => ({ offset, callsMe }));
  return [...beyond, ...others].slice(-maxBeyondCount);
}

function withoutOutgoing(outgoing: readonly Outgoing[], messageId: string): readonly Outgoing[] {
  return outgoing.some((message) => message.messageId === messageId)
    ? outgoing.filter((message) => message.messageId !== messageId)
    : outgoing;
}

function withoutPending(pending: readonly PendingChange[], id: string): readonly PendingChange[] {
  return pending.some((one) => one.id === id) ? pending.filter((one) => one.id !== id) : pending;
}

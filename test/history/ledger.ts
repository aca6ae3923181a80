/** A history sorted by what the checks ask: publishes, readers, the log at the end. */
import type { Durability } from "switchboard/wire";
import type {
  AckEvent,
  ComplaintEvent,
  FailEvent,
  FaultEvent,
  GapEvent,
  HistoryEvent,
  PageEvent,
  PublishEvent,
  QuietEvent,
  ReceiveEvent,
  RecordedPosition,
  StoredEvent,
  SubscribeEvent,
  UnknownEvent,
} from "./event.ts";

const ranks: Readonly<Record<Durability, number>> = { mem: 0, os: 1, fsync: 2, quorum: 3 };

/** Everything about one publish, retries included: one user's one id in one channel. */
export interface PublishRecord {
  readonly first: PublishEvent;
  readonly acks: AckEvent[];
  readonly fails: FailEvent[];
  readonly unknowns: UnknownEvent[];
  /** The acknowledgement with the highest offset that came before this publish began: its own offset must be higher. */
  readonly acknowledgedBefore: AckEvent | undefined;
}

/** One client's view of one channel, in order. */
export type ReaderEvent = SubscribeEvent | ReceiveEvent | GapEvent | QuietEvent;

export interface ChannelLedger {
  readonly channel: string;
  readonly noticeMs: number;
  readonly publishes: Map<string, PublishRecord>;
  readonly readers: Map<string, ReaderEvent[]>;
  readonly log: StoredEvent[];
  readonly stored: Map<string, StoredEvent>;
  readonly pages: PageEvent[];
  readonly complaints: ComplaintEvent[];
  /** What the last acknowledgement was worth. */
  durability: Durability;
  /** The highest acknowledgement so far, while the history is read. */
  highestAck: AckEvent | undefined;
}

export interface Ledger {
  readonly channels: Map<string, ChannelLedger>;
  readonly faults: FaultEvent[];
  readonly eventCount: number;
}

/** Reads a history once, in order. */
export function readLedger(events: Iterable<HistoryEvent>, noticeMs: number): Ledger {
  const channels = new Map<string, ChannelLedger>();
  const faults: FaultEvent[] = [];
  let eventCount = 0;
  for (const event of events) {
    eventCount += 1;
    if (event.type === "fault") faults.push(event);
    else addEvent(ledgerOf(channels, event.channel, noticeMs), event);
  }
  return { channels, faults, eventCount };
}

/** The key of a message: an id belongs to one user. */
export function messageKey(message: { readonly user: string; readonly id: string }): string {
  return JSON.stringify([message.user, message.id]);
}

/** The key of a place in a log. */
export function placeKey(position: RecordedPosition): string {
  return `${position.epoch ?? ""}:${position.offset}`;
}

/** Whether the log that was read at the end has this message at this place; `trimmed` when it reaches back less far. */
export function findStored(ledger: ChannelLedger, place: RecordedPosition): StoredEvent | "trimmed" | undefined {
  const entry = ledger.stored.get(placeKey(place));
  const first = ledger.log[0];
  const isTrimmed = first !== undefined && first.epoch === place.epoch && place.offset < first.offset;
  return entry ?? (isTrimmed ? "trimmed" : undefined);
}

/** Whether two sightings of a message are of the same one: same author, id, data, and same append where tags are known. */
export function isSameMessage(one: ReceiveEvent | StoredEvent, other: ReceiveEvent | StoredEvent): boolean {
  const isSameTag = one.tag === undefined || other.tag === undefined || one.tag === other.tag;
  return isSameTag && messageKey(one) === messageKey(other) && one.hash === other.hash;
}

/**
 * What a reader saw that no later gap took back: a gap's `to` says from where on everything is told anew. A reader that went away cannot
 * be told: of what it saw before a fault beyond the level only that stands which the log has. So it is with a truncation: its gap goes back to
 * the oldest entry there is, which may come after what was lost.
 */
export function standingReceives(
  ledger: ChannelLedger,
  timeline: readonly ReaderEvent[],
  faults: readonly FaultEvent[],
): readonly ReceiveEvent[] {
  const standing = untoldReceives(timeline);
  const lastDoubtMs = timeline.some(({ type }) => type === "quiet")
    ? Math.max(-1, ...timeline.filter(isTruncation).map(({ atMs }) => atMs))
    : Infinity;
  return standing.filter((receive) => {
    const entry = ledger.stored.get(placeKey(receive));
    const isDoubtful = receive.atMs <= lastDoubtMs && mayBeGone(ledger, receive, faults);
    return !isDoubtful || (entry !== undefined && isSameMessage(entry, receive));
  });
}

function isTruncation(event: ReaderEvent): boolean {
  return event.type === "gap" && event.reason === "truncated";
}

/** Whether a fault beyond the level came after it, or so short a time before that a node may not have noticed. */
export function mayBeGone(ledger: ChannelLedger, receive: ReceiveEvent, faults: readonly FaultEvent[]): boolean {
  return faults.some((fault) => fault.atMs + ledger.noticeMs >= receive.atMs && isBeyond(fault, ledger.durability));
}

/** What a reader saw up to now that no gap took back. */
function untoldReceives(timeline: readonly ReaderEvent[]): readonly ReceiveEvent[] {
  let standing: ReceiveEvent[] = [];
  for (const event of timeline) {
    if (event.type === "receive") standing.push(event);
    if (event.type === "gap") standing = withoutTakenBack(standing, event);
  }
  return standing;
}

/** Those that this gap leaves standing. */
export function withoutTakenBack(receives: readonly ReceiveEvent[], gap: GapEvent): ReceiveEvent[] {
  return receives.filter((receive) => !isTakenBack(receive, gap));
}

/** Whether the log has it where it was seen, or reaches back less far. */
export function isStoredAs(ledger: ChannelLedger, receive: ReceiveEvent): boolean {
  const entry = findStored(ledger, receive);
  return entry === "trimmed" || (entry !== undefined && isSameMessage(entry, receive));
}

/** Whether a gap tells its reader that this message is not in the log it continues with. */
export function isTakenBack(receive: ReceiveEvent, gap: GapEvent): boolean {
  return receive.epoch !== gap.to.epoch || receive.offset > gap.to.offset;
}

/** Whether a fault may undo what was acknowledged at this level. */
export function isBeyond(fault: FaultEvent, durability: Durability): boolean {
  return ranks[fault.survivedBy] > ranks[durability];
}

function ledgerOf(channels: Map<string, ChannelLedger>, channel: string, noticeMs: number): ChannelLedger {
  const known = channels.get(channel);
  if (known !== undefined) return known;
  const made: ChannelLedger = {
    channel,
    noticeMs,
    publishes: new Map(),
    readers: new Map(),
    log: [],
    stored: new Map(),
    pages: [],
    complaints: [],
    highestAck: undefined,
    durability: "mem",
  };
  channels.set(channel, made);
  return made;
}

function addEvent(ledger: ChannelLedger, event: Exclude<HistoryEvent, FaultEvent>): void {
  switch (event.type) {
    case "publish":
      if (!ledger.publishes.has(messageKey(event))) {
        ledger.publishes.set(messageKey(event), {
          first: event,
          acks: [],
          fails: [],
          unknowns: [],
          acknowledgedBefore: ledger.highestAck,
        });
      }
      return;
    case "ack":
    case "fail":
    case "unknown":
      return addAnswer(ledger, event);
    case "subscribe":
    case "receive":
    case "gap":
    case "quiet":
      timelineOf(ledger, event.client).push(event);
      return;
    case "page":
      ledger.pages.push(event);
      return;
    case "complaint":
      ledger.complaints.push(event);
      return;
    case "stored":
      ledger.log.push(event);
      ledger.stored.set(placeKey(event), event);
      return;
    default:
      return event satisfies never;
  }
}

function addAnswer(ledger: ChannelLedger, event: AckEvent | FailEvent | UnknownEvent): void {
  const record = ledger.publishes.get(messageKey(event));
  if (event.type === "fail") record?.fails.push(event);
  else if (event.type === "unknown") record?.unknowns.push(event);
  else {
    record?.acks.push(event);
    ledger.durability = event.durability;
    if (isHigher(event, ledger.highestAck)) ledger.highestAck = event;
  }
}

/** A new epoch starts a new count. */
function isHigher(ack: AckEvent, highest: AckEvent | undefined): boolean {
  return highest === undefined || ack.epoch !== highest.epoch || ack.offset > highest.offset;
}

function timelineOf(ledger: ChannelLedger, client: string): ReaderEvent[] {
  const known = ledger.readers.get(client);
  if (known !== undefined) return known;
  const made: ReaderEvent[] = [];
  ledger.readers.set(client, made);
  return made;
}

/** What each reader saw, against the log and against the other readers. */
import type { FaultEvent, GapEvent, ReceiveEvent, RecordedPosition, StoredEvent } from "./event.ts";
import {
  findStored,
  isBeyond,
  isSameMessage,
  isStoredAs,
  mayBeGone,
  isTakenBack,
  messageKey,
  placeKey,
  standingReceives,
  withoutTakenBack,
  type ChannelLedger,
  type ReaderEvent,
} from "./ledger.ts";
import type { Violation } from "./violation.ts";

/** HK3: a place holds one message, the same for every reader and for the log, until a fault beyond the level takes it back. */
export function findSplitPlaces(ledger: ChannelLedger, faults: readonly FaultEvent[]): readonly Violation[] {
  const values = new Map<string, ReceiveEvent | StoredEvent>(ledger.stored);
  return eachReader(ledger, (timeline) =>
    standingReceives(ledger, timeline, faults).flatMap((receive): readonly Violation[] => {
      const known = values.get(placeKey(receive));
      if (known === undefined) values.set(placeKey(receive), receive);
      if (
        known === undefined ||
        isSameMessage(known, receive) ||
        isTakenBackBetween(ledger, faults, inOrder([known, receive]))
      ) {
        return [];
      }
      const sentence = `Offset ${receive.offset} of ${receive.channel} is message ${known.id} of ${known.user} and, for ${receive.client}, message ${receive.id} of ${receive.user}`;
      return [{ rule: "HK3", sentence, slice: inOrder([known, receive]) }];
    }),
  );
}

/** HK4, the reader's half: a reader sees a message once, unless the store lost it in between and its publisher tried again. */
export function findRepeatedDeliveries(ledger: ChannelLedger, faults: readonly FaultEvent[]): readonly Violation[] {
  return eachReader(ledger, (timeline) => {
    const seen = new Map<string, ReceiveEvent>();
    return standingReceives(ledger, timeline, faults).flatMap((receive): readonly Violation[] => {
      const earlier = seen.get(messageKey(receive));
      seen.set(messageKey(receive), receive);
      if (earlier === undefined || isTakenBackBetween(ledger, faults, [earlier, receive])) return [];
      const sentence = `${receive.client} saw message ${receive.id} of ${receive.user} twice, at offsets ${earlier.offset} and ${receive.offset}`;
      return [{ rule: "HK4", sentence, slice: [earlier, receive] }];
    });
  });
}

/** HK5: a reader sees every offset, one after the other, except those it was told are gone. */
export function findHoles(ledger: ChannelLedger): readonly Violation[] {
  return eachReader(ledger, (timeline) => walk(timeline).flatMap(({ event, before }) => findHole(event, before)));
}

/** HK6: a told gap is a real one: something in it is not in the log, or the log is another. */
export function findFalseGaps(ledger: ChannelLedger): readonly Violation[] {
  return eachReader(ledger, (timeline) => {
    let seen: readonly ReceiveEvent[] = [];
    let fresh: ReceiveEvent[] = [];
    return timeline.flatMap((event): readonly Violation[] => {
      if (event.type === "receive") fresh.push(event);
      if (event.type !== "gap") return [];
      const before = [...seen, ...fresh];
      seen = withoutTakenBack(before, event);
      fresh = [];
      if (isRealGap(ledger, event, before)) return [];
      const sentence = `${event.client} was told that ${event.channel} lost what follows offset ${event.from.offset} up to ${event.to.offset} (${event.reason}), and nothing is missing`;
      return [{ rule: "HK6", sentence, slice: [event] }];
    });
  });
}

/** HK7: what a reader saw is in the log at the end, or a gap took it back after a fault beyond the level. */
export function findPhantoms(ledger: ChannelLedger, faults: readonly FaultEvent[]): readonly Violation[] {
  return eachReader(ledger, (timeline) => {
    const gaps = timeline.filter((event) => event.type === "gap");
    const standing = new Set(standingReceives(ledger, timeline, faults));
    return timeline.flatMap((receive): readonly Violation[] => {
      if (receive.type !== "receive" || isStoredAs(ledger, receive)) return [];
      if (!standing.has(receive) && mayBeGone(ledger, receive, faults)) return [];
      const entry = ledger.stored.get(placeKey(receive));
      const ending = standing.has(receive) ? "and was never taken back" : "and nothing that broke could take it back";
      const sentence = `${receive.client} saw message ${receive.id} of ${receive.user} at offset ${receive.offset}; it is not in the log ${ending}`;
      const gap = standing.has(receive)
        ? undefined
        : gaps.find((each) => each.atMs >= receive.atMs && isTakenBack(receive, each));
      return [{ rule: "HK7", sentence, slice: [receive, gap, entry].filter((event) => event !== undefined) }];
    });
  });
}

/** HK11: a reader that was connected and given time saw the log to its end. */
export function findLeftBehind(ledger: ChannelLedger): readonly Violation[] {
  const top = ledger.log.at(-1);
  return eachReader(ledger, (timeline) =>
    walk(timeline).flatMap(({ event, before }): readonly Violation[] => {
      if (event.type !== "quiet" || top === undefined || before === undefined) return [];
      if (before.epoch === top.epoch && before.offset >= top.offset) return [];
      const sentence = `${event.client} waited at offset ${before.offset} of ${event.channel}, and never saw ${top.offset}`;
      return [{ rule: "HK11", sentence, slice: [event, top] }];
    }),
  );
}

function eachReader(
  ledger: ChannelLedger,
  check: (timeline: readonly ReaderEvent[]) => readonly Violation[],
): readonly Violation[] {
  return [...ledger.readers.values()].flatMap(check);
}

interface Step {
  readonly event: ReaderEvent;
  /** Where the reader was before this event; undefined before it was anywhere. */
  readonly before: RecordedPosition | undefined;
}

function walk(timeline: readonly ReaderEvent[]): readonly Step[] {
  let at: RecordedPosition | undefined;
  return timeline.map((event) => {
    const step = { event, before: at };
    if (event.type === "gap") at = event.to;
    else if (event.type !== "quiet") at = event;
    return step;
  });
}

function findHole(event: ReaderEvent, before: RecordedPosition | undefined): readonly Violation[] {
  if (before === undefined || event.type === "quiet" || event.type === "subscribe") return [];
  const isGap = event.type === "gap";
  const from = isGap ? event.from : { ...event, offset: event.offset - 1 };
  if (from.epoch === before.epoch && from.offset === before.offset) return [];
  const what = isGap ? "was told of a gap after" : "saw";
  const sentence = `${event.client} was at offset ${before.offset} of ${event.channel} and ${what} offset ${isGap ? from.offset : event.offset}`;
  return [{ rule: "HK5", sentence, slice: [event] }];
}

function isRealGap(ledger: ChannelLedger, gap: GapEvent, seen: readonly ReceiveEvent[]): boolean {
  const from = findStored(ledger, gap.from);
  if (isWithoutEvidence(ledger, gap, from) || gap.from.epoch !== gap.to.epoch) return true;
  if (from !== undefined && from !== "trimmed" && gap.from.tag !== undefined && from.tag !== gap.from.tag) return true;
  if (from === undefined && gap.from.offset > (ledger.log.at(-1)?.offset ?? 0)) return true;
  return hasHole(ledger, gap) || seen.some((receive) => isTakenBack(receive, gap) && !isStoredAs(ledger, receive));
}

/** What could show that it is a lie is gone with its log, or was trimmed since. */
function isWithoutEvidence(ledger: ChannelLedger, gap: GapEvent, from: ReturnType<typeof findStored>): boolean {
  const isOldLog = ledger.log.length > 0 && ledger.log.at(-1)?.epoch !== gap.from.epoch;
  return isOldLog || (from === "trimmed" && gap.from.offset > 0);
}

function hasHole(ledger: ChannelLedger, { from, to }: GapEvent): boolean {
  const lost = Array.from({ length: Math.max(0, to.offset - from.offset) }, (_, index) => from.offset + index + 1);
  return lost.some((offset) => !ledger.stored.has(placeKey({ ...from, offset })));
}

/** Between two sightings the store may have lost what the first one saw; a log that still holds one of them decides otherwise. */
function isTakenBackBetween(
  ledger: ChannelLedger,
  faults: readonly FaultEvent[],
  sightings: readonly (ReceiveEvent | StoredEvent)[],
): boolean {
  const [one, other] = sightings;
  if (one?.type !== "receive" || other?.type !== "receive") return false;
  return faults.some(
    (fault) => fault.atMs >= one.atMs && fault.atMs <= other.atMs && isBeyond(fault, ledger.durability),
  );
}

function inOrder<Event extends { readonly atMs: number }>(events: readonly Event[]): readonly Event[] {
  return events.toSorted((one, other) => one.atMs - other.atMs);
}

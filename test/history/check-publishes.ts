/** What a publisher was told, against what the log holds. */
import type { AckEvent, FaultEvent, ReceiveEvent, StoredEvent } from "./event.ts";
import {
  findStored,
  isBeyond,
  messageKey,
  placeKey,
  standingReceives,
  type ChannelLedger,
  type PublishRecord,
} from "./ledger.ts";
import type { Violation } from "./violation.ts";

/** HK1: an acknowledged message is in the log where the acknowledgement says, unless a fault beyond its level came after. */
export function findLostWrites(ledger: ChannelLedger, faults: readonly FaultEvent[]): readonly Violation[] {
  return eachPublish(ledger, (record) =>
    record.acks.flatMap((ack): readonly Violation[] => {
      const entry = findStored(ledger, ack);
      const { hash = record.first.hash } = ack;
      const isOther = hash !== record.first.hash && !isExcused(record.acks[0] ?? ack, faults);
      const isThere = entry === "trimmed" || (entry !== undefined && isOf(entry, record, hash));
      if ((isThere && !isOther) || isExcused(ack, faults)) return [];
      const place = `${ack.channel} at offset ${ack.offset}`;
      const held = isThere ? "what was sent under its id before" : describe(entry);
      const sentence = `Message ${ack.id} of ${ack.user} was acknowledged in ${place}, where the log has ${held}`;
      return [
        {
          rule: "HK1",
          sentence,
          slice: [record.first, ack, ...(entry === undefined || entry === "trimmed" ? [] : [entry])],
        },
      ];
    }),
  );
}

/** HK2: a message whose publisher was told that it is not stored is neither stored nor seen. */
export function findAbortedReads(ledger: ChannelLedger, faults: readonly FaultEvent[]): readonly Violation[] {
  const sightings = new Map<string, StoredEvent | ReceiveEvent>();
  for (const timeline of ledger.readers.values()) {
    for (const receive of standingReceives(ledger, timeline, faults)) sightings.set(messageKey(receive), receive);
  }
  for (const entry of ledger.log) sightings.set(messageKey(entry), entry);
  return eachPublish(ledger, (record) => {
    const fail = record.fails.at(-1);
    const sighting = sightings.get(messageKey(record.first));
    // A retry may have been stored after all, and a publisher that was told "unknown" was told the truth.
    if (fail === undefined || sighting === undefined || record.acks.length > 0 || record.unknowns.length > 0) return [];
    const sentence = `Message ${fail.id} of ${fail.user} was refused with ${fail.code}, yet it is ${sighting.type}`;
    return [{ rule: "HK2", sentence, slice: [record.first, fail, sighting] }];
  });
}

/** HK4, the log's half: a message is stored once, and every acknowledgement of it names the same place. */
export function findStoredTwice(ledger: ChannelLedger, faults: readonly FaultEvent[]): readonly Violation[] {
  const first = new Map<string, StoredEvent>();
  const twice = ledger.log.flatMap((entry): readonly Violation[] => {
    const earlier = first.get(messageKey(entry));
    if (earlier === undefined) first.set(messageKey(entry), entry);
    if (earlier === undefined) return [];
    const sentence = `Message ${entry.id} of ${entry.user} is stored twice, at offsets ${earlier.offset} and ${entry.offset}`;
    return [{ rule: "HK4", sentence, slice: [earlier, entry] }];
  });
  const moved = eachPublish(ledger, ({ acks: [ack, ...others] }) => {
    const other = others.find((each) => ack !== undefined && placeKey(each) !== placeKey(ack));
    // What the store lost in between is stored anew.
    if (ack === undefined || other === undefined || isExcused(ack, faults)) return [];
    const sentence = `Message ${ack.id} of ${ack.user} was acknowledged at offset ${ack.offset} and at offset ${other.offset}`;
    return [{ rule: "HK4", sentence, slice: [ack, other] }];
  });
  return [...twice, ...moved];
}

/** HK9: what was acknowledged before another publish began has the lower offset, as long as the log still holds both. */
export function findOrderAgainstTime(ledger: ChannelLedger): readonly Violation[] {
  return eachPublish(ledger, (record) => {
    const before = record.acknowledgedBefore;
    const ack = record.acks[0];
    if (before === undefined || ack === undefined || !isInLog(ledger, before) || !isInLog(ledger, ack)) return [];
    if (before.epoch !== ack.epoch || ack.offset > before.offset) return [];
    const sentence = `Message ${ack.id} of ${ack.user} got offset ${ack.offset}, though ${before.offset} was acknowledged before it was published`;
    return [{ rule: "HK9", sentence, slice: [before, record.first, ack] }];
  });
}

/** HK10: every publish ends: acknowledged, refused, or reported as unknown. */
export function findUnanswered(ledger: ChannelLedger): readonly Violation[] {
  return eachPublish(ledger, ({ first, acks, fails, unknowns }) => {
    if (acks.length + fails.length + unknowns.length > 0) return [];
    const sentence = `Message ${first.id} of ${first.user} was published and nothing was ever said about it`;
    return [{ rule: "HK10", sentence, slice: [first] }];
  });
}

function eachPublish(
  ledger: ChannelLedger,
  check: (record: PublishRecord) => readonly Violation[],
): readonly Violation[] {
  return [...ledger.publishes.values()].flatMap(check);
}

function isOf(entry: StoredEvent, { first }: PublishRecord, hash: string): boolean {
  return messageKey(entry) === messageKey(first) && entry.hash === hash;
}

function isInLog(ledger: ChannelLedger, ack: AckEvent): boolean {
  const entry = ledger.stored.get(placeKey(ack));
  const isSameAppend = entry?.tag === undefined || ack.tag === undefined || entry.tag === ack.tag;
  return entry !== undefined && isSameAppend && messageKey(entry) === messageKey(ack);
}

function isExcused(ack: AckEvent, faults: readonly FaultEvent[]): boolean {
  return faults.some((fault) => fault.atMs >= (ack.sentAtMs ?? ack.atMs) && isBeyond(fault, ack.durability));
}

function describe(entry: StoredEvent | "trimmed" | undefined): string {
  return entry === undefined || entry === "trimmed" ? "nothing" : `message ${entry.id} of ${entry.user}`;
}

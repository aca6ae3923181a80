import type { FaultEvent } from "./event.ts";
import { messageKey, type ChannelLedger, type Ledger } from "./ledger.ts";

/** What a run was like. Figures judge nothing. */
export interface Figures {
  readonly eventCount: number;
  readonly publishCount: number;
  readonly acknowledgedCount: number;
  /** Acknowledgements that named an earlier store: the first one was lost on its way. */
  readonly duplicateCount: number;
  readonly refusedCount: number;
  readonly unknownCount: number;
  readonly deliveryCount: number;
  readonly gapCount: number;
  readonly storedCount: number;
  /** From acknowledgement to delivery, outside the faults, in milliseconds. */
  readonly staleness: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };
  /** For each fault, from its start to the next acknowledgement. */
  readonly outages: readonly { readonly name: string; readonly unavailableMs: number }[];
}

export function measure(ledger: Ledger): Figures {
  const channels = [...ledger.channels.values()];
  const publishes = channels.flatMap((channel) => [...channel.publishes.values()]);
  const seen = channels.flatMap((channel) => [...channel.readers.values()].flat());
  const ackTimes = publishes.flatMap((record) => record.acks.map((ack) => ack.atMs)).sort((one, other) => one - other);
  return {
    eventCount: ledger.eventCount,
    publishCount: publishes.length,
    acknowledgedCount: publishes.filter((record) => record.acks.length > 0).length,
    duplicateCount: publishes.filter((record) => record.acks.some((ack) => ack.duplicate)).length,
    refusedCount: publishes.filter((record) => record.fails.length > 0).length,
    unknownCount: publishes.filter((record) => record.unknowns.length > 0).length,
    deliveryCount: seen.filter((event) => event.type === "receive").length,
    gapCount: seen.filter((event) => event.type === "gap").length,
    storedCount: channels.reduce((sum, channel) => sum + channel.log.length, 0),
    staleness: percentiles(channels.flatMap((channel) => stalenessOf(channel, ledger.faults))),
    outages: ledger.faults
      .filter((fault) => fault.phase === "start")
      .map((fault) => ({
        name: fault.name,
        unavailableMs: (ackTimes[countUpTo(ackTimes, fault.atMs)] ?? Infinity) - fault.atMs,
      })),
  };
}

function stalenessOf(channel: ChannelLedger, faults: readonly FaultEvent[]): readonly number[] {
  const isInFault = faultTimes(faults);
  return [...channel.readers.values()].flat().flatMap((event) => {
    if (event.type !== "receive" || isInFault(event.atMs)) return [];
    const ack = channel.publishes.get(messageKey(event))?.acks[0];
    return ack === undefined || isInFault(ack.atMs) ? [] : [Math.max(0, event.atMs - ack.atMs)];
  });
}

/** Tells of a time whether something was broken then: between the start of a fault and its stop; one that never stops lasts. */
function faultTimes(faults: readonly FaultEvent[]): (atMs: number) => boolean {
  const times = faults.map(({ atMs }) => atMs);
  let depth = 0;
  const depths = faults.map(({ phase }) => (depth += phase === "start" ? 1 : -1));
  return (atMs) => (depths[countUpTo(times, atMs) - 1] ?? 0) > 0;
}

/** How many of these times, which are in order, are not later. */
function countUpTo(times: readonly number[], atMs: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function percentiles(values: readonly number[]): Figures["staleness"] {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

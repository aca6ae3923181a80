import type { GapReason, WireError } from "../wire/index.ts";

/** What all channels count together, since the start. */
export interface Counters {
  /** Entries that were sent to a subscriber as they came. */
  deliveredCount: number;
  /** Entries that were sent to a subscriber later, from the log. */
  replayedCount: number;
  gapCounts: Record<GapReason, number>;
  /** Ephemeral events that were not sent to a subscriber because its queue was full. */
  droppedEphemeralCount: number;
}

/** What a gateway's core counts, since the start. */
export interface GatewayCounters extends Readonly<Counters> {
  /** Requests that were refused, by the code of the error. */
  readonly refusedCounts: ReadonlyMap<WireError["code"], number>;
}

/**
 * Judges a recorded run: what was acknowledged, stored and delivered, against what the gateway promises (SPEC.md, HK1-HK15).
 * Pure, and it reads the history once. After jepsen.tests.kafka.
 */
import {
  findFalseGaps,
  findHoles,
  findLeftBehind,
  findPhantoms,
  findRepeatedDeliveries,
  findSplitPlaces,
} from "./check-deliveries.ts";
import { findComplaints, findWrongPages } from "./check-lines.ts";
import { findContradictions } from "./check-order.ts";
import {
  findAbortedReads,
  findLostWrites,
  findOrderAgainstTime,
  findStoredTwice,
  findUnanswered,
} from "./check-publishes.ts";
import type { FaultEvent, HistoryEvent } from "./event.ts";
import { measure, type Figures } from "./figures.ts";
import { readLedger, type ChannelLedger } from "./ledger.ts";
import type { Violation } from "./violation.ts";

export interface Verdict {
  readonly isValid: boolean;
  readonly violations: readonly Violation[];
  readonly figures: Figures;
}

type Check = (ledger: ChannelLedger, faults: readonly FaultEvent[]) => readonly Violation[];

const checks: readonly Check[] = [
  findLostWrites,
  findAbortedReads,
  findSplitPlaces,
  findStoredTwice,
  findRepeatedDeliveries,
  findHoles,
  findFalseGaps,
  findPhantoms,
  findContradictions,
  findOrderAgainstTime,
  findUnanswered,
  findLeftBehind,
  findComplaints,
  findWrongPages,
];

/**
 * @param noticeMs - how long a node that holds a log's newest entries may go on giving them after a fault took them from the log: it
 * looks at the log now and then, and may be frozen or cut off meanwhile.
 */
export function checkHistory(events: Iterable<HistoryEvent>, { noticeMs = 0 } = {}): Verdict {
  const ledger = readLedger(events, noticeMs);
  const channels = [...ledger.channels.values()];
  const violations = channels.flatMap((channel) => checks.flatMap((check) => check(channel, ledger.faults)));
  return { isValid: violations.length === 0, violations, figures: measure(ledger) };
}

/** A verdict for people: what broke, shown by its events, or the figures alone. */
export function describeVerdict(verdict: Verdict): string {
  const faults = verdict.violations.map(
    ({ rule, sentence, slice }) =>
      `${rule}: ${sentence}\n${slice.map((event) => `  ${JSON.stringify(event)}`).join("\n")}`,
  );
  return [verdict.isValid ? "valid" : `${faults.length} violations`, ...faults, JSON.stringify(verdict.figures)].join(
    "\n",
  );
}

/** HK8: there is one order of all messages that no reader contradicts. */
import type { FaultEvent, ReceiveEvent, StoredEvent } from "./event.ts";
import { messageKey, standingReceives, type ChannelLedger } from "./ledger.ts";
import type { Violation } from "./violation.ts";

type Sighting = ReceiveEvent | StoredEvent;

/**
 * Merges what every reader saw and the log into one order. Where that cannot be done, two of them contradict each other: they
 * are found among the messages that the merge left over.
 */
export function findContradictions(ledger: ChannelLedger, faults: readonly FaultEvent[]): readonly Violation[] {
  const observers: readonly (readonly Sighting[])[] = [
    ledger.log,
    ...[...ledger.readers.values()].map((timeline) => standingReceives(ledger, timeline, faults)),
  ];
  // A message seen twice is HK4's business; here it would contradict itself.
  const left = mergeOrders(observers.map((sightings) => [...new Set(sightings.map(messageKey))]));
  if (left.size === 0) return [];
  const contradiction = findPair(observers.map((sightings) => sightings.filter((each) => left.has(messageKey(each)))));
  const [one] = contradiction;
  const sentence = `Two readers of ${ledger.channel} saw messages in different orders${one === undefined ? "" : `: ${one.id} of ${one.user} before and after another`}`;
  return [{ rule: "HK8", sentence, slice: contradiction }];
}

/** Takes away, again and again, what nothing left stands before (Kahn's topological sort); returns what cannot be taken. */
function mergeOrders(orders: readonly (readonly string[])[]): ReadonlySet<string> {
  const next = new Map<string, string[]>();
  const waitingFor = new Map<string, number>();
  for (const order of orders) {
    for (const [index, key] of order.entries()) {
      waitingFor.set(key, (waitingFor.get(key) ?? 0) + (index === 0 ? 0 : 1));
      const previous = order[index - 1];
      if (previous !== undefined) next.set(previous, [...(next.get(previous) ?? []), key]);
    }
  }
  const free = [...waitingFor.keys()].filter((key) => waitingFor.get(key) === 0);
  for (let key = free.pop(); key !== undefined; key = free.pop()) {
    waitingFor.delete(key);
    for (const follower of next.get(key) ?? []) {
      const count = (waitingFor.get(follower) ?? 0) - 1;
      waitingFor.set(follower, count);
      if (count === 0) free.push(follower);
    }
  }
  return new Set(waitingFor.keys());
}

/** The first two messages that one observer saw one way round and another the other way: four sightings. */
function findPair(observers: readonly (readonly Sighting[])[]): readonly Sighting[] {
  for (const [index, observer] of observers.entries()) {
    for (const other of observers.slice(index + 1)) {
      const places = new Map(other.map((sighting, at) => [messageKey(sighting), at]));
      const shared = observer.filter((sighting) => places.has(messageKey(sighting)));
      const at = (sighting: Sighting): number => places.get(messageKey(sighting)) ?? 0;
      const wrong = shared.findIndex(
        (sighting, place) => place > 0 && at(sighting) < at(shared[place - 1] ?? sighting),
      );
      const [before, after] = [shared[wrong - 1], shared[wrong]];
      if (before !== undefined && after !== undefined) {
        return [before, after, other[at(after)], other[at(before)]].filter((each) => each !== undefined);
      }
    }
  }
  return [];
}

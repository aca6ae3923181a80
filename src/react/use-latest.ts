import { useMemo } from "react";
import type { LatestValue } from "../client/index.ts";
import { latestStore, type LatestSource, latestValuesStore } from "./latest-store.ts";
import { useStore } from "./store.ts";

/**
 * The newest value of one key of a `latest` event: a component for each row of a ticker is rendered when its own price changes, and not
 * with the others. Undefined until there is one, and on a server; as it was last known while there is no line.
 *
 * @param event - `room.price`, of a room from `useRoom`.
 * @param key - what the channel's `by` makes of the data. Default `""`, the key of an event without `by`.
 */
export function useLatest<Output>(event: LatestSource<Output>, key = ""): LatestValue<Output> | undefined {
  const store = useMemo(() => latestStore(event, key), [event, key]);
  return useStore(store);
}

/**
 * The newest values of all keys, those that were renewed longest ago first; a new map when one of them changes, once for all that come together.
 * Empty until the room is joined, and on a server. For many keys {@link useLatest} in each row renders less.
 */
export function useLatestValues<Output>(event: LatestSource<Output>): ReadonlyMap<string, LatestValue<Output>> {
  const store = useMemo(() => latestValuesStore(event), [event]);
  return useStore(store);
}

import { useSyncExternalStore } from "react";
import type { Readable } from "./store.ts";

/** The value of a store now; the component is drawn again when it changes. */
export function useStore<Value>(store: Readable<Value>): Value {
  return useSyncExternalStore(store.subscribe, store.get);
}

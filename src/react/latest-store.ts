import type { LatestEvent, LatestValue } from "../client/index.ts";
import { Store } from "./store.ts";

/** What is read of a `latest` event. */
export type LatestSource<Output> = Pick<LatestEvent<never, Output>, "values" | "on">;

const keyedOf: WeakMap<object, KeyedListeners> = new WeakMap();

/** The newest value of one key. However many keys are looked at, and by however many, the event has one listener for all. */
export function latestStore<Output>(event: LatestSource<Output>, key: string): Store<LatestValue<Output> | undefined> {
  return new Store<LatestValue<Output> | undefined>(undefined, (own) => {
    const look = (): void => own.set(event.values.get(key));
    const end = keyedListeners(event).listen(key, look);
    look();
    return end;
  });
}

/** All values there are, as a map of its own that is new when one of them is: once for all that come at one time. */
export function latestValuesStore<Output>(
  event: LatestSource<Output>,
): Store<ReadonlyMap<string, LatestValue<Output>>> {
  return new Store<ReadonlyMap<string, LatestValue<Output>>>(new Map(), (own) => {
    let isDue = false;
    const look = (): void => {
      isDue = false;
      own.set(new Map(event.values));
    };
    const end = event.on(() => {
      if (isDue) return;
      isDue = true;
      queueMicrotask(look);
    });
    if (event.values.size > 0) look();
    return end;
  });
}

class KeyedListeners {
  readonly #event: LatestSource<unknown>;
  readonly #listeners: Map<string, Set<() => void>> = new Map();
  #end: (() => void) | undefined;

  constructor(event: LatestSource<unknown>) {
    this.#event = event;
  }

  listen(key: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    this.#end ??= this.#event.on((value) => this.#tell(value.key));
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      this.#listeners.delete(key);
      if (this.#listeners.size > 0) return;
      this.#end?.();
      this.#end = undefined;
    };
  }

  #tell(key: string): void {
    for (const listener of this.#listeners.get(key) ?? []) listener();
  }
}

function keyedListeners(event: object): KeyedListeners {
  const known = keyedOf.get(event);
  if (known !== undefined) return known;
  const made = new KeyedListeners(event as LatestSource<unknown>); // it is asked for keys, whatever its data
  keyedOf.set(event, made);
  return made;
}

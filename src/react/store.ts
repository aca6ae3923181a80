import { useSyncExternalStore } from "react";
import { Lease } from "./lease.ts";

/** A value outside React, as `useSyncExternalStore` takes it. It is kept up to date while somebody listens. */
export class Store<Value> {
  readonly #listeners: Set<() => void> = new Set();
  readonly #initial: Value;
  readonly #lease: Lease;
  #value: Value;

  /** @param begin - starts what keeps the value up to date, and returns how to stop it. */
  constructor(initial: Value, begin: (store: Store<Value>) => () => void) {
    this.#initial = initial;
    this.#value = initial;
    this.#lease = new Lease(() => begin(this));
  }

  /** The same until `set` is called. */
  readonly get = (): Value => this.#value;

  /** What a server renders, and so the first thing that a browser does. */
  readonly getInitial = (): Value => this.#initial;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    const letGo = this.#lease.hold();
    return () => {
      this.#listeners.delete(listener);
      letGo();
    };
  };

  set(value: Value): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }
}

export function useStore<Value>(store: Store<Value>): Value {
  return useSyncExternalStore(store.subscribe, store.get, store.getInitial);
}

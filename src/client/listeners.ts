import type { Unsubscribe } from "./room.ts";

/** Functions that are told values, in the order they were added. One that throws does not keep the others from hearing. */
export class Listeners<Value> {
  readonly #listeners: Set<{ readonly tell: (value: Value) => void }> = new Set();
  readonly #thrown: (error: unknown) => void;

  /** @param thrown - hears what a listener throws. */
  constructor(thrown: (error: unknown) => void) {
    this.#thrown = thrown;
  }

  get count(): number {
    return this.#listeners.size;
  }

  /** The same function may be added twice: each time has its own end. */
  add(tell: (value: Value) => void): Unsubscribe {
    const listener = { tell };
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Those that were there when it began. */
  tell(value: Value): void {
    for (const listener of Array.from(this.#listeners)) {
      try {
        listener.tell(value);
      } catch (error) {
        this.#thrown(error);
      }
    }
  }
}

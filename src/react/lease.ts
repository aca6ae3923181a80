/**
 * What is begun by the first who needs it and ended after the last. The end waits for the turn to be over: React's StrictMode, and a
 * page that replaces another, let go and take again at once, which is to cost nothing.
 */
export class Lease {
  readonly #begin: () => () => void;
  #end: (() => void) | undefined;
  #holderCount = 0;

  constructor(begin: () => () => void) {
    this.#begin = begin;
  }

  /** Begins it if it is not there. The function that is returned lets go, once. */
  hold(): () => void {
    this.#holderCount += 1;
    this.#end ??= this.#begin();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holderCount -= 1;
      if (this.#holderCount === 0) queueMicrotask(() => this.#endUnheld());
    };
  }

  #endUnheld(): void {
    if (this.#holderCount > 0) return;
    const end = this.#end;
    this.#end = undefined;
    end?.();
  }
}

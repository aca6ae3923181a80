import type { Clock } from "./connect-options.ts";

/** One timer for everything. It may ring early, so that not every sign of life sets a new one. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: { readonly atMs: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings once, at the latest at that time; never, if it is infinite. */
  set(atMs: number): void {
    if (this.#timer !== undefined && this.#timer.atMs <= atMs && atMs !== Infinity) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (atMs === Infinity) return;
    const cancel = this.#clock.after(Math.max(0, atMs - this.#clock.nowMs()), () => {
      this.#timer = undefined;
      this.#ring();
    });
    this.#timer = { atMs, cancel };
  }
}

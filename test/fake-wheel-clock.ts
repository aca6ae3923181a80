import type { WheelClock } from "../src/engine/index.ts";

/** A wheel's clock that only moves when told to. */
export class FakeWheelClock implements WheelClock {
  /** Whether the wheel has asked to be ticked. */
  isTicking = false;
  #nowMs = 0;
  #everyMs = 0;
  #tick: () => void = () => {};

  nowMs(): number {
    return this.#nowMs;
  }

  startTicking(tick: () => void, everyMs: number): () => void {
    this.isTicking = true;
    this.#tick = tick;
    this.#everyMs = everyMs;
    return () => {
      this.isTicking = false;
    };
  }

  /** Lets time pass, ticking all the while. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    while (this.#nowMs < untilMs) {
      const nextTickMs = this.#everyMs === 0 ? untilMs : Math.floor(this.#nowMs / this.#everyMs + 1) * this.#everyMs;
      this.#nowMs = Math.min(nextTickMs, untilMs);
      if (this.isTicking && this.#nowMs === nextTickMs) this.#tick();
    }
  }

  /** Lets time pass as when the process was stopped: one tick at the end of it. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
    if (this.isTicking) this.#tick();
  }
}

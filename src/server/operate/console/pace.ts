import type { Machine } from "../../machine.ts";

/** Work may take this share of the time: after it ran for a millisecond it rests for so many. */
const restFactor = 20;

/** Keeps work that is asked for again and again to a twentieth of the time, however long it takes. */
export class Pace {
  readonly #machine: Pick<Machine, "steadyMs" | "after">;
  readonly #work: () => void;
  #restUntilMs = -Infinity;
  #cancel: (() => void) | undefined;

  constructor(machine: Pick<Machine, "steadyMs" | "after">, work: () => void) {
    this.#machine = machine;
    this.#work = work;
  }

  /** Does the work now, or once it has rested; asked for several times meanwhile, once. */
  ask(): void {
    const waitMs = this.#restUntilMs - this.#machine.steadyMs();
    if (waitMs <= 0) this.#run();
    else this.#cancel ??= this.#machine.after(Math.ceil(waitMs), () => this.#run());
  }

  /** What was asked for is not done any more. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #run(): void {
    this.stop();
    const startMs = this.#machine.steadyMs();
    this.#work();
    const endMs = this.#machine.steadyMs();
    this.#restUntilMs = endMs + restFactor * (endMs - startMs);
  }
}

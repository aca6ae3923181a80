import type { World } from "./world.ts";

/** One run of a process: what it does ends with it, and waits while it is frozen. */
export class Life {
  readonly #world: World;
  readonly #waiting: (() => void)[] = [];
  #isFrozen = false;
  #isOver = false;

  constructor(world: World) {
    this.#world = world;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Does something in this process: now, when it thaws, or never. */
  run(work: () => void): void {
    if (this.#isOver) return;
    if (this.#isFrozen) this.#waiting.push(work);
    else work();
  }

  after(delayMs: number, work: () => void): () => void {
    return this.#world.after(delayMs, () => this.run(work));
  }

  /** Stops it as SIGSTOP or a long garbage collection does: all that came meanwhile happens at once afterwards. */
  freeze(forMs: number): void {
    if (this.#isFrozen) return;
    this.#isFrozen = true;
    this.#world.after(forMs, () => {
      this.#isFrozen = false;
      for (const work of this.#waiting.splice(0)) this.run(work);
    });
  }

  /** SIGKILL. */
  end(): void {
    this.#isOver = true;
    this.#waiting.length = 0;
  }
}

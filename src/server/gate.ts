/** Lets so many in at a time; the others wait for their turn, in the order they came. */
export class Gate {
  readonly #maxCount: number;
  readonly #waiting: (() => void)[] = [];
  #count = 0;
  #isOpening = false;

  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  /** Runs `work` now or later. It must call `leave` once, however it ends. */
  enter(work: (leave: () => void) => void): void {
    const start = (): void => {
      this.#count += 1;
      work(() => this.#leave());
    };
    if (this.#count < this.#maxCount) start();
    else this.#waiting.push(start);
  }

  /** A loop rather than a call in a call: many that leave at once are no deep stack. */
  #leave(): void {
    this.#count -= 1;
    if (this.#isOpening) return;
    this.#isOpening = true;
    while (this.#count < this.#maxCount) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      next();
    }
    this.#isOpening = false;
  }
}

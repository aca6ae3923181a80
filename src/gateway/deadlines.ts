/** Something to do at a time. */
export interface Deadline {
  readonly atMs: number;
  cancel(): void;
}

interface Timed extends Deadline {
  run: ((nowMs: number) => void) | undefined;
}

/** What has to be done later, soonest first: a binary heap. Nothing here waits; the owner asks for `nextMs` and calls `run`. */
export class Deadlines {
  readonly #heap: Timed[] = [];

  /** When `run` is needed next; `Infinity` if never. */
  get nextMs(): number {
    this.#dropCancelled();
    return this.#heap[0]?.atMs ?? Infinity;
  }

  at(atMs: number, run: (nowMs: number) => void): Deadline {
    const deadline: Timed = {
      atMs,
      run,
      cancel() {
        deadline.run = undefined;
      },
    };
    this.#rise(deadline);
    return deadline;
  }

  /** Runs everything that is due, in order of time. */
  run(nowMs: number): void {
    while (this.nextMs <= nowMs) this.#takeFirst()?.run?.(nowMs);
  }

  #dropCancelled(): void {
    while (this.#heap[0] !== undefined && this.#heap[0].run === undefined) this.#takeFirst();
  }

  #rise(deadline: Timed): void {
    let at = this.#heap.length;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#heap[parentAt];
      if (parent === undefined || parent.atMs <= deadline.atMs) break;
      this.#heap[at] = parent;
      at = parentAt;
    }
    this.#heap[at] = deadline;
  }

  #takeFirst(): Timed | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(deadline: Timed): void {
    let at = 0;
    for (;;) {
      const childAt = this.#soonerChildOf(at);
      const child = this.#heap[childAt];
      if (child === undefined || child.atMs >= deadline.atMs) break;
      this.#heap[at] = child;
      at = childAt;
    }
    this.#heap[at] = deadline;
  }

  #soonerChildOf(at: number): number {
    const leftAt = 2 * at + 1;
    const [left, right] = [this.#heap[leftAt], this.#heap[leftAt + 1]];
    return left !== undefined && right !== undefined && right.atMs < left.atMs ? leftAt + 1 : leftAt;
  }
}

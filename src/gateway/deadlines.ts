/** Something to do at a time. Whoever waits for something may be one itself: then the waiting costs no object and no function. */
export interface Deadline {
  /** When. Only {@link Deadlines} writes it. */
  atMs: number;
  /** Where it stands among the others: -1 if it is not to be done. Only {@link Deadlines} writes it. */
  place: number;
  run(nowMs: number): void;
}

const nowhere = -1;

/**
 * What has to be done later, soonest first: a binary heap whose members know their places, so that what is cancelled is gone at once.
 * Nothing here waits; the owner asks for `nextMs` and calls `run`.
 */
export class Deadlines {
  readonly #heap: Deadline[] = [];

  /** When `run` is needed next; `Infinity` if never. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Infinity;
  }

  /** Calls `run` once, at a time. */
  at(atMs: number, run: (nowMs: number) => void): Deadline {
    const deadline: Deadline = { atMs, place: nowhere, run };
    this.set(deadline, atMs);
    return deadline;
  }

  /** Puts a deadline to a time, also one that had another. */
  set(deadline: Deadline, atMs: number): void {
    if (deadline.place === nowhere) {
      deadline.place = this.#heap.length;
      this.#heap.push(deadline);
    }
    deadline.atMs = atMs;
    this.#settle(deadline);
  }

  /** Takes a deadline out. Nothing happens to one that has run, or to none. */
  cancel(deadline: Deadline | undefined): void {
    if (deadline === undefined || deadline.place === nowhere) return;
    const { place } = deadline;
    const last = this.#heap.pop();
    deadline.place = nowhere;
    if (last === undefined || last === deadline) return;
    this.#put(last, place);
    this.#settle(last);
  }

  /** Runs everything that is due, in order of time. */
  run(nowMs: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= nowMs; first = this.#heap[0]) {
      this.cancel(first);
      first.run(nowMs);
    }
  }

  #put(deadline: Deadline, place: number): void {
    this.#heap[place] = deadline;
    deadline.place = place;
  }

  /** Moves a deadline up or down from where it stands, to where its time belongs. */
  #settle(deadline: Deadline): void {
    this.#put(deadline, this.#sink(deadline, this.#rise(deadline)));
  }

  /** Makes room upwards. @returns where the room is. */
  #rise({ atMs, place: from }: Deadline): number {
    let place = from;
    while (place > 0) {
      const parentPlace = (place - 1) >> 1;
      const parent = this.#heap[parentPlace];
      if (parent === undefined || parent.atMs <= atMs) break;
      this.#put(parent, place);
      place = parentPlace;
    }
    return place;
  }

  /** Makes room downwards. @returns where the room is. */
  #sink({ atMs }: Deadline, from: number): number {
    let place = from;
    for (;;) {
      const childPlace = this.#soonerChildOf(place);
      const child = this.#heap[childPlace];
      if (child === undefined || child.atMs >= atMs) return place;
      this.#put(child, place);
      place = childPlace;
    }
  }

  #soonerChildOf(place: number): number {
    const leftPlace = 2 * place + 1;
    const [left, right] = [this.#heap[leftPlace], this.#heap[leftPlace + 1]];
    return left !== undefined && right !== undefined && right.atMs < left.atMs ? leftPlace + 1 : leftPlace;
  }
}

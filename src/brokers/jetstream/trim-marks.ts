interface TrimMark {
  readonly seq: number;
  readonly offset: number;
  readonly atMs: number;
}

const maxMarkCount = 64;

/**
 * Up to where a stream's messages may be deleted. A message stays for as long as its id is remembered, even when the log no longer retains
 * its entry: the server finds ids again by reading messages, and a duplicate is answered with what is written in the first.
 */
export class TrimMarks {
  readonly #keepMs: number;
  #marks: readonly TrimMark[] = [];

  /** Messages are kept for at least so long. */
  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** What was just appended; one in a while is remembered. */
  note(mark: TrimMark): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && mark.atMs - last.atMs < this.#keepMs / 8) return;
    const marks = this.#marks.length < maxMarkCount ? this.#marks : this.#marks.filter((_, index) => index % 2 === 1);
    this.#marks = [...marks, mark];
  }

  /** The sequence below which everything may go, if there is news of it. */
  take(first: number, nowMs: number): number | undefined {
    const mark = this.#marks.findLast(({ atMs, offset }) => offset < first && nowMs - atMs > this.#keepMs);
    if (mark === undefined) return undefined;
    this.#marks = this.#marks.filter(({ seq }) => seq > mark.seq);
    return mark.seq + 1;
  }
}

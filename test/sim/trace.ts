import { createHash } from "node:crypto";

/** Longest part of a line that is kept for people; the digest covers all of it. */
const keptCharacters = 220;

/** All that happened in one run, in order: two runs of one seed have the same digest, or the simulator is broken. */
export class Trace {
  readonly #hash = createHash("sha256");
  readonly #lines: string[] = [];
  #isFinished = false;

  /** Once it is finished, what the end of the run left half-done is not part of it. */
  add(nowMs: number, line: string): void {
    if (this.#isFinished) return;
    const timed = `${nowMs.toFixed(1).padStart(10)} ${line}`;
    this.#hash.update(timed).update("\n");
    this.#lines.push(timed.slice(0, keptCharacters));
  }

  /** Ends the trace. */
  finish(): string {
    this.#isFinished = true;
    return this.#hash.digest("hex").slice(0, 16);
  }

  /** The last lines that say one of these words, and the faults among them. */
  relevant(words: readonly string[], count: number): readonly string[] {
    const isRelevant = (line: string): boolean => line.includes(" ! ") || words.some((word) => line.includes(word));
    return this.#lines.filter(isRelevant).slice(-count);
  }
}

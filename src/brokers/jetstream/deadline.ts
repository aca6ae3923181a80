/** Until when something is worth waiting for. */
export class Deadline {
  readonly timeoutMs: number;
  readonly #atMs: number;

  /** So many milliseconds from now. */
  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
    this.#atMs = performance.now() + timeoutMs;
  }

  get leftMs(): number {
    return Math.max(0, this.#atMs - performance.now());
  }
}

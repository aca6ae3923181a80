/** A payload up to this size is copied next to its neighbours; a larger one is handed over as it is. */
export const maxCopyBytes: number = 4096;

/**
 * Memory handed out from front to back, block by block: frames laid into it one after another are contiguous, and leave in one write.
 *
 * A block is never used twice: it is garbage when the last write that reads from it is done.
 */
export class Slab {
  readonly #blockBytes: number;
  #block: Buffer;
  #nextIndex = 0;

  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes;
    this.#block = Buffer.allocUnsafeSlow(0);
  }

  /** The block that the last {@link reserve} pointed into. */
  get block(): Buffer {
    return this.#block;
  }

  /** Sets `count` bytes of {@link block} aside and returns the index of the first. The caller writes every one of them. */
  reserve(count: number): number {
    if (this.#nextIndex + count > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(Math.max(this.#blockBytes, count));
      this.#nextIndex = 0;
    }
    const start = this.#nextIndex;
    this.#nextIndex += count;
    return start;
  }

  /** The last {@link reserve} was for so many bytes more than were needed. */
  giveBack(count: number): void {
    this.#nextIndex -= count;
  }
}

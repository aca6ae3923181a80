/** An entry of a log as it goes to subscribers: its place in the chain, and the text of its `event` message. */
export interface Delivery {
  readonly offset: number;
  readonly tag: number;
  readonly previousTag: number;
  readonly text: string;
}

/** A place in a log whose epoch is known from elsewhere. */
export interface Mark {
  readonly offset: number;
  readonly tag: number;
}

/** The place just before a delivery. */
export function markBefore({ offset, previousTag }: Delivery): Mark {
  return { offset: offset - 1, tag: previousTag };
}

/** Whether a delivery is the next one after a mark, of the same chain. */
export function isNext(mark: Mark, delivery: Delivery): boolean {
  return delivery.offset === mark.offset + 1 && delivery.previousTag === mark.tag;
}

/** The newest deliveries of a channel, at most so many and so long: contiguous, with their tags chained. */
export class Ring {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  #held: Delivery[] = [];
  #heldBytes = 0;
  #base: Mark = { offset: 0, tag: 0 };

  constructor({ maxBytes, maxCount }: { readonly maxCount: number; readonly maxBytes: number }) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
  }

  /** The place before the oldest delivery held. */
  get base(): Mark {
    return this.#base;
  }

  /** The place of the newest delivery. */
  get top(): Mark {
    return this.#held.at(-1) ?? this.#base;
  }

  reset(base: Mark): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.#base = base;
  }

  /** Adds a delivery; one that does not continue the chain makes the ring begin anew with it. */
  push(delivery: Delivery): void {
    if (!isNext(this.top, delivery)) this.reset(markBefore(delivery));
    this.#held.push(delivery);
    this.#heldBytes += delivery.text.length;
    this.#trim();
  }

  /** The tag of the append at `offset`, if that is in the ring or just before it. */
  tagAt(offset: number): number | undefined {
    return offset === this.#base.offset ? this.#base.tag : this.#held[offset - this.#base.offset - 1]?.tag;
  }

  /** What follows `offset`: at most so many and so long, yet one at least if there is any. The offset must be base to top. */
  after(
    offset: number,
    { maxBytes, maxCount }: { readonly maxCount: number; readonly maxBytes: number },
  ): readonly Delivery[] {
    const start = offset - this.#base.offset;
    const taken: Delivery[] = [];
    let bytes = 0;
    for (const delivery of this.#held.slice(start, start + maxCount)) {
      bytes += delivery.text.length;
      if (bytes > maxBytes && taken.length > 0) break;
      taken.push(delivery);
    }
    return taken;
  }

  /** Every place whose tag is known, oldest first. */
  marks(): readonly Mark[] {
    return [this.#base, ...this.#held.map(({ offset, tag }) => ({ offset, tag }))];
  }

  #trim(): void {
    let dropCount = 0;
    for (const { offset, tag, text } of this.#held) {
      if (this.#held.length - dropCount <= this.#maxCount && this.#heldBytes <= this.#maxBytes) break;
      dropCount += 1;
      this.#heldBytes -= text.length;
      this.#base = { offset, tag };
    }
    this.#held.splice(0, dropCount);
  }
}

import type { Position } from "../wire/index.ts";
import type { Page, PageLimits } from "./page.ts";
import { type Delivery, isNext, type Mark, Ring } from "./ring.ts";

/** A read the reader wants made; its page comes back by `absorb`. */
export interface WantedRead extends PageLimits {
  readonly after: number;
}

/** `cold`: not even the log's top is known. `filling`: the ring is being read. `ready`: following the log. */
type Phase = "cold" | "filling" | "ready";

/** Higher than any offset: a read behind it gives the log's state and no entries. */
const behindEverything = Number.MAX_SAFE_INTEGER;

/**
 * Follows one channel's log: the only one on this node to do so, for all subscribers.
 *
 * What the store announces is a hint, which may be lost, doubled, late or never have been true. Only the next offset with the
 * matching previous tag is taken from it; anything else makes the reader look into the log itself, and when what it has seen is
 * not there any more, it starts over and knows from its old ring where the two histories part.
 */
export class LogReader {
  readonly #ring: Ring;
  readonly #ringLimits: PageLimits;
  readonly #pageLimits: PageLimits;
  #phase: Phase = "cold";
  #epoch = "";
  #fillAfter = 0;
  /** The highest offset heard of. */
  #hinted = 0;
  #isSuspicious = false;
  /** Where the read that is under way was made from. */
  #asked: Mark | undefined;
  /** What was known before the reader had to start over. */
  #before: readonly Mark[] = [];
  #lost: ReadonlyMap<number, number> = new Map();
  #fork: Mark | undefined;

  constructor({ page, ring }: { readonly ring: PageLimits; readonly page: PageLimits }) {
    this.#ring = new Ring(ring);
    this.#ringLimits = ring;
    this.#pageLimits = page;
  }

  get isReady(): boolean {
    return this.#phase === "ready";
  }

  /** The newest place everything up to which was delivered. Meaningless before the reader is ready. */
  get position(): Position {
    const { offset, tag } = this.#ring.top;
    return { epoch: this.#epoch, offset, tag };
  }

  /** Takes a hint. @returns whether it is the next delivery. */
  receive(epoch: string, delivery: Delivery): boolean {
    if (this.#phase === "ready" && epoch === this.#epoch && isNext(this.#ring.top, delivery)) {
      this.#ring.push(delivery);
      return true;
    }
    this.hint(delivery.offset);
    // An offset that left the ring long ago cannot be judged here; the next probe of the tail judges it.
    const knownTag = this.#ring.tagAt(delivery.offset) ?? delivery.tag;
    if (epoch !== this.#epoch || knownTag !== delivery.tag) this.#isSuspicious = true;
    return false;
  }

  /** Asks for a look at the log, hint or no hint; not if it was seen to end where this reader is by now. */
  probe(top?: Position): void {
    const { offset, tag } = this.#ring.top;
    // A top that is behind this place is no old news that can be left: the log may have lost its tail.
    if (top?.offset !== offset || top.tag !== tag || top.epoch !== this.#epoch) this.#isSuspicious = true;
  }

  /** Somebody saw the log reach this offset. */
  hint(offset: number): void {
    this.#hinted = Math.max(this.#hinted, offset);
  }

  /** The read to make now, if any. One at a time: the next is given after `absorb` or `abandon`. */
  want(): WantedRead | undefined {
    if (this.#asked !== undefined) return undefined;
    const wanted = this.#chooseRead();
    if (wanted === undefined) return undefined;
    this.#asked = this.#ring.top;
    this.#isSuspicious = false;
    this.#hinted = 0;
    return wanted;
  }

  /** The wanted read failed. Whoever probes next makes it again. */
  abandon(): void {
    this.#asked = undefined;
  }

  /** Takes the page of the wanted read. @returns what is new, in order. */
  absorb(page: Page): readonly Delivery[] {
    const asked = this.#asked;
    this.#asked = undefined;
    if (this.#phase === "cold" || page.top.epoch !== this.#epoch) this.#survey(page);
    else if (this.#phase === "filling") this.#fill(page);
    else if (asked !== undefined) return this.#follow(page, asked);
    return [];
  }

  /** A page out of the ring; nothing if the ring does not reach there. */
  read(after: number, limits: PageLimits): Page | undefined {
    const tagAtAfter = this.#ring.tagAt(after);
    if (!this.isReady || tagAtAfter === undefined) return undefined;
    return {
      top: this.position,
      first: this.#ring.base.offset + 1,
      tagAtAfter,
      deliveries: this.#ring.after(after, limits),
    };
  }

  /** Where the log's history parts from the one that had this position; nothing if this reader does not know. */
  findFork({ epoch, offset, tag }: Position): Mark | undefined {
    return epoch === this.#epoch && this.#lost.get(offset) === tag ? this.#fork : undefined;
  }

  #chooseRead(): WantedRead | undefined {
    switch (this.#phase) {
      case "cold":
        return { after: behindEverything, maxCount: 1, maxBytes: 1 };
      case "filling":
        return { after: this.#fillAfter, ...this.#ringLimits };
      default: {
        this.#phase satisfies "ready";
        const { offset } = this.#ring.top;
        return this.#isSuspicious || this.#hinted > offset ? { after: offset, ...this.#pageLimits } : undefined;
      }
    }
  }

  /** The first look at a log: decides from where the ring is filled. */
  #survey({ first, top }: Page): void {
    this.#epoch = top.epoch;
    this.#fillAfter = Math.max(first - 1, top.offset - this.#ringLimits.maxCount);
    if (this.#fillAfter < top.offset) this.#phase = "filling";
    else this.#begin(top, []);
  }

  #fill({ deliveries, top }: Page): void {
    this.#begin(top, deliveries);
    this.hint(top.offset);
  }

  #begin(base: Mark, deliveries: readonly Delivery[]): void {
    this.#ring.reset(base);
    for (const delivery of deliveries) this.#ring.push(delivery);
    this.#phase = "ready";
    const isKept = ({ offset, tag }: Mark): boolean => this.#ring.tagAt(offset) === tag;
    this.#fork = this.#before.findLast(isKept);
    this.#lost = new Map(this.#before.filter((mark) => !isKept(mark)).map(({ offset, tag }) => [offset, tag]));
    this.#before = [];
  }

  #follow(page: Page, asked: Mark): readonly Delivery[] {
    const { deliveries, first, tagAtAfter, top } = page;
    const isOtherLog = top.offset < asked.offset || (tagAtAfter !== undefined && tagAtAfter !== asked.tag);
    if (isOtherLog) return this.#startOver();
    if (first > this.#ring.top.offset + 1) {
      // What was behind our place is gone: trimmed, or deleted by hand. A look at the whole log need not show such a hole.
      this.#startOver();
      this.#survey(page);
      return [];
    }
    this.hint(top.offset);
    const advanced: Delivery[] = [];
    let tagBefore = tagAtAfter;
    for (const delivery of deliveries) {
      const { top: ours } = this.#ring;
      const isKnown = this.#ring.tagAt(delivery.offset) === delivery.tag; // A hint was faster.
      // Where this very page shows our place in front of a break, the log is broken there, and would be so at each new start.
      if (!isKnown && !isNext(ours, delivery) && ours.tag !== tagBefore) return this.#startOver(advanced);
      tagBefore = delivery.tag;
      if (isKnown) continue;
      this.#ring.push(delivery);
      advanced.push(delivery);
    }
    return advanced;
  }

  #startOver(advanced: readonly Delivery[] = []): readonly Delivery[] {
    this.#phase = "cold";
    this.#before = this.#ring.marks();
    return advanced;
  }
}

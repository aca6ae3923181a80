import type { Position } from "../wire/index.ts";
import type { GatewayLimits } from "./limits.ts";
import type { Page, PageLimits } from "./page.ts";
import type { Delivery } from "./ring.ts";

interface Kept {
  readonly deliveries: readonly Delivery[];
  readonly bytes: number;
}

/**
 * What subscribers who are behind were read from the store: kept for a while, for all channels together, because those who fell
 * behind together catch up together. The page that was used longest ago goes first.
 */
export class ReplayPages {
  readonly #maxBytes: number;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  #lastShelf = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** A number for the pages of one log. Whoever finds that its log is another one takes a new number. */
  openShelf(): number {
    this.#lastShelf += 1;
    return this.#lastShelf;
  }

  /** The page that was kept for this place, if it still is. */
  find(shelf: number, after: number): readonly Delivery[] | undefined {
    const key = `${shelf} ${after}`;
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept.deliveries;
  }

  /** Keeps a page that begins right behind `after`. */
  keep(shelf: number, after: number, deliveries: readonly Delivery[]): void {
    const key = `${shelf} ${after}`;
    const bytes = deliveries.reduce((sum, { text }) => sum + text.length, 0);
    this.#drop(key);
    this.#kept.set(key, { deliveries, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}

/** The pages of one channel's log. */
export class ReplayShelf {
  readonly #pages: ReplayPages;
  readonly #maxCount: number;
  readonly #maxBytes: number;
  #number: number;
  #epoch = "";

  constructor(
    pages: ReplayPages,
    {
      maxPageBytes,
      maxPageCount,
      maxReplayBytes,
    }: Pick<GatewayLimits, "maxPageBytes" | "maxPageCount" | "maxReplayBytes">,
  ) {
    this.#pages = pages;
    this.#maxCount = maxPageCount;
    this.#maxBytes = Math.min(maxReplayBytes, maxPageBytes);
    this.#number = pages.openShelf();
  }

  /** The log is another one: nothing that was kept is of it. */
  renew(): void {
    this.#number = this.#pages.openShelf();
  }

  /** A reader may come to another epoch without losing its place, if that is empty. */
  #follow(epoch: string): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.renew();
  }

  /** Up to the next multiple of a page: those who are behind come to the same places, wherever they began, and are read once. */
  limitsBehind(after: number): PageLimits {
    return { maxCount: this.#maxCount - (after % this.#maxCount), maxBytes: this.#maxBytes };
  }

  /** A page that the store was read for somebody else, as part of the log that ends at `top`. */
  find(after: number, top: Position): Page | undefined {
    this.#follow(top.epoch);
    const deliveries = this.#pages.find(this.#number, after);
    const first = deliveries?.[0];
    if (deliveries === undefined || first === undefined) return undefined;
    return { top, first: first.offset, tagAtAfter: first.previousTag, deliveries };
  }

  /**
   * Keeps a page for others, unless it begins behind a gap, is of another log than the one that is followed, or reaches beyond it: what the
   * reader has not seen may be taken from the log without its noticing, and a log that ends before a page would seem to have lost it.
   */
  keep(after: number, page: Page, followed: { readonly isReady: boolean; readonly position: Position }): void {
    this.#follow(followed.position.epoch);
    const { epoch, offset } = followed.position;
    const isOfLog = followed.isReady && page.top.epoch === epoch && (page.deliveries.at(-1)?.offset ?? 0) <= offset;
    if (isOfLog && page.deliveries[0]?.offset === after + 1) this.#pages.keep(this.#number, after, page.deliveries);
  }
}

import type { GapReason, Position, Start } from "../wire/index.ts";
import type { Page } from "./page.ts";
import { type Delivery, isNext, type Mark, markBefore } from "./ring.ts";

/** A loss that has to be told, as soon as it is known where delivery goes on. */
interface Loss {
  readonly from: Position;
  readonly reason: GapReason;
}

export interface Gap extends Loss {
  readonly to: Position;
}

export interface Absorbed {
  readonly position: Position;
  /** What follows it, in order. */
  readonly deliveries: readonly Delivery[];
}

/**
 * How far one subscriber has come in one log: a cursor, and at most one loss that it was not told yet.
 *
 * There is no buffer: a subscriber that replays, one that is too slow and one that is live differ only in how far their cursor is
 * behind the log. So the seam between replay and live cannot leak, and being slow costs no memory.
 */
export class Subscription {
  /** Until the cursor was put there. */
  #start: Start | undefined;
  #epoch = "";
  #offset = 0;
  /** {@link unknownTag} while the cursor only says "the first entry there is behind this offset". */
  #tag: number = unknownTag;
  #loss: Loss | undefined;
  /** From where everything was last delivered again. */
  #rewoundFrom: Mark | undefined;

  constructor(start: Start) {
    this.#start = start;
  }

  /** The offset to read behind. */
  get after(): number {
    return this.#offset;
  }

  /** Puts the cursor where the start says, given the log's newest place; once. */
  place(top: Position): void {
    const start = this.#start;
    if (start === undefined) return;
    this.#start = undefined;
    switch (start.from) {
      case "live":
        return this.#moveTo(top.epoch, top);
      case "recent":
        return this.#moveTo(top.epoch, { offset: Math.max(0, top.offset - start.count), tag: undefined });
      default: {
        const { position } = start satisfies { readonly from: "position" };
        return this.#moveTo(position.epoch, position);
      }
    }
  }

  /** Whether a delivery is the next one here, with no loss to be told first. */
  isNext(epoch: string, delivery: Delivery): boolean {
    return (
      this.#loss === undefined &&
      this.#offset + 1 === delivery.offset &&
      this.#tag === delivery.previousTag &&
      this.#epoch === epoch
    );
  }

  /** Whether everything up to a place was delivered, and there is no loss to be told. */
  isAt({ epoch, offset, tag }: Position): boolean {
    return this.#loss === undefined && this.#offset === offset && this.#tag === tag && this.#epoch === epoch;
  }

  advance({ offset, tag }: Mark): void {
    this.#offset = offset;
    this.#tag = tag;
  }

  /**
   * Compares the cursor with what the log shows behind it.
   *
   * @param findFork - where the log parts from the history that had a position, if that is known.
   * @returns where delivery goes on and with what; nothing if the cursor was moved elsewhere, so that another page is needed.
   */
  absorb(page: Page, findFork: (position: Position) => Mark | undefined): Absorbed | undefined {
    if (page.top.epoch !== this.#epoch) return this.#lose("epoch", page.top.epoch, earliest);
    const [first] = page.deliveries;
    const next = first === undefined ? page.top : markBefore(first);
    const position = this.#position();
    if (position === undefined) this.advance(next);
    else if (page.top.offset < position.offset || (page.tagAtAfter ?? position.tag) !== position.tag) {
      return this.#lose("truncated", this.#epoch, findFork(position) ?? this.#rewind(position, page));
    } else if (next.offset > position.offset) this.#lose("trimmed", this.#epoch, next);
    else if (next.tag !== position.tag) this.#lose("truncated", this.#epoch, next);
    return {
      position: { epoch: this.#epoch, offset: next.offset, tag: next.tag },
      deliveries: contiguous(page.deliveries),
    };
  }

  /** The loss to tell now that delivery is known to go on at `to`; given once. */
  takeGap(to: Position): Gap | undefined {
    const loss = this.#loss;
    this.#loss = undefined;
    return loss === undefined ? undefined : { ...loss, to };
  }

  /** Back to the start; but once only from one place: a log that leads there again is broken there, and goes on behind the break. */
  #rewind(
    { offset, tag }: Position,
    { tagAtAfter }: Page,
  ): { readonly offset: number; readonly tag: number | undefined } {
    if (tagAtAfter !== undefined && this.#rewoundFrom?.offset === offset && this.#rewoundFrom.tag === tag) {
      return { offset, tag: tagAtAfter };
    }
    this.#rewoundFrom = { offset, tag };
    return earliest;
  }

  #position(): Position | undefined {
    return this.#tag === unknownTag ? undefined : { epoch: this.#epoch, offset: this.#offset, tag: this.#tag };
  }

  /** Losses that come before the first was told become one: what matters is where the subscriber was, and where it goes on. */
  #lose(
    reason: GapReason,
    epoch: string,
    to: { readonly offset: number; readonly tag: number | undefined },
  ): undefined {
    const from = this.#position();
    if (from !== undefined) this.#loss ??= { from, reason };
    this.#moveTo(epoch, to);
  }

  #moveTo(epoch: string, { offset, tag }: { readonly offset: number; readonly tag: number | undefined }): void {
    this.#epoch = epoch;
    this.#offset = offset;
    this.#tag = tag ?? unknownTag;
  }
}

// No tag is negative. A number like every other, so that each delivery to each subscriber does not allocate one.
const unknownTag = -1;

/**
 * What is lost when nobody knows how much: everything is delivered again that the log still has.
 * A gap that goes back withdraws what was delivered behind its `to`, so nothing is doubled for those who read it so.
 */
const earliest = { offset: 0, tag: undefined } as const;

/** The entries up to the first break of the chain, which a damaged log may have. */
function contiguous(deliveries: readonly Delivery[]): readonly Delivery[] {
  const breakAt = deliveries.findIndex((delivery, index) => {
    const previous = deliveries[index - 1];
    return previous !== undefined && !isNext(previous, delivery);
  });
  return breakAt === -1 ? deliveries : deliveries.slice(0, breakAt);
}

import { encodeEvent, type Position } from "../wire/index.ts";
import type { Entry, ReadResult } from "./ports.ts";
import type { Delivery } from "./ring.ts";

/** How much one read may give. */
export interface PageLimits {
  readonly maxCount: number;
  readonly maxBytes: number;
}

/** What a log shows behind one offset, whether the ring or the store was asked. */
export interface Page {
  readonly top: Position;
  /** The oldest retained offset. */
  readonly first: number;
  /** The tag at the offset that was asked for, if it is known. */
  readonly tagAtAfter: number | undefined;
  readonly deliveries: readonly Delivery[];
}

/** The answer of the store as a page: every entry is encoded here, once for everybody who waits for it. */
export function pageOf(channel: string, { entries, first, tagAtAfter, top }: ReadResult): Page {
  return { top, first, tagAtAfter, deliveries: entries.map((entry) => deliveryOf(channel, entry)) };
}

export function deliveryOf(channel: string, entry: Entry): Delivery {
  const { offset, previousTag, tag } = entry;
  return { offset, tag, previousTag, text: encodeEvent(channel, entry) };
}

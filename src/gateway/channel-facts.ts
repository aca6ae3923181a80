import type { Position } from "../wire/index.ts";

/** A channel as those see it who operate the gateway. */
export interface ChannelFacts extends Readonly<ChannelCounts> {
  readonly name: string;
  readonly subscriberCount: number;
  /** How far its log was followed; undefined until that is known. */
  readonly position: Position | undefined;
}

/** What a channel counts since it was opened on this node. */
export interface ChannelCounts {
  /** Stored events that came in. */
  eventCount: number;
  /** How long they were, as they are told to subscribers. */
  eventChars: number;
  /** How often one was sent to a subscriber, live or replayed. */
  deliveredCount: number;
  /** How often one that is not stored was. */
  toldCount: number;
}

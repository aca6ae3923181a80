import type { Placed } from "./placement.ts";
import type { Subscriber } from "./subscriber.ts";
import type { Subscription } from "./subscription.ts";

/** A subscriber of a channel, and how far it is. */
export interface Listener {
  readonly subscriber: Subscriber;
  readonly subscription: Subscription;
  /** Its entry in the channel's presence; undefined until it entered, and where there is no presence. */
  member: string | undefined;
  /** Until the subscription is answered nothing is sent for it. */
  isFollowing: boolean;
  isReading: boolean;
  /** Who waits to hear where delivery starts; undefined once that is known. */
  placed: ((placed: Placed) => void) | undefined;
}

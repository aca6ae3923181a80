import type { Delivery } from "./ring.ts";

/** What a channel needs to know of the connection behind a subscription. */
export interface Subscriber {
  readonly connection: number;
  /** Whether entries may be sent now. Whoever makes it true again calls `Channel.drained`. */
  readonly isFlowing: boolean;
  lastSentMs: number;
  sendText(text: string): void;
  sendReplay(deliveries: readonly Delivery[]): void;
  /** Counts what a replay sent. */
  spend(bytes: number): void;
}

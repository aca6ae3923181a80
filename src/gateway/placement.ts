/** What a channel says of a subscription on its way from the request to the answer. */
import type { Member, Position, WireError } from "../wire/index.ts";
import type { Failed } from "./effects.ts";
import type { Attendance } from "./presence.ts";

/** Where a subscription starts, or why there is none. */
export type Placed = Placement | Failed;

export interface Placement {
  readonly type: "placed";
  readonly position: Position;
  readonly top: number;
  /** Why there is no such subscription any more, if a later request ended it before it was answered. */
  ended(): WireError | undefined;
  /** The subscription is about to be answered: its device is there from now on. @returns who is there, if the channel tells that. */
  enter(member: Member): Attendance | undefined;
  /** The subscription was answered: its entries may follow. */
  follow(): void;
}

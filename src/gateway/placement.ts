/** What a channel says of a subscription on its way from the request to the answer. */
import type { Member, Position } from "../wire/index.ts";
import type { Failed } from "./effects.ts";

/** Where a subscription starts, or why there is none. */
export type Placed = Placement | Failed;

export interface Placement {
  readonly type: "placed";
  readonly position: Position;
  readonly top: number;
  /** The subscription is about to be answered: its device is there from now on. @returns who is there, or that it was ended since. */
  enter(member: Member): Entered | Failed;
  /** The subscription was answered: its entries may follow. */
  follow(): void;
}

export interface Entered {
  readonly type: "entered";
  /** Present if the channel tells who is there. */
  readonly members?: readonly Member[];
}

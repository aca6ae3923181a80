import type { Member } from "../wire/index.ts";

/**
 * What one node tells the others of who is in a channel with it. What changes has a number, the next one, so that whoever missed one
 * notices at the next, or at a beat, and asks.
 */
export type PresenceReport =
  /** Who is there? Of one node, or all. */
  | { readonly type: "ask"; readonly node?: string }
  /** Nothing is new since this number. */
  | { readonly type: "beat"; readonly sequence: number }
  | {
      readonly type: "diff";
      readonly sequence: number;
      readonly joined: readonly Member[];
      /** Who said goodbye. */
      readonly left: readonly string[];
      /** Who was cut off, and may be back in a moment. */
      readonly cut: readonly string[];
    }
  /** All there are, or the first of them: more follow as diffs. */
  | { readonly type: "all"; readonly sequence: number; readonly members: readonly Member[] }
  /** Too many for a list. */
  | { readonly type: "count"; readonly sequence: number; readonly memberCount: number };

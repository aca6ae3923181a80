import type { KnownLog, OtherLog } from "../gateway/index.ts";
import type { Position } from "../wire/index.ts";

/** The logs that end elsewhere than a node knows. */
export function othersOf(known: readonly KnownLog[], topOf: (channel: string) => Position): readonly OtherLog[] {
  return known.flatMap(({ channel, position }) => {
    const top = topOf(channel);
    return isSame(top, position) ? [] : [{ channel, top }];
  });
}

export function isSame(one: Position, other: Position): boolean {
  return one.offset === other.offset && one.tag === other.tag && one.epoch === other.epoch;
}

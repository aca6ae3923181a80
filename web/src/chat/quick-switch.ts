/** Finding a room by a few letters of its name. */
import { splitName } from "./room-name.ts";

/** The most rooms that are offered. */
export const maxFoundCount = 12;

export interface Switchable {
  /** Full. */
  readonly name: string;
  readonly unreadCount: number;
  readonly mentionCount: number;
}

/** Rooms that have all letters of the question in their order: where it begins a name first, then those with something new. */
export function findRooms<Room extends Switchable>(rooms: readonly Room[], question: string): readonly Room[] {
  const wanted = question.trim().toLowerCase().replace(/^#/u, "").replaceAll("/", ".");
  return rooms
    .map((room) => ({ room, rank: rankOf(room.name, wanted) }))
    .filter(({ rank }) => rank < 4)
    .toSorted(
      (one, other) =>
        one.rank - other.rank ||
        other.room.mentionCount - one.room.mentionCount ||
        other.room.unreadCount - one.room.unreadCount,
    )
    .slice(0, maxFoundCount)
    .map(({ room }) => room);
}

/** 0: the room's name begins so. 1: its server's does. 2: it has the words. 3: it has the letters. 4: it does not. */
function rankOf(name: string, wanted: string): number {
  if (splitName(name).room.startsWith(wanted)) return 0;
  if (name.startsWith(wanted)) return 1;
  if (name.includes(wanted)) return 2;
  let at = 0;
  for (const letter of wanted) {
    at = name.indexOf(letter, at) + 1;
    if (at === 0) return 4;
  }
  return 3;
}

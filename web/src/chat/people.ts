/** Presence counts devices; people want to see people. */
import type { Member, User } from "switchboard/wire";
import { nameOf } from "./typing.ts";

/** The most people drawn in the list. */
export const maxPeopleCount = 200;

interface Person {
  readonly user: User;
  readonly deviceCount: number;
}

export interface People {
  readonly people: readonly Person[];
  /** Those who are here, but not drawn. */
  readonly hiddenCount: number;
}

/** One entry for each person: oneself first, the others by name. */
export function peopleOf(members: readonly Member[], me: User | undefined): People {
  const byId = new Map<string, Person>();
  for (const { user } of members) byId.set(user.id, { user, deviceCount: (byId.get(user.id)?.deviceCount ?? 0) + 1 });
  const all = [...byId.values()].sort((one, other) => {
    if (one.user.id === me?.id) return -1;
    if (other.user.id === me?.id) return 1;
    return nameOf(one.user).localeCompare(nameOf(other.user)) || (one.user.id < other.user.id ? -1 : 1);
  });
  return { people: all.slice(0, maxPeopleCount), hiddenCount: Math.max(0, all.length - maxPeopleCount) };
}

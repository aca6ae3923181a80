/** Presence counts devices; people want to see people. */
import type { Member, User } from "switchboard/wire";
import { nameOf } from "./typing.ts";

/** The most people drawn in the list. */
export const maxPeopleCount = 200;

export interface Person {
  readonly user: User;
  readonly deviceCount: number;
  /** Nobody looks at any of their devices. */
  readonly isAway: boolean;
}

export interface People {
  readonly people: readonly Person[];
  /** Those who are here, but not drawn. */
  readonly hiddenCount: number;
}

export interface PeopleOptions {
  readonly me: User | undefined;
  /** The devices that nobody looks at. */
  readonly away: ReadonlySet<string>;
}

/** One entry for each person: oneself first, the others by name, those who are away last. */
export function peopleOf(members: readonly Member[], { me, away }: PeopleOptions): People {
  const byId = new Map<string, Person>();
  for (const { member, user } of members) {
    const { deviceCount, isAway } = byId.get(user.id) ?? { deviceCount: 0, isAway: true };
    byId.set(user.id, { user, deviceCount: deviceCount + 1, isAway: isAway && away.has(member) });
  }
  const all = [...byId.values()].sort((one, other) => {
    if (one.user.id === me?.id) return -1;
    if (other.user.id === me?.id) return 1;
    if (one.isAway !== other.isAway) return one.isAway ? 1 : -1;
    return nameOf(one.user).localeCompare(nameOf(other.user)) || (one.user.id < other.user.id ? -1 : 1);
  });
  return { people: all.slice(0, maxPeopleCount), hiddenCount: Math.max(0, all.length - maxPeopleCount) };
}

/** Who can be called in a room: who is here, and who said something that is held. */
export function callablePeople(
  members: readonly Member[],
  authors: readonly User[],
  me: User | undefined,
): readonly User[] {
  const byId = new Map<string, User>();
  // A name of now wins over one of then.
  for (const user of [...authors, ...members.map((one) => one.user)]) {
    if (user.name !== undefined) byId.set(user.id, user);
  }
  if (me !== undefined) byId.delete(me.id);
  return [...byId.values()];
}

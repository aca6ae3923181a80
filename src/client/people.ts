import type { Member, User } from "../wire/index.ts";

/** A person who is here, on however many devices. */
export interface Person {
  readonly user: User;
  /** Their entries in `presence.members`, those who came first first. */
  readonly members: readonly string[];
}

/**
 * People instead of devices: one entry a user of `room.presence.members`, who came first first, under the name of the device that came
 * last. Empty where only the number of devices is told.
 */
export function peopleOf(members: readonly Member[]): readonly Person[] {
  const people = new Map<string, Person>();
  for (const { user, member } of members) {
    people.set(user.id, { user, members: [...(people.get(user.id)?.members ?? []), member] });
  }
  return [...people.values()];
}

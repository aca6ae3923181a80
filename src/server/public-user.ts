import type { User } from "../wire/index.ts";

/** How long an id and a name may be, in characters: both go out with every event and every list of who is there. */
const maxCount = 256;
/** Control characters, and half of a surrogate pair: neither comes back from every store, or from JSON, as it was. */
const impossible = /[\p{Cc}\p{Cs}]/u;

/** Why a user cannot be told to others and kept with what they say, if that is so. */
export function findUserFault({ id, name }: User): string | undefined {
  return findTextFault("id", id) ?? (name === undefined ? undefined : findTextFault("name", name));
}

/** What everybody may know. A row of a user table may well be handed in, and the rest of it is not for the wire. */
export function publicUser({ id, name }: User): User {
  return name === undefined ? { id } : { id, name };
}

function findTextFault(what: string, text: string): string | undefined {
  if (text.length > maxCount) return `the user's ${what} has ${text.length} characters, at most ${maxCount} may be`;
  return impossible.test(text) ? `the user's ${what} has a control character or half a surrogate pair` : undefined;
}

/** Calling people: `@name` is completed while it is typed, and the message says whom it calls by their id. */
import type { ChatMention } from "switchboard/chat";
import type { User } from "switchboard/wire";
import { nameOf } from "./typing.ts";

/** The most people one message calls; the server takes no more. */
export const maxMentionCount = 20;

/** The most names that are offered. */
export const maxOfferCount = 8;

/** A name that is being typed: from its `@` on, up to the caret. */
export interface MentionQuery {
  readonly start: number;
  readonly text: string;
}

/** Finds what is being typed at the caret. A name may have spaces, but ends with the line. */
export function mentionAt(text: string, caret: number): MentionQuery | undefined {
  const start = text.lastIndexOf("@", caret - 1);
  if (start === -1 || caret - start > 41) return undefined;
  const query = text.slice(start + 1, caret);
  if (/[\n@]/u.test(query) || /^\s/u.test(query)) return undefined;
  return /[\p{L}\p{N}_]/u.test(text[start - 1] ?? "") ? undefined : { start, text: query };
}

/** Who may be meant: first those whose name begins so, then those of whom a later word does. */
export function matchPeople(people: readonly User[], query: string): readonly User[] {
  const wanted = query.toLocaleLowerCase();
  const rank = (user: User): number => {
    const name = nameOf(user).toLocaleLowerCase();
    if (name.startsWith(wanted)) return 0;
    return name.split(/\s+/u).some((word) => word.startsWith(wanted)) ? 1 : 2;
  };
  return people
    .filter((user) => rank(user) < 2)
    .toSorted((one, other) => rank(one) - rank(other) || nameOf(one).localeCompare(nameOf(other)))
    .slice(0, maxOfferCount);
}

/** The text with the name in place of what was typed of it, and where the caret is then. */
export function completeMention(
  text: string,
  { start, text: query }: MentionQuery,
  user: User,
): { readonly text: string; readonly caret: number } {
  const before = `${text.slice(0, start)}@${nameOf(user)} `;
  const after = text.slice(start + 1 + query.length).replace(/^ /u, "");
  return { text: before + after, caret: before.length };
}

/** Whom a text calls, of the people who can be. A longer name wins: `@Ada Lovelace` does not call Ada. */
export function mentionsIn(text: string, people: readonly User[]): readonly ChatMention[] {
  const byLength = people.toSorted((one, other) => nameOf(other).length - nameOf(one).length);
  let rest = text;
  const found: ChatMention[] = [];
  for (const user of byLength) {
    const call = `@${nameOf(user)}`;
    const parts = rest.split(call);
    const isCalled = parts.slice(1).some((part) => !/^[\p{L}\p{N}_]/u.test(part));
    if (!isCalled || found.some(({ id }) => id === user.id)) continue;
    found.push({ id: user.id, name: nameOf(user) });
    rest = parts.join("\u0000");
  }
  return found.slice(0, maxMentionCount);
}

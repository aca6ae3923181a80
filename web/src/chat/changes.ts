/**
 * What was done to messages after they were said: edits, removals, reactions. Folded from the log as a value; as each fact carries its
 * offset, it does not matter in which order they are learned. Older pages come after newer ones.
 */
import type { ChatMention, ChatTarget } from "switchboard/chat";
import type { User } from "switchboard/wire";

/** The most messages whose changes are kept; past it the oldest message's go, whose log has long been trimmed. */
export const maxChangedCount = 10_000;

/** The most different emoji under one message. */
export const maxEmojiCount = 20;

export type Change =
  | {
      readonly type: "edit";
      readonly target: ChatTarget;
      readonly text: string;
      readonly mentions: readonly ChatMention[];
    }
  | { readonly type: "remove"; readonly target: ChatTarget }
  | { readonly type: "reaction"; readonly target: ChatTarget; readonly emoji: string; readonly isOn: boolean };

/** A change as the log has it, or as it is on its way there: then its offset is `Infinity`. */
export interface ToldChange {
  readonly change: Change;
  readonly user: User;
  readonly offset: number;
}

interface Mark {
  readonly user: User;
  readonly isOn: boolean;
  readonly offset: number;
}

interface Marks {
  /** Of the first mark ever made: emoji stand in that order. */
  readonly firstOffset: number;
  readonly byUser: ReadonlyMap<string, Mark>;
}

/** All that was done to one message. */
export interface Amendment {
  readonly edit:
    | { readonly text: string; readonly mentions: readonly ChatMention[]; readonly offset: number }
    | undefined;
  readonly isRemoved: boolean;
  readonly marks: ReadonlyMap<string, Marks>;
}

/** By message, see {@link keyOf}. */
export type Changes = ReadonlyMap<string, Amendment>;

const nothing: Amendment = { edit: undefined, isRemoved: false, marks: new Map() };

export function keyOf({ offset, id }: ChatTarget): string {
  return `${offset}/${id}`;
}

/** The same map when the change says nothing new. */
export function addChange(changes: Changes, told: ToldChange): Changes {
  const key = keyOf(told.change.target);
  const before = changes.get(key) ?? nothing;
  const after = amend(before, told);
  if (after === before) return changes;
  const next = new Map(changes).set(key, after);
  if (next.size > maxChangedCount) next.delete(oldestKey(next));
  return next;
}

function amend(before: Amendment, { change, user, offset }: ToldChange): Amendment {
  switch (change.type) {
    case "edit": {
      if ((before.edit?.offset ?? 0) >= offset) return before;
      return { ...before, edit: { text: change.text, mentions: change.mentions, offset } };
    }
    case "remove":
      return before.isRemoved ? before : { ...before, isRemoved: true };
    case "reaction":
      return mark(before, { ...change, user, offset });
    default:
      return change satisfies never;
  }
}

function mark(before: Amendment, { emoji, ...made }: Mark & { readonly emoji: string }): Amendment {
  const { user, isOn, offset } = made;
  const marks = before.marks.get(emoji) ?? { firstOffset: offset, byUser: new Map<string, Mark>() };
  if (marks.byUser.size === 0 && before.marks.size >= maxEmojiCount) return before;
  const isNewer = offset > (marks.byUser.get(user.id)?.offset ?? 0);
  // One that was overtaken still tells where the emoji stands.
  if (!isNewer && offset >= marks.firstOffset) return before;
  const byUser = isNewer ? new Map(marks.byUser).set(user.id, { user, isOn, offset }) : marks.byUser;
  const firstOffset = Math.min(marks.firstOffset, offset);
  return { ...before, marks: new Map(before.marks).set(emoji, { firstOffset, byUser }) };
}

function oldestKey(changes: Changes): string {
  const offsetOf = (key: string): number => Number.parseInt(key, 10);
  return [...changes.keys()].reduce((one, other) => (offsetOf(other) < offsetOf(one) ? other : one));
}

/** One emoji under a message. */
export interface Reaction {
  readonly emoji: string;
  /** Whoever set it, in the order of their doing so. Never empty. */
  readonly users: readonly User[];
  readonly isMine: boolean;
}

/** A message as it reads now. */
export interface MessageContent {
  readonly text: string;
  readonly mentions: readonly ChatMention[];
  readonly isEdited: boolean;
  readonly isRemoved: boolean;
  readonly reactions: readonly Reaction[];
}

export interface AmendOptions {
  readonly amendment: Amendment | undefined;
  /** Changes that this person has made and that are not stored yet: they show at once. */
  readonly pending: readonly Change[];
  readonly me: User | undefined;
}

/** A message with all that was done to it. */
export function contentOf(
  said: { readonly text: string; readonly mentions: readonly ChatMention[] },
  { amendment = nothing, pending, me }: AmendOptions,
): MessageContent {
  const own = me ?? { id: "" };
  const { edit, isRemoved, marks } = pending.reduce(
    (before, change) => amend(before, { change, user: own, offset: Infinity }),
    amendment,
  );
  const { text, mentions } = edit ?? said;
  return { text, mentions, isEdited: edit !== undefined, isRemoved, reactions: reactionsOf(marks, own.id) };
}

function reactionsOf(marks: Amendment["marks"], ownId: string): readonly Reaction[] {
  return [...marks]
    .sort(([, one], [, other]) => one.firstOffset - other.firstOffset)
    .map(([emoji, { byUser }]) => {
      const set = [...byUser.values()].filter(({ isOn }) => isOn).sort((one, other) => one.offset - other.offset);
      const users = set.map(({ user }) => user);
      return { emoji, users, isMine: users.some(({ id }) => id === ownId) };
    })
    .filter(({ users }) => users.length > 0);
}

import type { User } from "switchboard/wire";

/** How often "I am typing" is told while a person types. Below the 5 seconds it means something for. */
export const typingEveryMs = 3_000;

/** The most people kept as typing in one room. */
export const maxTypistCount = 50;

export interface Typist {
  readonly user: User;
  readonly untilMs: number;
}

/** A person typed: they count as typing for `ttlMs` from now. */
export function addTypist(typists: readonly Typist[], user: User, untilMs: number): readonly Typist[] {
  const others = typists.filter((typist) => typist.user.id !== user.id);
  return [...others, { user, untilMs }].slice(-maxTypistCount);
}

/** A person's message came, or they left: they type no more. The same list when they did not. */
export function removeTypist(typists: readonly Typist[], userId: string): readonly Typist[] {
  return typists.some(({ user }) => user.id === userId) ? typists.filter(({ user }) => user.id !== userId) : typists;
}

/** Without those whose time is over. The same list when it is nobody's. */
export function expireTypists(typists: readonly Typist[], nowMs: number): readonly Typist[] {
  return typists.some(({ untilMs }) => untilMs <= nowMs) ? typists.filter(({ untilMs }) => untilMs > nowMs) : typists;
}

/** When the list changes next by itself, if it ever does. */
export function nextExpiryMs(typists: readonly Typist[]): number | undefined {
  return typists.length === 0 ? undefined : Math.min(...typists.map(({ untilMs }) => untilMs));
}

/** Whether to tell again that a person types, when it was last told at `lastToldMs`. */
export function isTypingDue(lastToldMs: number | undefined, nowMs: number): boolean {
  return lastToldMs === undefined || nowMs - lastToldMs >= typingEveryMs;
}

/** The sentence after the names: who is typing, in pieces, so that each name is isolated (`<bdi>`). */
export interface TypingSentence {
  /** At most two names. */
  readonly names: readonly string[];
  readonly rest: string;
}

/** "Ada is typing…", "Ada and Bob are typing…", "Ada, Bob and 3 others are typing…". */
export function typingSentence(typists: readonly Typist[]): TypingSentence | undefined {
  if (typists.length === 0) return undefined;
  const names = typists.slice(0, 2).map(({ user }) => nameOf(user));
  if (typists.length === 1) return { names, rest: " is typing…" };
  if (typists.length === 2) return { names, rest: " are typing…" };
  const others = typists.length - 2;
  return { names, rest: ` and ${others === 1 ? "one other" : `${others} others`} are typing…` };
}

/** What to call a person who may have no name. */
export function nameOf(user: User): string {
  return user.name === undefined || user.name === "" ? `Guest ${user.id.slice(0, 4)}` : user.name;
}

/**
 * The subjects of one stream, whose seed is made with it: another stream of the same name has other subjects, and what is meant for the one
 * never reaches the other.
 */
export interface Subjects {
  readonly seed: string;
  readonly allLogs: string;
  /** The server's own pattern: whatever stood for the `*` of `allLogs`. */
  readonly anyLive: string;
  /** What is stored. */
  log(channel: string): string;
}

export function makeSubjects(name: string, seed: string): Subjects {
  return {
    seed,
    allLogs: `${name}.log.${seed}.*`,
    anyLive: `${name}.live.{{wildcard(1)}}`,
    log: (channel) => `${name}.log.${seed}.${encodeToken(channel)}`,
  };
}

/** The subjects of a stream that is there. `undefined`: it is none of ours. */
export function readSubjects(name: string, subjects: readonly string[]): Subjects | undefined {
  const [prefix, kind, seed = "", wildcard, ...rest] = subjects[0]?.split(".") ?? [];
  const isOurs = prefix === name && kind === "log" && wildcard === "*" && rest.length === 0 && subjects.length === 1;
  return isOurs && /^[0-9A-Za-z]+$/u.test(seed) ? makeSubjects(name, seed) : undefined;
}

/** Where a channel's entries are told after they were stored, and its broadcasts. */
export function liveSubject(name: string, channel: string): string {
  return `${name}.live.${encodeToken(channel)}`;
}

/**
 * A channel's name as one token of a subject. Whatever has a meaning there (`.`, `*`, `>`, space) and whatever is not ASCII is percent-encoded,
 * so two names never share a token.
 */
function encodeToken(channel: string): string {
  return channel.replace(/[^A-Za-z0-9:_/-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}

/** The subjects of one stream: a log and a live subject for each channel. */
export interface Subjects {
  /** What is stored. */
  log(channel: string): string;
  /** What is told: entries after they were stored, and broadcasts. */
  live(channel: string): string;
  /** Holds what the epochs follow from. */
  readonly seed: string;
  readonly allLogs: string;
  /** The server's own pattern: whatever stood for the `*` of `allLogs`. */
  readonly anyLive: string;
}

export function makeSubjects(prefix: string): Subjects {
  return {
    log: (channel) => `${prefix}.log.${encodeToken(channel)}`,
    live: (channel) => `${prefix}.live.${encodeToken(channel)}`,
    seed: `${prefix}.seed`,
    allLogs: `${prefix}.log.*`,
    anyLive: `${prefix}.live.{{wildcard(1)}}`,
  };
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

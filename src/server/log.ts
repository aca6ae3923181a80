/** Where the gateway says what happens to it. A pino logger is one. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing. */
export const silentLog: Log = { info: ignore, warn: ignore, error: ignore };

/**
 * A log that is told texts as they may be shown: what a peer sent (a close reason, a name in a token) must not end a line, move the cursor
 * of a terminal, or turn the direction of what stands beside it. Such characters are told as escapes. Errors are told as they are.
 */
export function withoutControls(log: Log): Log {
  return {
    info: (fields, message) => log.info(printFields(fields), message),
    warn: (fields, message) => log.warn(printFields(fields), message),
    error: (fields, message) => log.error(printFields(fields), message),
  };
}

function printFields(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? print(value) : value]),
  );
}

function print(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function ignore(): void {}

/** Where the gateway says what happens to it. A pino logger is one. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing. */
export const silentLog: Log = { info: ignore, warn: ignore, error: ignore };

function ignore(): void {}

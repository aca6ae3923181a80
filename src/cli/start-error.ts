/** A fault of the surroundings, for whoever typed the command. */

export type StartErrorCode = "LISTEN" | "TLS" | "KEYS" | "CONNECT" | "INPUT";

/** A fault of the surroundings, not of the program: it is told in one sentence and a hint, without a stack. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly code: StartErrorCode;
  /** A further sentence: what to do about it. */
  readonly hint: string;
  constructor(code: StartErrorCode, message: string, options: { readonly hint: string; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

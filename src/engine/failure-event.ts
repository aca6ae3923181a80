/**
 * The `error` event of a `WebSocket`. The standard gives it no members, so that a page learns nothing of other hosts; a program on
 * Node may know what happened.
 */
export class FailureEvent extends Event {
  readonly #error: Error;

  constructor(error: Error) {
    super("error");
    this.#error = error;
  }

  /** Why the connection failed: a `HandshakeError` if there was none. */
  get error(): Error {
    return this.#error;
  }

  /** The message of {@link error}. */
  get message(): string {
    return this.#error.message;
  }
}

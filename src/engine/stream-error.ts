/**
 * - `ERR_INCOMPLETE`: a message that was being received will not come to its end.
 * - `ERR_CLOSED`: a message that was being sent cannot be finished, or not be begun, as the connection is not open any more.
 * - `ERR_QUEUE_FULL`: too many `sendStream()` calls are waiting for their turn.
 */
export type StreamErrorCode = "ERR_INCOMPLETE" | "ERR_CLOSED" | "ERR_QUEUE_FULL";

/** Why a message that was streamed is not whole. */
export class StreamError extends Error {
  override readonly name = "StreamError";
  /** What went wrong. */
  readonly code: StreamErrorCode;

  constructor(code: StreamErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

import type { AppErrorCode, ErrorCode } from "../wire/index.ts";

/** What only a client can find out; the rest is what servers answer (`ErrorCode`). */
export type ClientErrorCode =
  | ErrorCode
  /** What the server's application refused with, after `app:`. */
  | AppErrorCode
  /** `client.close()` was called, `room.leave()` was, or the server closed for good. */
  | "CLOSED"
  /** The send's signal was aborted. If it was on its way, it may be stored nevertheless. */
  | "ABORTED"
  /** The line broke while a call was on its way: whether it was done is not known. */
  | "DISCONNECTED"
  /** More than `maxPendingCount` requests wait for the line. */
  | "QUEUE_FULL"
  /** A `for await` loop is more than `maxBufferedCount` messages behind. */
  | "TOO_SLOW"
  /** The server broke the protocol: a hole in the offsets, or a message that cannot be read. Please report it. */
  | "PROTOCOL"
  /** A listener of the application threw; `cause` is what. */
  | "LISTENER"
  /** The positions of an earlier page cannot be used, or this one's cannot be kept; rooms begin as if there were none. */
  | "MEMORY"
  /** There is no usable WebSocket, URL or device here. */
  | "SETUP";

/** Anything that went wrong on the client or was refused by the server. */
export class ClientError extends Error {
  override readonly name: string = "ClientError";
  readonly code: ClientErrorCode;
  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Why a `send()` was given up. Sending again with the same `id` is safe: nothing is stored twice. */
export class SendError extends ClientError {
  override readonly name: string = "SendError";
  /** The message's id, for trying again or for marking it in a list. */
  readonly id: string;
  constructor(code: ClientErrorCode, message: string, id: string) {
    super(code, message);
    this.id = id;
  }
}

/** What a {@link ProtocolError} is about. A peer's fault is never one of these: it is an event and a close code, or a refusal. */
export type ProtocolErrorCode =
  // handshake
  | "ERR_EXTENSION"
  | "ERR_HEADER"
  | "ERR_HOST"
  | "ERR_KEY"
  | "ERR_STATUS"
  | "ERR_SUBPROTOCOL"
  | "ERR_TARGET"
  // frames
  | "ERR_CLOSE_CODE"
  | "ERR_CLOSE_REASON"
  | "ERR_CONTROL_TOO_BIG"
  | "ERR_MESSAGE_UNFINISHED"
  | "ERR_NOT_OPEN"
  | "ERR_OPTION"
  | "ERR_PAYLOAD_TYPE";

/** A fault of the caller, thrown at once. `code` is stable; the message is for people and may change. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  /** Which rule the caller broke. */
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

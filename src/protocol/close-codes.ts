/** The status codes this room sends on its own (RFC 6455 §7.4.1). */
export const closeCodes = {
  /** The purpose of the connection is fulfilled. */
  normal: 1000,
  /** The server shuts down, or the page is left. */
  goingAway: 1001,
  /** The peer broke a rule of framing or of the close handshake. */
  protocolError: 1002,
  /** Never on the wire: the peer's close frame had no code. */
  noStatus: 1005,
  /** Never on the wire: the connection ended without a close frame. */
  abnormal: 1006,
  /** Text, or a close reason, that is not UTF-8. */
  invalidData: 1007,
  /** A limit that is ours and not the protocol's. */
  policyViolation: 1008,
  /** A message above `maxMessageBytes`. */
  messageTooBig: 1009,
  /** We cannot serve now. */
  tryAgainLater: 1013,
} as const;

/**
 * Whether `code` may stand in a close frame: 1000-1003, 1007-1014, 3000-4999.
 *
 * 1004-1006 and 1015 are reserved, 1016-2999 are for later revisions, below 1000 and above 4999 nothing is defined
 * (RFC 6455 §7.4.1, §7.4.2; 1012-1014 come from the IANA registry).
 */
export function isCloseCode(code: number): boolean {
  return (
    Number.isInteger(code) &&
    ((code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999))
  );
}

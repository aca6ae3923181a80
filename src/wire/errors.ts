/** Every error a client can be answered with. An error answers a request and leaves the line open. */
export const errorCodes = {
  BAD_MESSAGE: "The frame is not a message of this protocol",
  BAD_DATA: "The event's data does not fit its schema",
  BAD_CHANNEL: "The channel name has a character or a length that is not allowed",
  UNKNOWN_CHANNEL: "No channel of this gateway has such a name",
  UNKNOWN_EVENT: "The channel has no event of that name and kind",
  UNKNOWN_CALL: "The channel answers no call of that name",
  NOT_SUBSCRIBED: "The request needs a subscription to the channel",
  UNAUTHENTICATED: "The request came before a successful auth",
  FORBIDDEN: "This user may not do this here",
  TOO_BIG: "The message is larger than the limit",
  LIMIT: "A limit on this connection is reached",
  RATE_LIMITED: "Too many requests in too short a time",
  ID_CONFLICT: "The message id was used before with other data",
  DEDUP_EXPIRED: "The retry came after the deduplication window: whether it was stored is not known any more",
  TIMEOUT: "The call took too long; whether it was done is not known",
  STORAGE_FULL: "The store has no room; reading goes on",
  STORAGE_UNAVAILABLE: "The store does not answer; nothing was stored",
  INTERNAL: "The server failed; it has logged why",
} as const;

/** A key of {@link errorCodes}. From a newer server a client may get one that this version does not have: a `switch` needs its `default`. */
export type ErrorCode = keyof typeof errorCodes;

/** A code of the application's own, as its server gave it to `Refusal`: `app:` and 1-64 of A-Z 0-9 _. */
export type AppErrorCode = `app:${string}`;

/**
 * Close codes of this protocol. The range carries the verdict, so that an old client obeys a new code:
 * 4000-4499 reconnect with back-off and resume, 4500-4999 do not reconnect.
 */
export const closeCodes = {
  /** 1001: the server is shutting down or restarting: reconnect, the first try spread over 0-5 s. */
  goingAway: 1001,
  /** No `auth` within the deadline. */
  authTimeout: 4000,
  /** The credentials have expired: come back with new ones. */
  credentialsExpired: 4001,
  /** Three refused frames in a row, or more than three in a minute. */
  tooManyErrors: 4002,
  /** The user has as many connections as one may have. */
  tooManyConnections: 4003,
  /** Requests went on and on although they were refused for their rate. */
  tooFast: 4004,
  /** The credentials were refused. */
  badCredentials: 4500,
  /** The client speaks no version of the protocol that this server knows. */
  badVersion: 4501,
  /** The credentials were revoked, or the user was. */
  revoked: 4502,
  /** The application ended the connections of the user. */
  disconnected: 4503,
} as const;

/** Whether a client should try again after the line closed with `code`. 1006 (no close frame) and 1001 included. */
export function mayReconnect(code: number): boolean {
  return code < 4500 || code > 4999;
}

import type { AppErrorCode, ErrorCode } from "../../wire/index.ts";

const statuses: Readonly<Record<ErrorCode, number>> = {
  BAD_MESSAGE: 400,
  BAD_DATA: 400,
  BAD_CHANNEL: 400,
  UNKNOWN_CHANNEL: 404,
  UNKNOWN_EVENT: 404,
  UNKNOWN_CALL: 404,
  NOT_SUBSCRIBED: 409,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  TOO_BIG: 413,
  LIMIT: 429,
  RATE_LIMITED: 429,
  ID_CONFLICT: 409,
  DEDUP_EXPIRED: 409,
  TIMEOUT: 504,
  STORAGE_FULL: 507,
  STORAGE_UNAVAILABLE: 503,
  INTERNAL: 500,
};

/** The HTTP status that says about as much as an error's code (RFC 9110 §15). */
export function statusOf(code: ErrorCode | AppErrorCode): number {
  // What the application refuses by a code of its own is understood, and not wanted.
  return isOurs(code) ? statuses[code] : 422;
}

function isOurs(code: ErrorCode | AppErrorCode): code is ErrorCode {
  return Object.hasOwn(statuses, code);
}

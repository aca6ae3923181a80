import type { AppErrorCode } from "../../wire/index.ts";
import type { GatewayErrorCode } from "../errors.ts";

/** Every code that is not the application's own. */
type OwnCode = Exclude<GatewayErrorCode, AppErrorCode>;

const statuses: Readonly<Record<OwnCode, number>> = {
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
  DURABILITY_TOO_LOW: 503,
  CLOSED: 503,
  INTERNAL: 500,
};

/** The HTTP status that says about as much as an error's code (RFC 9110 §15). */
export function statusOf(code: GatewayErrorCode): number {
  // What the application refuses by a code of its own is understood, and not wanted.
  return isOurs(code) ? statuses[code] : 422;
}

function isOurs(code: GatewayErrorCode): code is OwnCode {
  return Object.hasOwn(statuses, code);
}

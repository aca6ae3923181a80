import type { Start } from "../wire/index.ts";
import { GatewayError } from "./errors.ts";

/**
 * Where a subscription starts that is to begin with so many messages.
 *
 * @throws {GatewayError} `BAD_MESSAGE` for a number of messages that cannot be.
 */
export function startOf(recent: number): Start {
  if (!(Number.isInteger(recent) && recent >= 0 && recent <= 1000)) {
    throw new GatewayError("BAD_MESSAGE", `Cannot begin with ${recent} messages: give an integer 0-1000`);
  }
  return recent === 0 ? { from: "live" } : { from: "recent", count: recent };
}

/** Whether a line, or a request on it, is worth another try, and when. */
import { HandshakeError } from "../engine/index.ts";
import { mayReconnect } from "../wire/index.ts";
import { LineError } from "./gateway-line.ts";

/** How long to wait for the next try: doubling, with chance in it so that not all come back at once. */
export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

export const defaultBackoff: Backoff = { minMs: 250, maxMs: 15_000 };

/** @param chance - 0 to below 1. */
export function backoffMs({ maxMs, minMs }: Backoff, tryCount: number, chance: number): number {
  return Math.round(Math.min(maxMs, minMs * 2 ** tryCount) * (0.5 + chance / 2));
}

/** What the store or a limit may do to a request at one moment and not at the next. */
const passingCodes: readonly string[] = ["RATE_LIMITED", "STORAGE_UNAVAILABLE", "SILENT"];
/** What proxies and gateways answer while they have nobody to ask. */
const passingStatuses: readonly number[] = [429, 502, 503, 504];

/** Whether the same may succeed later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof HandshakeError) {
    return error.status === 0 ? error.code === "ERR_NETWORK" || error.code === "ERR_TIMEOUT" : isPassingStatus(error);
  }
  if (!(error instanceof LineError)) return false;
  if (error.code === "CLOSED") return error.close === undefined || mayReconnect(error.close.code);
  return passingCodes.includes(error.code);
}

function isPassingStatus({ status }: { readonly status: number }): boolean {
  return passingStatuses.includes(status);
}

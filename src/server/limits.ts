import { defaultLimits, type GatewayLimits } from "../gateway/index.ts";
import { connectionsWithin, maxOpenFiles } from "./open-files.ts";

/** How much of everything a gateway allows: what its core counts, and what its sockets and hooks need. */
export interface ServerLimits extends GatewayLimits {
  /** Connections at a time; more are refused with 503. Default 20 000, or what the process's limit of open files allows. */
  readonly maxConnections: number;
  /** Connections from one address, or of IPv6 from one /64, except from this machine itself; more are refused with 429. Default 100. */
  readonly maxConnectionsPerAddress: number;
  /** How many of each hook may be in work at a time, calls excepted; the others wait their turn. Default 100. */
  readonly maxPendingHookCount: number;
  /** Tickets that were issued and not used; one more is refused with `LIMIT`. Default 10 000. */
  readonly maxTicketCount: number;
  /** Revocations that are remembered until they mean nothing any more; one more is refused with `LIMIT`. Default 100 000. */
  readonly maxRevocationCount: number;
  /** Verdicts of `handle` that are kept for copies of a message; past it the oldest is forgotten. Default 10 000. */
  readonly maxVerdictCount: number;
  /** The data of those, in characters of JSON; past it likewise. Default 8 Mi. */
  readonly maxVerdictChars: number;
  /**
   * What may wait to be taken by one connection, in bytes; a subscriber with more gets entries from the log, when it has taken most of
   * it. Default 64 KiB.
   */
  readonly highWaterBytes: number;
  /** A connection that takes nothing of what waits for it for so long is cut, in milliseconds. Default 30 000. */
  readonly stalledAfterMs: number;
  /** A connection that was silent for so long, to our pings too, is cut, in milliseconds. Default 40 000. */
  readonly deadAfterMs: number;
  /** How long `authenticate`, `authorize` or a schema may take, in milliseconds. Default 10 000. */
  readonly hookTimeoutMs: number;
  /** How long a call may be in work, in milliseconds; then it is answered with `TIMEOUT` and its signal aborts. Default 10 000. */
  readonly callTimeoutMs: number;
}

/** @throws {RangeError} for a limit that is not a positive number. */
export function readLimits(limits: Partial<ServerLimits> = {}): ServerLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!(value > 0)) throw new RangeError(`Cannot use ${value} as ${name}: give a positive number or Infinity`);
  }
  return {
    ...defaultLimits,
    maxConnections: connectionsWithin(maxOpenFiles(), 20_000),
    maxConnectionsPerAddress: 100,
    maxPendingHookCount: 100,
    maxTicketCount: 10_000,
    maxRevocationCount: 100_000,
    maxVerdictCount: 10_000,
    maxVerdictChars: 8 * 1024 * 1024,
    highWaterBytes: 64 * 1024,
    stalledAfterMs: 30_000,
    deadAfterMs: 40_000,
    hookTimeoutMs: 10_000,
    callTimeoutMs: 10_000,
    ...limits,
  };
}

import { defaultLimits, type GatewayLimits } from "../gateway/index.ts";

/** How much of everything a gateway allows: what its core counts, and what its sockets and hooks need. */
export interface ServerLimits extends GatewayLimits {
  /** Connections at a time; more are refused with 503. Default 20 000. */
  readonly maxConnections: number;
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
    maxConnections: 20_000,
    highWaterBytes: 64 * 1024,
    stalledAfterMs: 30_000,
    deadAfterMs: 40_000,
    hookTimeoutMs: 10_000,
    callTimeoutMs: 10_000,
    ...limits,
  };
}

import type { Backoff } from "./connect-options.ts";

/** Within which all clients of a server that restarts come back. */
const restartSpreadMs = 5000;

export interface RetryOptions {
  /** How many tries failed in a row before this one: 0 for the first. */
  readonly attempt: number;
  /** The close code of the line that broke, if one did. */
  readonly code?: number;
  readonly backoff: Backoff;
  readonly random: () => number;
}

/**
 * How long to wait before the next try, in milliseconds.
 *
 * After 1001 or 1012 (the server goes away or restarts) the first try is spread, so that a deploy is not a stampede. Otherwise
 * full jitter: random below a ceiling that doubles. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function retryDelayMs({ attempt, code, backoff, random }: RetryOptions): number {
  const isRestart = code === 1001 || code === 1012;
  if (isRestart && attempt === 0) return random() * restartSpreadMs;
  return random() * Math.min(backoff.maxMs, backoff.minMs * 2 ** attempt);
}

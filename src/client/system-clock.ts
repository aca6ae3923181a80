import type { Clock } from "./connect-options.ts";

/** What the platform's clocks say, in milliseconds. */
export interface Readings {
  /** Since 1970: goes on while the device sleeps, but may be set back. */
  wallMs(): number;
  /** Never set back, but may stand still while the device sleeps. */
  steadyMs(): number;
}

const platform: Readings = { wallMs: () => Date.now(), steadyMs: () => performance.now() };

/** Longest delay a platform's timer takes: 2³¹-1 ms. A longer one fires early, which every user of a clock must expect. */
const maxDelayMs = 2_147_483_647;

/**
 * A clock that is never behind: it takes of both readings the one that went on further. So a line that died while the device
 * slept is found out, and the age of a retry is never told too small.
 */
export function systemClock(readings: Readings = platform): Clock {
  let nowMs = 0;
  let wallMs = readings.wallMs();
  let steadyMs = readings.steadyMs();
  return {
    nowMs() {
      const wall = readings.wallMs();
      const steady = readings.steadyMs();
      nowMs += Math.max(wall - wallMs, steady - steadyMs);
      wallMs = wall;
      steadyMs = steady;
      return nowMs;
    },
    after(delayMs, callback) {
      const timer = setTimeout(callback, Math.min(delayMs, maxDelayMs));
      return () => clearTimeout(timer);
    },
  };
}

import type { ConnectionEvent } from "../protocol/index.ts";
import type { LineLimits } from "./limits.ts";
import type { TimerWheel, WheelTimer } from "./timer-wheel.ts";

const pingWindowMs = 10_000;

/** The line whose peer a {@link PeerPace} watches. */
export interface PacedLine {
  readonly limits: LineLimits;
  readonly timers: TimerWheel;
  /** While we do not read, the peer is not late. */
  readonly isHeld: boolean;
  refuse(reason: string): void;
}

/** How slowly one peer may send a message, and how often it may ping. Made when a peer first does what needs watching. */
export class PeerPace {
  readonly #line: PacedLine;
  #messageTimer: WheelTimer | undefined;
  #pingWindowStartMs: number;
  #pingCount = 0;

  constructor(line: PacedLine) {
    this.#line = line;
    this.#pingWindowStartMs = line.timers.nowMs;
  }

  /**
   * Looks at what has arrived. A message that drips in holds memory for as long as its sender likes, so it has a deadline from its
   * first byte on.
   *
   * @param events - what happened since the last look. If a message was completed, what is incomplete now is another one.
   */
  watchMessage(isMidMessage: boolean, events: readonly ConnectionEvent[]): void {
    const isAnother = events.some(({ type }) => type === "message" || type === "bytes");
    if (this.#messageTimer !== undefined && isMidMessage && !isAnother) return;
    this.stop();
    if (isMidMessage) this.#schedule();
  }

  /** Counts a ping. False if it is one too many; then the peer is refused. */
  acceptPing(): boolean {
    const { limits, timers } = this.#line;
    if (timers.nowMs - this.#pingWindowStartMs >= pingWindowMs) {
      this.#pingWindowStartMs = timers.nowMs;
      this.#pingCount = 0;
    }
    this.#pingCount++;
    if (this.#pingCount <= limits.maxPingCount) return true;
    this.#line.refuse(`More than ${limits.maxPingCount} pings came within ${pingWindowMs} ms`);
    return false;
  }

  stop(): void {
    this.#line.timers.cancel(this.#messageTimer);
    this.#messageTimer = undefined;
  }

  #schedule(): void {
    const { limits, timers } = this.#line;
    const { messageTimeoutMs } = limits;
    this.#messageTimer = timers.schedule(messageTimeoutMs, () => {
      if (this.#line.isHeld) this.#schedule();
      else this.#line.refuse(`A message took longer than ${messageTimeoutMs} ms to come`);
    });
  }
}

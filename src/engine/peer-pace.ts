import type { ConnectionEvent } from "../protocol/index.ts";
import type { LineLimits } from "./limits.ts";
import type { TimerWheel, WheelTimer } from "./timer-wheel.ts";

const pingWindowMs = 10_000;

/** What a {@link PeerPace} is made from. */
export interface PeerPaceOptions {
  readonly limits: LineLimits;
  readonly timers: TimerWheel;
  /** While we do not read, the peer is not late. */
  readonly isPaused: () => boolean;
  readonly refuse: (reason: string) => void;
}

/** How slowly one peer may send a message, and how often it may ping. Made when a peer first does what needs watching. */
export class PeerPace {
  readonly #options: PeerPaceOptions;
  #messageTimer: WheelTimer | undefined;
  #pingWindowStartMs: number;
  #pingCount = 0;

  constructor(options: PeerPaceOptions) {
    this.#options = options;
    this.#pingWindowStartMs = options.timers.nowMs;
  }

  /**
   * Looks at what has arrived. A message that drips in holds memory for as long as its sender likes, so it has a deadline from its
   * first byte on.
   *
   * @param events - what happened since the last look. If a message was completed, what is incomplete now is another one.
   */
  watchMessage(isMidMessage: boolean, events: readonly ConnectionEvent[]): void {
    const isAnother = events.some(({ type }) => type === "message");
    if (this.#messageTimer !== undefined && isMidMessage && !isAnother) return;
    this.stop();
    if (isMidMessage) this.#schedule();
  }

  /** Counts a ping. False if it is one too many; then the peer is refused. */
  acceptPing(): boolean {
    const { limits, refuse, timers } = this.#options;
    if (timers.nowMs - this.#pingWindowStartMs >= pingWindowMs) {
      this.#pingWindowStartMs = timers.nowMs;
      this.#pingCount = 0;
    }
    this.#pingCount++;
    if (this.#pingCount <= limits.maxPingCount) return true;
    refuse(`More than ${limits.maxPingCount} pings came within ${pingWindowMs} ms`);
    return false;
  }

  stop(): void {
    this.#options.timers.cancel(this.#messageTimer);
    this.#messageTimer = undefined;
  }

  #schedule(): void {
    const { isPaused, limits, refuse, timers } = this.#options;
    const { messageTimeoutMs } = limits;
    this.#messageTimer = timers.schedule(messageTimeoutMs, () => {
      if (isPaused()) this.#schedule();
      else refuse(`A message took longer than ${messageTimeoutMs} ms to come`);
    });
  }
}

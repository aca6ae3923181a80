import type { Role } from "../protocol/index.ts";
import type { Counting } from "./counters.ts";
import { tellBackpressure } from "./diagnostics.ts";
import type { Heartbeat } from "./heartbeat.ts";
import type { LineLimits } from "./limits.ts";
import type { EngineSocket } from "./sockets.ts";
import type { TimerWheel, WheelTimer } from "./timer-wheel.ts";

// `drain` is called when the queue is down to this share of `highWaterBytes`: neither at every write nor only when it ran dry.
const drainShare = 0.25;
// How far a message in pieces runs ahead of the peer at most.
const maxStreamedAheadBytes = 256 * 1024;
// A write that took so long waited for the peer. TLS lets every write wait for a moment, also those to a peer that is dead.
const peerWaitMs = 250;

/** The line whose queue a {@link Pressure} watches. An object and not functions: there is one for every idle connection. */
export interface PressedLine extends EngineSocket {
  readonly limits: LineLimits;
  readonly timers: TimerWheel;
  readonly role: Role;
  readonly counters: Counting;
  handleDrained(): void;
  cutLate(reason: string): void;
}

/** Whether the peer takes what is sent to it: what `send` returns, `drain`, and the deadline for one that takes nothing. */
export class Pressure {
  readonly #line: PressedLine;
  readonly #heartbeat: Heartbeat;
  #needsDrain = false;
  #blockedAtMs = 0;
  #stallTimer: WheelTimer | undefined;

  constructor(line: PressedLine, heartbeat: Heartbeat) {
    this.#line = line;
    this.#heartbeat = heartbeat;
  }

  /** Whether a message in pieces should wait for the peer. @param behindBytes - what is queued behind it, and cannot leave before. */
  isFull(behindBytes: number): boolean {
    const { bufferedBytes, limits } = this.#line;
    return bufferedBytes - behindBytes > Math.min(limits.highWaterBytes * drainShare, maxStreamedAheadBytes);
  }

  /** Judges the queue after something was added: false above the mark, and too much closes the connection. */
  judge(): boolean {
    const line = this.#line;
    const { bufferedBytes, limits } = line;
    const { highWaterBytes, maxQueuedBytes } = limits;
    if (bufferedBytes <= highWaterBytes) return true;
    if (!this.#needsDrain) {
      this.#needsDrain = true;
      line.counters.backpressured++;
      tellBackpressure({ role: line.role, socket: line, bufferedBytes, highWaterBytes });
    }
    if (bufferedBytes > maxQueuedBytes) line.close(1013, `More than ${maxQueuedBytes} bytes were waiting to be read`);
    return false;
  }

  /** The socket did not take all at once. */
  handleBlocked(): void {
    const { limits, timers } = this.#line;
    const { stalledAfterMs } = limits;
    this.#blockedAtMs = timers.nowMs;
    this.#stallTimer = timers.schedule(stalledAfterMs, () =>
      this.#line.cutLate(`Nothing of what was sent was taken for ${stalledAfterMs} ms`),
    );
  }

  /** The socket has taken what it was given. */
  handleTaken(hadToWait: boolean): void {
    const line = this.#line;
    if (hadToWait) {
      this.stop();
      // The peer has made room by reading: that is life, though its pong may be far behind.
      if (line.timers.nowMs - this.#blockedAtMs >= peerWaitMs) this.#heartbeat.markAlive();
    }
    if (!this.#needsDrain || line.state !== "open") return;
    if (line.bufferedBytes > line.limits.highWaterBytes * drainShare) return;
    this.#needsDrain = false;
    line.handleDrained();
  }

  stop(): void {
    this.#line.timers.cancel(this.#stallTimer);
  }
}

import type { LineLimits } from "./limits.ts";
import type { TimerWheel, WheelTimer } from "./timer-wheel.ts";

/** The line a {@link Heartbeat} beats for. An object and not functions: there is one for every idle connection. */
export interface BeatingLine {
  readonly limits: LineLimits;
  readonly timers: TimerWheel;
  readonly state: "open" | "closing" | "closed";
  /** Whether the line does not read now: then silence says nothing of the peer. */
  readonly isHeld: boolean;
  ping(): void;
  cutLate(reason: string): void;
}

/** Finds out whether a silent peer is still there, and how far away it is. */
export class Heartbeat {
  readonly #line: BeatingLine;
  #lastAliveMs: number;
  #hasPinged = false;
  /** When the ping that is not answered yet was sent. */
  #pingedAtMs: number | undefined;
  #roundTripMs: number | undefined;
  #timer: WheelTimer | undefined;

  constructor(line: BeatingLine) {
    this.#line = line;
    this.#lastAliveMs = line.timers.nowMs;
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  start(): void {
    this.#schedule(0);
  }

  stop(): void {
    this.#line.timers.cancel(this.#timer);
  }

  /** The peer has given a sign of life, or could not. */
  markAlive(): void {
    this.#lastAliveMs = this.#line.timers.nowMs;
    this.#hasPinged = false;
  }

  /** From now on we do not read: how long an answer takes then is not the peer's doing. */
  hold(): void {
    this.#pingedAtMs = undefined;
  }

  measure(): void {
    if (this.#pingedAtMs === undefined) return; // nobody asked
    this.#roundTripMs = this.#line.timers.clockMs - this.#pingedAtMs;
    this.#pingedAtMs = undefined;
  }

  #schedule(silentMs: number): void {
    const { limits, timers } = this.#line;
    const { pingAfterMs, deadAfterMs } = limits;
    const dueMs = this.#hasPinged ? deadAfterMs : Math.min(pingAfterMs, deadAfterMs);
    this.#timer = timers.schedule(dueMs - silentMs, Heartbeat.#beat, this);
  }

  static #beat(heartbeat: Heartbeat): void {
    heartbeat.#check();
  }

  #check(): void {
    const line = this.#line;
    if (line.state !== "open") return; // the close timer watches now
    if (line.isHeld) this.markAlive();
    const silentMs = line.timers.nowMs - this.#lastAliveMs;
    const { pingAfterMs, deadAfterMs } = line.limits;
    if (silentMs >= deadAfterMs) return line.cutLate(`Nothing was received for ${deadAfterMs} ms`);
    if (silentMs >= pingAfterMs && !this.#hasPinged) {
      line.ping();
      this.#hasPinged = true;
      this.#pingedAtMs = line.timers.clockMs;
    }
    this.#schedule(silentMs);
  }
}

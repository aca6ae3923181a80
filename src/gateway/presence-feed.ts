import { encodeServerMessage, type Member } from "../wire/index.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { GatewayLimits } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import { type Attendance, Presence } from "./presence.ts";

export interface PresenceFeedOptions {
  readonly channel: string;
  readonly outbox: Outbox;
  readonly deadlines: Deadlines;
  readonly limits: GatewayLimits;
  /** Sends a text to all who follow the channel. */
  readonly tell: (text: string) => void;
  /** Called when somebody may have left for good. */
  readonly changed: () => void;
}

/** A channel's presence, which tells by itself when it has something to tell. */
export class PresenceFeed {
  readonly #options: PresenceFeedOptions;
  readonly #presence: Presence;
  #deadline: Deadline | undefined;

  constructor(options: PresenceFeedOptions) {
    const { presenceDiffMs, presenceGraceMs, maxPresenceListCount } = options.limits;
    this.#options = options;
    this.#presence = new Presence({
      graceMs: presenceGraceMs,
      diffMs: presenceDiffMs,
      maxListCount: maxPresenceListCount,
    });
  }

  get isEmpty(): boolean {
    return this.#presence.isEmpty;
  }

  get attendance(): Attendance {
    return this.#presence.attendance;
  }

  /** A connection of the device is there. @returns who is there now. */
  enter({ member, user }: Member): Attendance {
    this.#presence.join({ member, user });
    this.#arm();
    return this.#presence.attendance;
  }

  /** One is gone. */
  leave(member: string, isGoodbye: boolean): void {
    this.#presence.leave(member, { isGoodbye, nowMs: this.#options.outbox.nowMs });
    this.#arm();
  }

  #arm(): void {
    const { deadlines } = this.#options;
    deadlines.cancel(this.#deadline);
    const { nextMs } = this.#presence;
    if (nextMs < Infinity) this.#deadline = deadlines.at(nextMs, (nowMs) => this.#tell(nowMs));
  }

  #tell(nowMs: number): void {
    const { changed, channel, tell } = this.#options;
    const diff = this.#presence.take(nowMs);
    this.#arm();
    changed();
    if (diff !== undefined) tell(encodeServerMessage({ type: "presence", channel, ...diff }));
  }
}

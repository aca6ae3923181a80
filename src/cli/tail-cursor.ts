/** Where a follower is in a channel: what each message of the gateway means to it. Reads no clock and no socket. */
import type { GapMessage, Position, ServerMessage, User, WireEvent } from "../wire/index.ts";
import { formatPosition } from "./position-text.ts";
import type { TailRecord } from "./tail-view.ts";

export interface TailCursorOptions {
  readonly channel: string;
  /** Whether ephemeral events and people who come and go are told. */
  readonly showsEphemeral: boolean;
  readonly showsPresence: boolean;
}

export class TailCursor {
  readonly #options: TailCursorOptions;
  #position: Position | undefined;
  /** The newest offset when the subscription was made: history is over with it. */
  #top = 0;
  #isGapOwed = false;
  #isLive = false;
  #shownCount = 0;
  #lostCount = 0;
  #awaySinceMs: number | undefined;

  constructor(options: TailCursorOptions) {
    this.#options = options;
  }

  /** Just after the newest entry that was shown; undefined before the first subscription. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Whether history is over. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** The line is gone, since then; what is shown until it is live again was missed. */
  lose(nowMs: number): void {
    this.#isLive = false;
    if (this.#awaySinceMs !== undefined) return;
    this.#awaySinceMs = nowMs;
    [this.#shownCount, this.#lostCount] = [0, 0];
  }

  /** Where it is before its first subscription. */
  place(position: Position): void {
    this.#position = position;
  }

  /** What a message of the gateway gives to show, at a time. */
  receive(message: ServerMessage, nowMs: number): readonly TailRecord[] {
    if (!("channel" in message) || message.channel !== this.#options.channel) return [];
    switch (message.type) {
      case "subscribed":
        this.#position ??= message.position;
        // A start elsewhere than where we are: a gap will say so.
        this.#isGapOwed = formatPosition(this.#position) !== formatPosition(message.position);
        this.#top = message.top;
        return [
          ...this.#people(
            message.members?.map(({ user }) => user),
            message.memberCount,
          ),
          ...this.#settle(nowMs),
        ];
      case "event":
        if (this.#position !== undefined) {
          this.#position = { ...this.#position, offset: message.offset, tag: message.tag };
        }
        return [this.#describe(message), ...this.#settle(nowMs)];
      case "gap":
        return [this.#skip(message), ...this.#settle(nowMs)];
      default:
        return this.#describeUnstored(message);
    }
  }

  #settle(nowMs: number): readonly TailRecord[] {
    if (this.#isLive || this.#isGapOwed || (this.#position?.offset ?? 0) < this.#top) return [];
    this.#isLive = true;
    if (this.#awaySinceMs === undefined) {
      return [{ type: "live", channel: this.#options.channel, shownCount: this.#shownCount }];
    }
    const awayMs = Math.round(nowMs - this.#awaySinceMs);
    this.#awaySinceMs = undefined;
    return [{ type: "back", awayMs, recoveredCount: this.#shownCount, lostCount: this.#lostCount }];
  }

  #skip({ channel, from, reason, to }: GapMessage): TailRecord {
    this.#position = to;
    // A log that changed below us: how far it reaches now, nobody has told.
    if (!this.#isGapOwed && reason !== "trimmed") this.#top = to.offset;
    this.#isGapOwed = false;
    this.#lostCount += Math.max(0, to.offset - from.offset);
    return { type: "gap", channel, reason, from: from.offset, to: to.offset, position: formatPosition(to) };
  }

  #describe({ atMs, data, event, messageId, offset, tag, user }: WireEvent): TailRecord {
    this.#shownCount++;
    const position = formatPosition({ epoch: this.#position?.epoch ?? "", offset, tag });
    const at = new Date(atMs).toISOString();
    return { type: "event", channel: this.#options.channel, event, offset, position, id: messageId, user, at, data };
  }

  #describeUnstored(message: Exclude<ServerMessage, { readonly type: "event" }>): readonly TailRecord[] {
    switch (message.type) {
      case "ephemeral": {
        const { channel, data, event, user } = message;
        return this.#options.showsEphemeral ? [{ type: "ephemeral", channel, event, user, data }] : [];
      }
      case "latest": {
        const { channel, event, values } = message;
        return values.map(({ data, key, user }) => ({ type: "latest", channel, event, key, user, data }));
      }
      case "presence": {
        const { joined, left, memberCount, members } = message;
        return this.#people(
          [...joined, ...(members ?? [])].map(({ user }) => user),
          memberCount,
          left.length,
        );
      }
      default:
        return [];
    }
  }

  #people(joined: readonly User[] = [], memberCount?: number, leftCount = 0): readonly TailRecord[] {
    const isEmpty = joined.length === 0 && leftCount === 0 && memberCount === undefined;
    if (!this.#options.showsPresence || isEmpty) return [];
    const { channel } = this.#options;
    return [{ type: "presence", channel, joined, leftCount, ...(memberCount === undefined ? {} : { memberCount }) }];
  }
}

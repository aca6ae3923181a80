import type { Member } from "../wire/index.ts";

interface Present {
  member: Member;
  connectionCount: number;
}

export interface PresenceDiff {
  readonly joined: readonly Member[];
  readonly left: readonly string[];
}

/**
 * Who is in one channel: one entry a device, however many connections it has.
 *
 * A device that is cut off stays for a while, so that its reconnect is not seen by anybody; one that says goodbye leaves at once.
 * Changes are collected, and told at most so often. A diff says how things are now: telling somebody what they know is harmless.
 */
export class Presence {
  readonly #graceMs: number;
  readonly #diffMs: number;
  readonly #present = new Map<string, Present>();
  /** Those without a connection and when they leave, soonest first: the grace is the same for all. */
  readonly #leaving = new Map<string, number>();
  readonly #joined = new Map<string, Member>();
  readonly #left = new Set<string>();
  #quietUntilMs = -Infinity;

  constructor({ diffMs, graceMs }: { readonly graceMs: number; readonly diffMs: number }) {
    this.#graceMs = graceMs;
    this.#diffMs = diffMs;
  }

  get isEmpty(): boolean {
    return this.#present.size === 0;
  }

  get members(): readonly Member[] {
    return Array.from(this.#present.values(), ({ member }) => member);
  }

  /** When `take` may have something to tell; `Infinity` if never. */
  get nextMs(): number {
    const [leavesAtMs = Infinity] = this.#leaving.values();
    const tellsAtMs = this.#joined.size + this.#left.size > 0 ? this.#quietUntilMs : Infinity;
    return Math.min(leavesAtMs, tellsAtMs);
  }

  join(member: Member): void {
    const present = this.#present.get(member.member);
    this.#leaving.delete(member.member);
    if (present === undefined) {
      this.#present.set(member.member, { member, connectionCount: 1 });
      this.#tellJoined(member);
      return;
    }
    present.connectionCount += 1;
    if (present.member.user.name !== member.user.name) this.#tellJoined(member);
    present.member = member;
  }

  /** One connection of the device is gone. */
  leave(id: string, { isGoodbye, nowMs }: { readonly isGoodbye: boolean; readonly nowMs: number }): void {
    const present = this.#present.get(id);
    if (present === undefined) return;
    present.connectionCount -= 1;
    if (present.connectionCount > 0) return;
    if (isGoodbye) this.#remove(id);
    else this.#leaving.set(id, nowMs + this.#graceMs);
  }

  /** What to tell everybody now, if anything. */
  take(nowMs: number): PresenceDiff | undefined {
    for (const [id, leavesAtMs] of this.#leaving) if (leavesAtMs <= nowMs) this.#remove(id);
    if (this.#joined.size + this.#left.size === 0 || nowMs < this.#quietUntilMs) return undefined;
    const diff = { joined: [...this.#joined.values()], left: [...this.#left] };
    this.#joined.clear();
    this.#left.clear();
    this.#quietUntilMs = nowMs + this.#diffMs;
    return diff;
  }

  #tellJoined(member: Member): void {
    this.#left.delete(member.member);
    this.#joined.set(member.member, member);
  }

  #remove(id: string): void {
    this.#leaving.delete(id);
    this.#present.delete(id);
    this.#joined.delete(id);
    this.#left.add(id);
  }
}

import type { Member } from "../wire/index.ts";

interface Present {
  member: Member;
  connectionCount: number;
}

/** Who came and who went; or how many there are, if they are too many for a list; or all of them, now that they are not any more. */
export interface PresenceDiff {
  readonly joined: readonly Member[];
  readonly left: readonly string[];
  readonly members?: readonly Member[];
  readonly memberCount?: number;
}

/** Who is there: a list, or how many. */
export type Attendance = { readonly members: readonly Member[] } | { readonly memberCount: number };

export interface PresenceOptions {
  readonly graceMs: number;
  readonly diffMs: number;
  readonly maxListCount: number;
}

/**
 * Who is in one channel: one entry a device, however many connections it has.
 *
 * A device that is cut off stays for a while, so that its reconnect is not seen by anybody; one that says goodbye leaves at once.
 * Changes are collected, and told at most so often. A diff says how things are now: telling somebody what they know is harmless.
 *
 * Past a number of members only their number is told: a list would have to go to as many as it has members. Lists are back when there
 * are a tenth fewer, so that who comes and goes at the limit does not cost everybody a list each time.
 */
export class Presence {
  readonly #graceMs: number;
  readonly #diffMs: number;
  readonly #maxListCount: number;
  readonly #present = new Map<string, Present>();
  /** Those without a connection and when they leave, soonest first: the grace is the same for all. */
  readonly #leaving = new Map<string, number>();
  readonly #joined = new Map<string, Member>();
  readonly #left = new Set<string>();
  #quietUntilMs = -Infinity;
  #isCounting = false;
  #toldCount = 0;
  /** Of other nodes, those that tell only their number. */
  #othersCount = 0;
  #isRecounted = false;

  constructor({ diffMs, graceMs, maxListCount }: PresenceOptions) {
    this.#graceMs = graceMs;
    this.#diffMs = diffMs;
    this.#maxListCount = maxListCount;
  }

  /** Whether nobody is there but those who are elsewhere too. */
  isEmpty(isElsewhere: (id: string) => boolean = () => false): boolean {
    for (const id of this.#present.keys()) if (!isElsewhere(id)) return false;
    return true;
  }

  get #memberCount(): number {
    return this.#present.size + this.#othersCount;
  }

  /** What somebody who comes now is told. The next diff goes on from there. */
  get attendance(): Attendance {
    return this.#isCounting ? { memberCount: this.#memberCount } : { members: this.#members() };
  }

  /** When `take` may have something to tell; `Infinity` if never. */
  get nextMs(): number {
    const [leavesAtMs = Infinity] = this.#leaving.values();
    const tellsAtMs = this.#isChanged ? this.#quietUntilMs : Infinity;
    return Math.min(leavesAtMs, tellsAtMs);
  }

  join(member: Member): void {
    const present = this.#present.get(member.member);
    this.#leaving.delete(member.member);
    if (present === undefined) {
      this.#present.set(member.member, { member, connectionCount: 1 });
      this.#tellJoined(member);
      this.#countIfMany();
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

  /** So many are there besides, of whom only that is known. */
  countOthers(count: number): void {
    if (count === this.#othersCount) return;
    this.#othersCount = count;
    this.#isRecounted = true;
    this.#countIfMany();
  }

  /** What to tell everybody now, if anything. */
  take(nowMs: number): PresenceDiff | undefined {
    for (const [id, leavesAtMs] of this.#leaving) if (leavesAtMs <= nowMs) this.#remove(id);
    if (!this.#isChanged || nowMs < this.#quietUntilMs) return undefined;
    const diff = this.#isCounting ? this.#count() : { joined: [...this.#joined.values()], left: [...this.#left] };
    this.#joined.clear();
    this.#left.clear();
    this.#isRecounted = false;
    if (diff !== undefined) this.#quietUntilMs = nowMs + this.#diffMs;
    return diff;
  }

  #count(): PresenceDiff | undefined {
    const nobody = { joined: [], left: [] };
    const memberCount = this.#memberCount;
    this.#isCounting = this.#othersCount > 0 || memberCount > this.#maxListCount * 0.9;
    if (!this.#isCounting) {
      this.#toldCount = 0;
      return { ...nobody, members: this.#members() };
    }
    if (memberCount === this.#toldCount) return undefined;
    this.#toldCount = memberCount;
    return { ...nobody, memberCount };
  }

  get #isChanged(): boolean {
    return this.#isRecounted || this.#joined.size + this.#left.size > 0;
  }

  #countIfMany(): void {
    if (this.#othersCount > 0 || this.#present.size > this.#maxListCount) this.#isCounting = true;
  }

  #members(): readonly Member[] {
    return Array.from(this.#present.values(), ({ member }) => member);
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

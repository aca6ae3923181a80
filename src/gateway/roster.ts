import type { Member } from "../wire/index.ts";
import type { PresenceReport } from "./presence-report.ts";

interface Present {
  member: Member;
  connectionCount: number;
}

export interface RosterOptions {
  readonly diffMs: number;
  readonly maxListCount: number;
}

/** Members in one report: it must fit into a message of any broker. */
const maxReportCount = 500;

/** Who is in a channel with this node, and what the other nodes are still to be told of that. */
export class Roster {
  readonly #options: RosterOptions;
  readonly #present = new Map<string, Present>();
  readonly #joined = new Map<string, Member>();
  readonly #left = new Set<string>();
  readonly #cut = new Set<string>();
  #sequence = 0;
  #quietUntilMs = -Infinity;
  #isAsked = false;
  #isCounting = false;

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#present.size === 0;
  }

  /** When `take` has something; `Infinity` if nothing is to be told. */
  get nextMs(): number {
    const isNews = this.#isAsked || this.#joined.size + this.#left.size + this.#cut.size > 0;
    return isNews ? this.#quietUntilMs : Infinity;
  }

  /** What says that this node is there, if anybody has to know. */
  get beat(): PresenceReport | undefined {
    return this.isEmpty ? undefined : { type: "beat", sequence: this.#sequence };
  }

  enter(member: Member): void {
    const id = member.member;
    const present = this.#present.get(id);
    if (present?.member.user.name !== member.user.name || present === undefined) this.#joined.set(id, member);
    this.#left.delete(id);
    this.#cut.delete(id);
    if (present === undefined) {
      this.#present.set(id, { member, connectionCount: 1 });
      return;
    }
    present.connectionCount += 1;
    present.member = member;
  }

  leave(id: string, isGoodbye: boolean): void {
    const present = this.#present.get(id);
    if (present === undefined) return;
    present.connectionCount -= 1;
    if (present.connectionCount > 0) return;
    this.#present.delete(id);
    this.#joined.delete(id);
    (isGoodbye ? this.#left : this.#cut).add(id);
  }

  /** Another node wants to know who is there. */
  asked(): void {
    if (!this.isEmpty) this.#isAsked = true;
  }

  /** What the others are to be told now. */
  take(nowMs: number): readonly PresenceReport[] {
    if (nowMs < this.nextMs) return [];
    this.#quietUntilMs = nowMs + this.#options.diffMs;
    const reports = this.#report();
    this.#joined.clear();
    this.#left.clear();
    this.#cut.clear();
    this.#isAsked = false;
    return reports;
  }

  #report(): readonly PresenceReport[] {
    const { maxListCount } = this.#options;
    const wasCounting = this.#isCounting;
    const memberCount = this.#present.size;
    this.#isCounting = memberCount > (wasCounting ? maxListCount * 0.9 : maxListCount);
    if (this.#isCounting) return [{ type: "count", sequence: this.#next(), memberCount }];
    if (!this.#isAsked && !wasCounting) return this.#diffs([...this.#joined.values()]);
    const members = Array.from(this.#present.values(), ({ member }) => member);
    const first = { type: "all", sequence: this.#next(), members: members.slice(0, maxReportCount) } as const;
    return members.length <= maxReportCount ? [first] : [first, ...this.#diffs(members.slice(maxReportCount))];
  }

  /** Those who have gone are in the first of them. */
  #diffs(joined: readonly Member[]): readonly PresenceReport[] {
    const reports: PresenceReport[] = [];
    for (let at = 0; at === 0 || at < joined.length; at += maxReportCount) {
      const [left, cut] = at === 0 ? [[...this.#left], [...this.#cut]] : [[], []];
      reports.push({ type: "diff", sequence: this.#next(), joined: joined.slice(at, at + maxReportCount), left, cut });
    }
    return reports;
  }

  #next(): number {
    this.#sequence += 1;
    return this.#sequence;
  }
}

import type { Member } from "../wire/index.ts";
import type { Presence } from "./presence.ts";
import type { PresenceReport } from "./presence-report.ts";

/** What another node has told of a channel. */
interface Neighbour {
  sequence: number;
  readonly ids: Set<string>;
  /** Of those who are too many for a list. */
  memberCount: number;
  heardMs: number;
}

/** The other nodes of a channel, and who is there with them. What they tell becomes part of the channel's presence. */
export class Neighbours {
  readonly #presence: Presence;
  readonly #timeoutMs: number;
  readonly #nodes = new Map<string, Neighbour>();

  constructor(presence: Presence, timeoutMs: number) {
    this.#presence = presence;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether a member is there with another node. */
  has(id: string): boolean {
    for (const { ids } of this.#nodes.values()) if (ids.has(id)) return true;
    return false;
  }

  /** @returns whether something of this node was missed, so that it must be asked. */
  hear(node: string, report: Exclude<PresenceReport, { readonly type: "ask" }>, nowMs: number): boolean {
    const known = this.#nodes.get(node);
    if (known !== undefined) known.heardMs = nowMs;
    const sequence = known?.sequence ?? 0;
    switch (report.type) {
      case "beat":
        return report.sequence !== sequence;
      case "diff":
        if (report.sequence <= sequence) return false;
        if (report.sequence > sequence + 1) return true;
        this.#change(this.#open(node, nowMs), report, nowMs);
        return false;
      case "all":
        this.#replace(this.#open(node, nowMs), report, nowMs);
        return false;
      default:
        this.#count(this.#open(node, nowMs), report satisfies { readonly type: "count" }, nowMs);
        return false;
    }
  }

  /** Who has not been heard for too long is gone, with all who were there. */
  expire(nowMs: number): void {
    for (const [node, neighbour] of this.#nodes) {
      if (nowMs - neighbour.heardMs < this.#timeoutMs) continue;
      // They had all this time to come back elsewhere.
      for (const id of neighbour.ids) this.#presence.leave(id, { isGoodbye: true, nowMs });
      this.#nodes.delete(node);
    }
    this.#sum();
  }

  /** This node could hear nobody: that nobody was heard says nothing of them. */
  forgive(nowMs: number): void {
    for (const neighbour of this.#nodes.values()) neighbour.heardMs = nowMs;
  }

  #open(node: string, heardMs: number): Neighbour {
    const known = this.#nodes.get(node);
    if (known !== undefined) return known;
    const neighbour: Neighbour = { sequence: 0, ids: new Set(), memberCount: 0, heardMs };
    this.#nodes.set(node, neighbour);
    return neighbour;
  }

  #change(
    neighbour: Neighbour,
    { cut, joined, left, sequence }: Extract<PresenceReport, { readonly type: "diff" }>,
    nowMs: number,
  ): void {
    neighbour.sequence = sequence;
    for (const member of joined) this.#join(neighbour, member, nowMs);
    for (const id of left) this.#leave(neighbour, id, { isGoodbye: true, nowMs });
    for (const id of cut) this.#leave(neighbour, id, { isGoodbye: false, nowMs });
  }

  #replace(
    neighbour: Neighbour,
    { members, sequence }: Extract<PresenceReport, { readonly type: "all" }>,
    nowMs: number,
  ): void {
    neighbour.sequence = sequence;
    neighbour.memberCount = 0;
    const gone = new Set(neighbour.ids);
    for (const member of members) {
      gone.delete(member.member);
      this.#join(neighbour, member, nowMs);
    }
    for (const id of gone) this.#leave(neighbour, id, { isGoodbye: false, nowMs });
    this.#sum();
  }

  #count(
    neighbour: Neighbour,
    { memberCount, sequence }: Extract<PresenceReport, { readonly type: "count" }>,
    nowMs: number,
  ): void {
    neighbour.sequence = sequence;
    neighbour.memberCount = memberCount;
    // Counted first: nobody is to be told that so many have left.
    this.#sum();
    for (const id of neighbour.ids) this.#leave(neighbour, id, { isGoodbye: true, nowMs });
  }

  #join({ ids }: Neighbour, member: Member, nowMs: number): void {
    this.#presence.join(member);
    // Known already, with another name perhaps: it is one connection all the same.
    if (ids.has(member.member)) this.#presence.leave(member.member, { isGoodbye: false, nowMs });
    ids.add(member.member);
  }

  #leave({ ids }: Neighbour, id: string, how: { readonly isGoodbye: boolean; readonly nowMs: number }): void {
    if (ids.delete(id)) this.#presence.leave(id, how);
  }

  #sum(): void {
    let count = 0;
    for (const { memberCount } of this.#nodes.values()) count += memberCount;
    this.#presence.countOthers(count);
  }
}

import { encodeServerMessage, type Member } from "../wire/index.ts";
import { encodeBroadcast } from "./broadcast.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { GatewayLimits } from "./limits.ts";
import { Neighbours } from "./neighbours.ts";
import type { Outbox } from "./outbox.ts";
import { type Attendance, Presence } from "./presence.ts";
import type { PresenceReport } from "./presence-report.ts";
import { Roster } from "./roster.ts";

export interface PresenceFeedOptions {
  readonly channel: string;
  readonly outbox: Outbox;
  readonly deadlines: Deadlines;
  readonly limits: GatewayLimits;
  /** This node's name, if there may be others. */
  readonly node?: string | undefined;
  /** Sends a text to all who follow the channel. */
  readonly tell: (text: string) => void;
  /** Tells every node of the channel. */
  readonly announce: (payload: string) => void;
  /** Called when nobody of this node is left. */
  readonly changed: () => void;
}

/** A channel's presence, which tells by itself when it has something to tell: to its subscribers, and to other nodes. */
export class PresenceFeed {
  readonly #options: PresenceFeedOptions;
  readonly #presence: Presence;
  readonly #roster: Roster;
  readonly #neighbours: Neighbours;
  /** When this node heard of itself last: then it hears others too. */
  #echoMs: number;
  #wasEmpty = true;
  #deadline: Deadline | undefined;

  constructor(options: PresenceFeedOptions) {
    const {
      maxPresenceListCount: maxListCount,
      nodeTimeoutMs,
      presenceDiffMs: diffMs,
      presenceGraceMs: graceMs,
    } = options.limits;
    this.#options = options;
    this.#presence = new Presence({ graceMs, diffMs, maxListCount });
    this.#roster = new Roster({ diffMs, maxListCount });
    this.#neighbours = new Neighbours(this.#presence, nodeTimeoutMs);
    this.#echoMs = options.outbox.nowMs;
  }

  /** Whether nobody of this node is there, or may be back in a moment. */
  get isEmpty(): boolean {
    return this.#roster.isEmpty && this.#presence.isEmpty((id) => this.#neighbours.has(id));
  }

  get attendance(): Attendance {
    return this.#presence.attendance;
  }

  /** A connection of the device is there. @returns who is there now. */
  enter({ member, user }: Member): Attendance {
    this.#wasEmpty = false;
    this.#presence.join({ member, user });
    if (this.#isShared) this.#roster.enter({ member, user });
    this.#arm();
    return this.#presence.attendance;
  }

  /** One is gone. */
  leave(member: string, isGoodbye: boolean): void {
    this.#presence.leave(member, { isGoodbye, nowMs: this.#options.outbox.nowMs });
    if (this.#isShared) this.#roster.leave(member, isGoodbye);
    this.#arm();
  }

  // ---- other nodes

  /** Who is there with the others? */
  ask(node?: string): void {
    if (this.#isShared) this.#announce(node === undefined ? { type: "ask" } : { type: "ask", node });
  }

  /** A node told something of who is there: another one, or this one, and then it is known that it can be heard. */
  hear(node: string, report: PresenceReport): void {
    const { nowMs } = this.#options.outbox;
    if (node === this.#options.node) return this.#hearItself(nowMs);
    if (report.type !== "ask") {
      if (this.#neighbours.hear(node, report, nowMs)) this.ask(node);
    } else if (report.node === undefined || report.node === this.#options.node) this.#roster.asked();
    this.#arm();
    this.#lookIfEmpty();
  }

  /** Says that this node is there, and looks who is not any more. */
  beat(): void {
    const { nowMs } = this.#options.outbox;
    const { beat } = this.#roster;
    if (beat !== undefined) this.#announce(beat);
    if (this.#isDeaf(nowMs)) return;
    this.#neighbours.expire(nowMs);
    this.#arm();
  }

  #hearItself(nowMs: number): void {
    const wasDeaf = this.#isDeaf(nowMs);
    this.#echoMs = nowMs;
    if (!wasDeaf) return;
    this.#neighbours.forgive(nowMs);
    this.ask();
  }

  #isDeaf(nowMs: number): boolean {
    return nowMs - this.#echoMs > 2 * this.#options.limits.presenceBeatMs;
  }

  get #isShared(): boolean {
    return this.#options.node !== undefined;
  }

  #announce(presence: PresenceReport): void {
    const { announce, node = "" } = this.#options;
    announce(encodeBroadcast({ node, presence, text: "" }));
  }

  /** Others come and go without end, and must not keep the channel by that. */
  #lookIfEmpty(): void {
    const { isEmpty } = this;
    if (isEmpty && !this.#wasEmpty) this.#options.changed();
    this.#wasEmpty = isEmpty;
  }

  #arm(): void {
    const { deadlines } = this.#options;
    deadlines.cancel(this.#deadline);
    const nextMs = Math.min(this.#presence.nextMs, this.#roster.nextMs);
    if (nextMs < Infinity) this.#deadline = deadlines.at(nextMs, (nowMs) => this.#tell(nowMs));
  }

  #tell(nowMs: number): void {
    const { channel, tell } = this.#options;
    for (const report of this.#roster.take(nowMs)) this.#announce(report);
    const diff = this.#presence.take(nowMs);
    this.#arm();
    this.#lookIfEmpty();
    if (diff !== undefined) tell(encodeServerMessage({ type: "presence", channel, ...diff }));
  }
}

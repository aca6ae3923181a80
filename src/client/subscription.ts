import type {
  ChannelInfo,
  ChannelParams,
  GapMessage,
  HistoryOp,
  Member,
  Position,
  PresenceMessage,
  Start,
  Subscribed,
  WireEvent,
} from "../wire/index.ts";
import { decodeBase64 } from "./base64.ts";
import type { ClientError } from "./errors.ts";
import { Outbox } from "./outbox.ts";
import type { Gap, PresenceChange, RoomStatus } from "./room.ts";

/** Which part of a history is asked for. */
export type HistorySpan = Pick<HistoryOp, "before" | "after" | "count">;

/** A call, or a page of history that is asked for. */
export interface Question {
  readonly ticket: number;
  readonly answer: "history" | "result";
  /** For the words of its errors: `read history`. */
  readonly act: string;
  encode(id: number): string;
  isInFlight: boolean;
}

export interface SubscriptionOptions {
  readonly id: number;
  /** The channel's key in the gateway's table, not its name. */
  readonly channel: string;
  readonly params: ChannelParams;
  readonly recentCount: number;
}

type Phase = "idle" | "asked" | "standing" | "refused" | "left";

const nowhere: Position = { epoch: "", offset: 0, tag: 0 };

/** What a client knows of one channel: where it is in the log, who is there, what it still has to send. */
export class Subscription {
  readonly id: number;
  readonly channel: string;
  readonly params: ChannelParams;
  readonly outbox: Outbox = new Outbox();
  readonly questions: Set<Question> = new Set();
  /** What a hello said of the channel. */
  info: ChannelInfo | undefined;
  /** The name its pattern gives; empty until then. */
  name = "";
  /** Why it ended. */
  error: ClientError | undefined;
  /** Asking again before this is pointless. */
  retryAtMs = 0;
  /** Failures since the last message. */
  attempt = 0;
  readonly #recentCount: number;
  /** Own messages that are stored, still to come, and not to be told. */
  readonly #silent: Set<string> = new Set();
  #phase: Phase = "idle";
  #position: Position = nowhere;
  #top = 0;
  /** The server said that delivery starts elsewhere: it owes a gap before the next event. */
  #isGapOwed = false;
  #members: ReadonlyMap<string, Member> = new Map();
  #memberCount = 0;

  constructor({ id, channel, params, recentCount }: SubscriptionOptions) {
    this.id = id;
    this.channel = channel;
    this.params = params;
    this.#recentCount = recentCount;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Where the last message or gap left us; nothing before the first subscription. */
  get position(): Position | undefined {
    return this.#position === nowhere ? undefined : this.#position;
  }

  /** The last offset that was delivered or told to be gone. */
  get at(): number {
    return this.#position.offset;
  }

  get status(): RoomStatus {
    if (this.#phase === "refused" || this.#phase === "left") return this.#phase;
    if (this.#phase !== "standing") return "joining";
    return this.#isGapOwed || this.at < this.#top ? "replaying" : "live";
  }

  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** Where the first subscription starts. Later ones start after `position`. */
  start(): Start {
    return this.#recentCount > 0 ? { from: "recent", count: this.#recentCount } : { from: "live" };
  }

  /** What was sent with a message, as the application gets it: bytes, if that is what its event is of. */
  withData<Sent extends { readonly data: unknown }>(event: string, sent: Sent): Sent {
    return this.info?.binary?.includes(event) === true ? { ...sent, data: decodeBase64(sent.data) } : sent;
  }

  /** Before its first subscription: whether an earlier page knew where to go on. */
  recall(earlier: () => Position | undefined): void {
    if (this.#position === nowhere) this.#position = earlier() ?? nowhere;
  }

  ask(): void {
    this.#phase = "asked";
  }

  /** Back to where it has to be asked for: the line broke, or the server is not able yet. */
  reset(): void {
    this.#phase = "idle";
  }

  end(phase: "refused" | "left", error?: ClientError): void {
    this.#phase = phase;
    this.error = error;
  }

  stand({ position, top, members, memberCount }: Subscribed): PresenceChange | undefined {
    this.#phase = "standing";
    if (this.#position === nowhere) this.#position = position;
    this.#isGapOwed = !isSamePosition(this.#position, position);
    this.#top = top;
    return this.#setMembers(members, memberCount);
  }

  /** `next`: to be delivered, and the position is past it. `hole`: one is missing, or the log is not the one we know. */
  receiveEvent({ offset, tag }: WireEvent): "next" | "duplicate" | "hole" {
    if (this.#isGapOwed) return "hole";
    const { epoch, offset: at, tag: lastTag } = this.#position;
    if (offset === at && tag !== lastTag) return "hole";
    if (offset <= at) return "duplicate";
    if (offset > at + 1) return "hole";
    this.#position = { epoch, offset, tag };
    this.attempt = 0;
    return "next";
  }

  /** Our message is stored at this offset: it is passed over when it comes, if it has not come before its answer. */
  silence(id: string, offset: number): void {
    if (offset > this.at) this.#silent.add(id);
  }

  /** Whether our message that just came is not to be told. */
  isSilent(id: string): boolean {
    return this.#silent.delete(id) || [...this.outbox].some((one) => one.isSilent && one.id === id);
  }

  receiveGap({ to, reason }: GapMessage): Gap {
    // What was lost is not known: from here on everything is told.
    this.#silent.clear();
    const from = this.at;
    // A log that changed below us: how far it reaches now, nobody has told.
    if (!this.#isGapOwed && reason !== "trimmed") this.#top = to.offset;
    this.#position = to;
    this.#isGapOwed = false;
    return { from, to: to.offset, reason };
  }

  receivePresence({ joined, left, members, memberCount }: PresenceMessage): PresenceChange | undefined {
    const known = new Map(this.#members);
    for (const id of left) known.delete(id);
    for (const one of joined) known.set(one.member, one);
    return this.#setMembers(members ?? [...known.values()], memberCount);
  }

  /** Takes all who are there, or how many if they are too many for a list; neither in a channel without presence. */
  #setMembers(list: readonly Member[] = [], memberCount = list.length): PresenceChange | undefined {
    const isCounted = memberCount > list.length;
    const wasCount = this.#memberCount;
    this.#memberCount = memberCount;
    const members = new Map(isCounted ? [] : list.map((one) => [one.member, one]));
    const before = this.#members;
    this.#members = members;
    // Who is here already, under another name, is told as joined again.
    const isNews = ({ member, user }: Member): boolean =>
      !before.has(member) || before.get(member)?.user.name !== user.name;
    const joined = [...members.values()].filter(isNews);
    const left = isCounted ? [] : [...before.values()].filter(({ member }) => !members.has(member));
    if (joined.length + left.length === 0 && memberCount === wasCount) return undefined;
    return { members: this.members, count: memberCount, joined, left };
  }
}

function isSamePosition(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.offset === b.offset && a.tag === b.tag;
}

/** What an application sees of one channel. Types only; `room-handle.ts` is what is behind them. */
import type {
  CallDefinition,
  ChannelDefinition,
  Durability,
  EventDefinition,
  GapReason,
  InputOf,
  Member,
  OutputOf,
  User,
} from "../wire/index.ts";
import type { ClientError } from "./errors.ts";

/** A stored message of a channel. */
export interface Message<Data = unknown, Event extends string = string> {
  readonly event: Event;
  readonly data: Data;
  /** The id its sender gave it: equal to the one of a pending `send()`, so that a list can show both as one. */
  readonly id: string;
  readonly user: User;
  /** Its place in the channel: +1 a message, of whatever event. */
  readonly offset: number;
  /** When the server took it, milliseconds since 1970. For people: order is by offset. */
  readonly atMs: number;
  /** Whether this client's user sent it, here or on another device. */
  readonly isMine: boolean;
}

/** A message that is told only to those who are there. */
export interface EphemeralMessage<Data = unknown> {
  readonly data: Data;
  readonly user: User;
  /** The sender's device in this channel, as in `presence`; absent if the channel has no presence. */
  readonly member?: string;
  /** How long it means something, from now. */
  readonly ttlMs: number;
}

/** The newest value of one key of a `latest` event. */
export interface LatestValue<Data = unknown> {
  /** What the channel's `by` makes of the data; `""` without one. */
  readonly key: string;
  readonly data: Data;
  readonly user: User;
}

/** The server's word that a message is stored. */
export interface Ack {
  readonly id: string;
  readonly offset: number;
  /** What it survives: `os` a killed process, `fsync` a power loss, `quorum` a lost node. */
  readonly durability: Durability;
  /** The id was stored before; `offset` is where. */
  readonly duplicate: boolean;
}

/** How one durable event is sent. */
export interface SendOptions {
  /**
   * 1-64 of A-Z a-z 0-9 _ -. Default: 128 random bits. The same id never stores a second message, however late it is sent again: of its
   * last 1024 ids a client knows when they were first sent. Of an older one, or one of another page, tell it by `firstSentAtMs`.
   */
  readonly id?: string;
  /**
   * When this id was first sent, milliseconds since 1970 (`Date.now()`), for an application that keeps what it sends over a reload. Longer
   * ago than the server remembers ids (24 hours on SQLite, 10 minutes on Redis) it is refused with `DEDUP_EXPIRED`, unless it is
   * known to be stored. Default: as the client knows it, or now.
   */
  readonly firstSentAtMs?: number;
  /**
   * Whether this client hears its own message. Default true. With false its listeners and loops are not told, after a reconnect neither:
   * for an application that has done already what the message says. Other devices, a reloaded page and `history()` get it, and so
   * may this client after a gap.
   */
  readonly echo?: boolean;
  /** Gives up waiting: the promise rejects with `ABORTED`. What is on its way may still be stored. */
  readonly signal?: AbortSignal;
}

/** Ends what it was given for. Calling it again does nothing. */
export type Unsubscribe = () => void;

/** A stored event of a room. Iterating it gives each message once, in order, from the first `next()` on. */
export interface DurableEvent<Input = unknown, Output = Input, Name extends string = string> extends AsyncIterable<
  Message<Output, Name>
> {
  /**
   * Resolves when the server stored the message; waits for the line if there is none, and retries under the same id until then.
   * Messages of one room are stored in the order they were sent.
   *
   * @throws {SendError} rejects with it when the message was refused or given up; `code` says why. Who does not wait for the promise
   * need not catch `CLOSED`: that the room ended is told by its status.
   */
  send(data: Input, options?: SendOptions): Promise<Ack>;
  /** Calls the listener with each message, once, in order, before anything later happens in this room. */
  on(listener: (message: Message<Output, Name>) => void): Unsubscribe;
}

/** An ephemeral event of a room. */
export interface EphemeralEvent<Input = unknown, Output = Input> extends AsyncIterable<EphemeralMessage<Output>> {
  /**
   * Tells those who are there, if the room is joined; otherwise it is dropped: what means something for seconds is worth no waiting.
   * Resolves with whether it was sent. Rejects if the data is not JSON, and if the client ends before a first hello told that this
   * event is not stored (`CLOSED`).
   */
  send(data: Input): Promise<boolean>;
  on(listener: (message: EphemeralMessage<Output>) => void): Unsubscribe;
}

/** A `latest` event of a room: only the newest value of each key counts. Iterating it skips what is out of date before it is read. */
export interface LatestEvent<Input = unknown, Output = Input> extends AsyncIterable<LatestValue<Output>> {
  /**
   * The newest values by key, those that were renewed longest ago first: always up to date, the same map each time. Empty until the
   * room is joined; as they were last known while there is no line.
   */
  readonly values: ReadonlyMap<string, LatestValue<Output>>;
  /** Tells everybody, this client too, if the room is joined; otherwise it is dropped. Resolves and rejects as an ephemeral event's. */
  send(data: Input): Promise<boolean>;
  /** Calls the listener with each value that comes, after `values` has it; when the room is joined anew, with all there are. */
  on(listener: (value: LatestValue<Output>) => void): Unsubscribe;
}

/**
 * What was after offset `from` is gone, for good; delivery continues after offset `to`. If `to` is smaller than `from`, the store
 * also took back what was delivered after `to`: messages with a greater offset were never, and their places are given anew.
 */
export interface Gap {
  readonly from: number;
  readonly to: number;
  /** `trimmed`: the history no longer reaches back. `truncated`: the store lost its newest. `epoch`: it is another log. */
  readonly reason: GapReason;
}

/** Who came and who went, and who is there now. */
export interface PresenceChange {
  /** Empty where there are so many that only their number is told. */
  readonly members: readonly Member[];
  readonly count: number;
  readonly joined: readonly Member[];
  readonly left: readonly Member[];
}

/** Who is here, one entry a device. Empty in a channel without presence; as it was last known while there is no line. */
export interface Presence {
  readonly members: readonly Member[];
  /** How many there are. Past 1 000 (the gateway's `maxPresenceListCount`) only this is known; when there are fewer again, all are told as joined. */
  readonly count: number;
  on(listener: (change: PresenceChange) => void): Unsubscribe;
}

/**
 * `joining`: no subscription yet, or none at the moment; it is asked for again and again. `replaying`: what was missed is coming. `live`: up to date.
 * `refused`: the server will not have it. `left`: `leave()` was called or the client is closed.
 */
export type RoomStatus = "joining" | "replaying" | "live" | "refused" | "left";

/** Where a room stands; `error` says why it was refused. */
export interface RoomStatusInfo {
  readonly status: RoomStatus;
  /** Why, for `refused`; for `left` if the server closed for good; for `joining` if the server could not yet and is asked again. */
  readonly error?: ClientError;
}

/** Which part of a room's history to read. */
export interface HistoryOptions {
  /** Messages with a smaller offset than this. Default: the newest. */
  readonly before?: number;
  /** Messages with a greater offset than this, instead. */
  readonly after?: number;
  /** How many at most, 1-256. Default 50. */
  readonly count?: number;
}

/** A part of a room's history, oldest first. */
export interface HistoryPage<Item = Message> {
  /** Oldest first. */
  readonly messages: readonly Item[];
  /** Whether further ones are retained: older ones, or with `after` newer ones. */
  readonly more: boolean;
}

/** The part of a room that does not depend on its events. */
export interface RoomControls<Item = Message> {
  /** The channel's name on the wire, once the server has said hello. */
  readonly name: string | undefined;
  readonly status: RoomStatus;
  readonly presence: Presence;
  onStatus(listener: (info: RoomStatusInfo) => void): Unsubscribe;
  /** Told once for each loss, before the next message. */
  onGap(listener: (gap: Gap) => void): Unsubscribe;
  /**
   * Reads what is stored, without a subscription's order: for scrolling back. Waits for the line.
   *
   * @throws {ClientError} rejects with it when refused or given up.
   */
  history(options?: HistoryOptions): Promise<HistoryPage<Item>>;
  /** Ends the subscription, its loops and its pending sends (`CLOSED`). Asking the client again gives a new room. */
  leave(): void;
}

/** A request that the server answers. */
export interface Call<Input = unknown, Output = unknown> {
  /**
   * Asks the server, once: waits for the line if there is none, and is not tried again when it breaks.
   *
   * @throws {ClientError} rejects with it. `DISCONNECTED` and `TIMEOUT`: nobody knows whether it was done. `app:…`: the server's
   * application refused.
   */
  call(data: Input): Promise<Output>;
}

type CallsOf<Definition extends ChannelDefinition> = NonNullable<Definition["calls"]>;

type CallHandle<Definition> =
  Definition extends CallDefinition<infer Input, infer Output> ? Call<Input, Output> : never;

type EventsOf<Definition extends ChannelDefinition> = Definition["events"];
type EventNames<Definition extends ChannelDefinition> = Exclude<
  keyof EventsOf<Definition> & string,
  keyof RoomControls
>;

type EventHandle<Definition extends EventDefinition, Name extends string> = Definition["kind"] extends "ephemeral"
  ? EphemeralEvent<InputOf<Definition>, OutputOf<Definition>>
  : Definition["kind"] extends "latest"
    ? LatestEvent<InputOf<Definition>, OutputOf<Definition>>
    : DurableEvent<InputOf<Definition>, OutputOf<Definition>, Name>;

/** Any stored message of a room: a union on `event`. */
export type RoomMessage<Definition extends ChannelDefinition> = {
  readonly [Name in EventNames<Definition>]: EventsOf<Definition>[Name]["kind"] extends "ephemeral" | "latest"
    ? never
    : Message<OutputOf<EventsOf<Definition>[Name]>, Name>;
}[EventNames<Definition>];

/** One channel, subscribed: its controls, and each of its events and calls by name. */
export type Room<Definition extends ChannelDefinition = ChannelDefinition> = RoomControls<RoomMessage<Definition>> & {
  readonly [Name in EventNames<Definition>]: EventHandle<EventsOf<Definition>[Name], Name>;
} & { readonly [Name in keyof CallsOf<Definition> & string]: CallHandle<CallsOf<Definition>[Name]> };

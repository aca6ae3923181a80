/** The messages of `switchboard.v1+json`: JSON objects in text frames. SPEC.md, chapter "Wire", is the reference. */
import type { AppErrorCode, ErrorCode } from "./errors.ts";
import type { EventKind } from "./contract.ts";

/** The subprotocol a client offers and the server picks (RFC 6455 §1.9). */
export const subprotocol = "switchboard.v1+json";

/** The same messages as MessagePack, in binary frames. */
export const msgpackSubprotocol = "switchboard.v1+msgpack";

/** How messages are written on a connection. */
export type Codec = "json" | "msgpack";

/** What is offered and picked for each codec. */
export const subprotocols: Readonly<Record<Codec, string>> = { json: subprotocol, msgpack: msgpackSubprotocol };

/** How much an acknowledgement is worth, weakest first: `os` survives kill -9, `fsync` power loss, `quorum` a lost node. */
export type Durability = "mem" | "os" | "fsync" | "quorum";

/** A place in a channel's log, just after the entry at `offset`. Opaque to applications. */
export interface Position {
  /** 64 random bits in hex, made with the log: another epoch is another log. */
  readonly epoch: string;
  /** 0 before the first entry, then +1 an entry. */
  readonly offset: number;
  /** 32 random bits of the append at `offset`; 0 at offset 0. Same offset and tag means same append. */
  readonly tag: number;
}

/** Somebody, as the gateway's `authenticate` named them. */
export interface User {
  readonly id: string;
  readonly name?: string;
}

/** One device of one user in a channel. `member` is stable across that device's reconnects while its presence lasts. */
export interface Member {
  readonly member: string;
  readonly user: User;
}

/** An entry of the log as a subscriber sees it. */
export interface WireEvent {
  readonly event: string;
  readonly offset: number;
  readonly tag: number;
  readonly messageId: string;
  readonly user: User;
  /** When the server took it, milliseconds since 1970. For people: order is by offset. */
  readonly atMs: number;
  readonly data: unknown;
}

/** `trimmed`: older than what is kept. `truncated`: the store lost its tail. `epoch`: the log is another one. */
export type GapReason = "trimmed" | "truncated" | "epoch";

/** Where a subscription starts: live only, with the last `recent` entries first, or after a position. */
export type Start =
  | { readonly from: "live" }
  | { readonly from: "recent"; readonly count: number }
  | { readonly from: "position"; readonly position: Position };

// ---- client to server. `id` is the request's number on this connection; its answer carries the same.

/** Who I am. The first op of every connection. */
export interface AuthOp {
  readonly type: "auth";
  readonly id: number;
  /** Whatever the gateway's `authenticate` expects; absent: a guest. */
  readonly token?: string;
  /** 128 random bits in hex that this device keeps: one presence entry a device, and the guest's identity. Secret. */
  readonly device: string;
}
/** The same user with newer credentials. Answered by `refreshed`. */
export interface RefreshOp {
  readonly type: "refresh";
  readonly id: number;
  readonly token: string;
}
/** Tell me of this channel. Answered by `subscribed`. */
export interface SubscribeOp {
  readonly type: "subscribe";
  readonly id: number;
  readonly channel: string;
  readonly start: Start;
}
/** All channels of a client that came back, in one frame. Answered by one `resumed`. */
export interface ResumeOp {
  readonly type: "resume";
  readonly id: number;
  readonly channels: readonly { readonly channel: string; readonly position: Position }[];
}
/** No more of this channel. Answered by `unsubscribed`. */
export interface UnsubscribeOp {
  readonly type: "unsubscribe";
  readonly id: number;
  readonly channel: string;
}
/** Store this and tell everyone. Answered by `ack` once it is stable. */
export interface PublishOp {
  readonly type: "publish";
  readonly id: number;
  readonly channel: string;
  readonly event: string;
  /** Chosen by the client, unique for this user and channel: publishing it again stores nothing new. 1-64 of A-Z a-z 0-9 _ - */
  readonly messageId: string;
  readonly data: unknown;
  /** This id was sent before: a server that no longer remembers it must refuse (`DEDUP_EXPIRED`), not store. Holds the ms since the first try. */
  readonly retryAfterFirstMs?: number;
}
/**
 * What is not stored: an `ephemeral` event, to those who are subscribed now other than the sender, or the newest value of a `latest`
 * event, to all. Never answered unless refused.
 */
export interface EphemeralOp {
  readonly type: "ephemeral";
  readonly id: number;
  readonly channel: string;
  readonly event: string;
  readonly data: unknown;
}
/** Answer this. Answered by `result`. Never done twice by itself: who loses the line before the answer does not know whether it was done. */
export interface CallOp {
  readonly type: "call";
  readonly id: number;
  readonly channel: string;
  /** 1-64 of A-Z a-z 0-9 _ . - */
  readonly method: string;
  readonly data: unknown;
}
/** Up to `count` entries before offset `before` or after offset `after`, one of the two; answered oldest first. */
export interface HistoryOp {
  readonly type: "history";
  readonly id: number;
  readonly channel: string;
  readonly before?: number;
  readonly after?: number;
  readonly count: number;
}
/** Everything a client may send. */
export type ClientOp =
  | AuthOp
  | RefreshOp
  | SubscribeOp
  | ResumeOp
  | UnsubscribeOp
  | PublishOp
  | EphemeralOp
  | CallOp
  | HistoryOp;

// ---- server to client

/** What a client must know of a channel at run time; the types it has from the server's source. */
export interface ChannelInfo {
  readonly pattern: string;
  readonly events: Readonly<Record<string, EventKind>>;
  readonly presence: boolean;
  /** The events whose data is bytes, which is base64 text on the wire (RFC 4648 §4, padded). Absent: none. */
  readonly binary?: readonly string[];
}
/** The first message on every connection, before auth. */
export interface HelloMessage {
  readonly type: "hello";
  readonly version: 1;
  readonly durability: Durability;
  readonly pingAfterMs: number;
  readonly dedupWindowMs: number;
  readonly limits: {
    /** One frame of the client, in bytes, however many operations are in it. */
    readonly maxMessageBytes: number;
    /** Operations in one frame of the client. */
    readonly maxOperationsPerFrame: number;
    readonly maxChannelsPerConnection: number;
    readonly authTimeoutMs: number;
  };
  readonly channels: Readonly<Record<string, ChannelInfo>>;
}
/** The answer to `auth`. */
export interface AuthenticatedMessage {
  readonly type: "authenticated";
  readonly id: number;
  readonly user: User;
  /** How long the credentials are good for; then the line is closed with 4001. Absent: they do not expire. */
  readonly expiresInMs?: number;
}
/** The answer to `refresh`: the new credentials count from now on. */
export interface RefreshedMessage {
  readonly type: "refreshed";
  readonly id: number;
  readonly expiresInMs?: number;
}
/** The credentials will expire: a `refresh` keeps the line. */
export interface ExpiringMessage {
  readonly type: "expiring";
  readonly expiresInMs: number;
}
/** A subscription stands. Entries after `position` follow as `event`, preceded by one `gap` message if some are gone. */
export interface Subscribed {
  readonly channel: string;
  /** The position delivery starts after. On a resume without a gap this is the client's own. */
  readonly position: Position;
  /** The newest entry's offset when the subscription was made: replay is over when it has come. */
  readonly top: number;
  /** Present when the channel has presence, and not too many for a list. */
  readonly members?: readonly Member[];
  /** How many are there, instead of a list that would be too long. */
  readonly memberCount?: number;
}
/** The answer to `subscribe`. */
export interface SubscribedMessage extends Subscribed {
  readonly type: "subscribed";
  /** Absent: the server subscribed this connection by itself, and says to which channel of `hello` with which parameters. */
  readonly id?: number;
  readonly definition?: string;
  readonly params?: Readonly<Record<string, string>>;
}
/** The answer to `resume`: each channel stands, or was refused by itself. */
export interface ResumedMessage {
  readonly type: "resumed";
  readonly id: number;
  readonly channels: readonly (Subscribed | { readonly channel: string; readonly error: WireError })[];
}
/** The answer to `unsubscribe`; nothing of the channel follows it. */
export interface UnsubscribedMessage {
  readonly type: "unsubscribed";
  /** Absent: the server ended the subscription by itself, and says why. */
  readonly id?: number;
  readonly channel: string;
  readonly error?: WireError;
}
/** The answer to `publish`: stored, at this position and level. */
export interface AckMessage extends Position {
  readonly type: "ack";
  readonly id: number;
  readonly durability: Durability;
  /** The id was stored before; this is where. */
  readonly duplicate: boolean;
}
/** The answer to `call`. */
export interface ResultMessage {
  readonly type: "result";
  readonly id: number;
  /** Absent: there is nothing to say but that it was done. */
  readonly data?: unknown;
}
/** The answer to `history`. */
export interface HistoryMessage {
  readonly type: "history";
  readonly id: number;
  readonly channel: string;
  readonly epoch: string;
  readonly events: readonly WireEvent[];
  /** Whether further entries are retained: older ones than these, or newer ones if `after` was asked for. */
  readonly more: boolean;
}
/** An entry of a subscribed channel, in order of offset. */
export interface EventMessage extends WireEvent {
  readonly type: "event";
  readonly channel: string;
}
/**
 * Entries after `from` are gone or were never true; delivery continues after `to`. A `to` before `from` withdraws what was delivered
 * behind it. With `truncated` or `epoch` and any other `to`, nothing that was delivered is known to be true.
 */
export interface GapMessage {
  readonly type: "gap";
  readonly channel: string;
  readonly from: Position;
  readonly to: Position;
  readonly reason: GapReason;
}
/**
 * Who came and who went since the last list. `memberCount`: there are too many for a list by now; how many there are is told from here
 * on, until `members` gives all who are there, and with it a list to go on from.
 */
export interface PresenceMessage {
  readonly type: "presence";
  readonly channel: string;
  readonly joined: readonly Member[];
  readonly left: readonly string[];
  readonly members?: readonly Member[];
  readonly memberCount?: number;
}
/** Something that means nothing after `ttlMs`. Never stored, never replayed. */
export interface EphemeralMessage {
  readonly type: "ephemeral";
  readonly channel: string;
  readonly event: string;
  readonly member?: string;
  readonly user: User;
  readonly ttlMs: number;
  readonly data: unknown;
}
/** The newest value of one key of a `latest` event. */
export interface WireLatest {
  /** 0-128 characters. */
  readonly key: string;
  readonly user: User;
  readonly data: unknown;
}
/** Values that are newer than those told before, each key once; what a key was in between is left out. Never stored. */
export interface LatestMessage {
  readonly type: "latest";
  readonly channel: string;
  readonly event: string;
  /** These are all there are: what was told before and is not here is gone. The first `latest` of every subscription is one. */
  readonly snapshot: boolean;
  /** Those that were renewed longest ago first. */
  readonly values: readonly WireLatest[];
}
/** Why a request was refused. */
export interface WireError {
  readonly code: ErrorCode | AppErrorCode;
  /** For people: what was wrong, with the value. */
  readonly message: string;
  readonly retryAfterMs?: number;
}
/** `id` is absent when the frame that caused it carried none that could be read. */
export interface ErrorMessage extends WireError {
  readonly type: "error";
  readonly id?: number;
}
/** Sent after `pingAfterMs` without another message, so that a client knows the line lives. Not answered. */
export interface PingMessage {
  readonly type: "ping";
}
/** This line closes now, with 1001, because its server goes away. Every request that was taken has its answer. */
export interface ReconnectMessage {
  readonly type: "reconnect";
  /** When to come back, counted from the close: so the server spreads those it lets go. 0-600 000. */
  readonly afterMs: number;
}
/** Everything a server may send. */
export type ServerMessage =
  | HelloMessage
  | AuthenticatedMessage
  | RefreshedMessage
  | ExpiringMessage
  | SubscribedMessage
  | ResumedMessage
  | UnsubscribedMessage
  | AckMessage
  | ResultMessage
  | HistoryMessage
  | EventMessage
  | GapMessage
  | PresenceMessage
  | EphemeralMessage
  | LatestMessage
  | ErrorMessage
  | PingMessage
  | ReconnectMessage;

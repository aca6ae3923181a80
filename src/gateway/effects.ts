/** Everything that goes into the gateway's core and comes out of it. */
import type { Codec, PublishContext, RequestContext, Start, User, WireError } from "../wire/index.ts";
import type {
  AppendRequest,
  AppendResult,
  Entry,
  HistoryLimits,
  KnownLog,
  OtherLog,
  ReadRequest,
  ReadResult,
  RecallRequest,
  RecallResult,
} from "./ports.ts";
import type { Delivery } from "./ring.ts";

/** A channel as the core needs to know it; its schemas and hooks stay with the shell. */
export interface ChannelSettings {
  readonly pattern: string;
  readonly events: Readonly<Record<string, EventSettings>>;
  /** The calls it answers. Absent: none. */
  readonly calls?: readonly string[];
  /** The events whose data is bytes: to the core it is text like any other. */
  readonly binary?: readonly string[];
  readonly presence: boolean;
  readonly history: HistoryLimits;
  /** What it allows to all together. Absent: anything. */
  readonly limits?: ChannelLimits;
}

/** How much one channel allows, to all its clients and the server together. */
export interface ChannelLimits {
  /** Subscriptions at one node; one more is refused with `LIMIT`. Default 100 000. */
  readonly maxSubscriberCount: number;
  /** Events at one node, as many at once; more are refused with `RATE_LIMITED`. Default 20 000. */
  readonly publishesPerSecond: number;
  /** One event's data as JSON, in UTF-8; more is refused with `TOO_BIG`. Default 64 KiB. */
  readonly maxDataBytes: number;
}

export type EventSettings =
  | { readonly kind: "event" }
  | { readonly kind: "ephemeral"; readonly ttlMs: number }
  | { readonly kind: "latest"; readonly everyMs: number };

/** Who a connection speaks for. */
export interface Identity {
  readonly user: User;
  /** The same for every connection of one device of this user, and nobody else's; not secret. */
  readonly member: string;
  /** Of the credentials, if they have one: what they can be revoked by. */
  readonly tokenId?: string;
  /** Since when they are, if that is known; milliseconds since 1970. */
  readonly issuedAtMs?: number;
  /** What else the credentials say. For `authorize`; the core does not look at it. */
  readonly claims?: Claims;
}

/** What credentials say besides who it is. */
export type Claims = Readonly<Record<string, unknown>>;

/** Whose connections are meant: a user's, or those of one credential. */
export type RevocationTarget = { readonly userId: string } | { readonly tokenId: string };

/** What an append is about. The shell adds what the core may not know: the time, a random tag, the hash of `content`. */
export interface AppendDraft extends Omit<AppendRequest, "nowMs" | "tag" | "payloadHash"> {
  /** What the publisher sent, before its schema ran: the same for every try, even if the schema adds a time or an id. */
  readonly content: string;
  /** When its request was started, on the clock of the core. For those who measure. */
  readonly startedMs?: number;
}

/** A message id that may have been stored before; what it came with is hashed by the shell, as that of an append. */
export interface RecallDraft extends Omit<RecallRequest, "payloadHash">, Pick<AppendDraft, "event" | "content"> {}

/** An event that is not stored, of the server's own: known, authorised and validated. */
export interface Tell {
  readonly channel: string;
  readonly event: string;
  readonly user: User;
  readonly data: string;
  readonly key?: string;
}

/** A request of the core to the shell. Its result comes back as the input `settled` with the same `request` number. */
export interface Questions {
  readonly authenticate: { readonly connection: number; readonly token: string | undefined; readonly device: string };
  readonly authorize: AuthorizeQuestion;
  readonly validate: ValidateQuestion;
  readonly call: RequestContext & { readonly definition: string; readonly method: string; readonly data: unknown };
  readonly append: { readonly draft: AppendDraft };
  readonly recall: { readonly draft: RecallDraft };
  readonly read: { readonly read: ReadRequest };
  readonly compare: { readonly known: readonly KnownLog[] };
  readonly join: { readonly channel: string };
}

export interface ValidateQuestion {
  readonly definition: string;
  readonly event: string;
  readonly data: unknown;
  /** Who publishes, for the event's `handle`. Absent: the server, which is not handled. */
  readonly context?: PublishContext;
}

export interface AuthorizeQuestion {
  readonly user: User;
  readonly claims?: Claims;
  readonly definition: string;
  readonly params: Readonly<Record<string, string>>;
  readonly action: "subscribe" | "publish" | "call";
  readonly event?: string;
  readonly method?: string;
}

/** What the server itself wants done to all connections that a user has at this node. Only `reauthorize` asks whether they may. */
export type Command =
  | { readonly type: "subscribe"; readonly userId: string; readonly channel: string; readonly start: Start }
  | { readonly type: "unsubscribe"; readonly userId: string; readonly channel: string; readonly reason: string }
  | { readonly type: "disconnect"; readonly userId: string; readonly code: number; readonly reason: string }
  /** Without a user: of everybody. */
  | { readonly type: "reauthorize"; readonly userId?: string };

/** A channel that a connection is subscribed to as soon as it is authenticated. */
export interface OwnChannel {
  readonly channel: string;
  readonly start: Start;
}

/** The shell could not do it. What it logs is its own business; the client is told `error`. */
export interface Failed {
  readonly type: "failed";
  readonly error: WireError;
}

/** The results of the questions. */
export interface Results {
  readonly authenticate:
    /** `expiresInMs`: how long the credentials are good for, if not for ever. */
    | {
        readonly type: "accepted";
        readonly identity: Identity;
        readonly expiresInMs?: number;
        readonly channels?: readonly OwnChannel[];
      }
    | { readonly type: "refused" }
    | Failed;
  readonly authorize: { readonly type: "allowed" } | { readonly type: "denied" } | Failed;
  /** `data` is what the schema made of it, as JSON text; `key` its key if the event is a `latest` one; `reason` names the field that is wrong. */
  readonly validate:
    | { readonly type: "valid"; readonly data: string; readonly key?: string }
    | { readonly type: "invalid"; readonly reason: string }
    | Failed;
  /** `data` is JSON text, absent if the call gave nothing. */
  readonly call:
    | { readonly type: "answered"; readonly data?: string }
    | { readonly type: "invalid"; readonly reason: string }
    | Failed;
  readonly append: AppendResult | Failed;
  readonly recall: RecallResult | Failed;
  readonly read: { readonly type: "page"; readonly result: ReadResult } | Failed;
  /** Those of the known logs that have to be read. */
  readonly compare: { readonly type: "compared"; readonly others: readonly OtherLog[] } | Failed;
  readonly join: { readonly type: "joined" } | Failed;
}

export type QuestionEffect = {
  readonly [Type in keyof Questions]: Questions[Type] & { readonly type: Type; readonly request: number };
}[keyof Questions];

/** What the shell has to do, in order. */
export type GatewayEffect =
  | QuestionEffect
  /** The same text to each: prepare it once. A `send` that finds a full queue is answered with the input `congested`. */
  | { readonly type: "send"; readonly to: readonly number[]; readonly text: string }
  /** A page of a log: its deliveries are the same objects for everybody who is sent them, so prepare each once. Else as `send`. */
  | { readonly type: "replay"; readonly connection: number; readonly deliveries: readonly Delivery[] }
  | { readonly type: "close"; readonly connection: number; readonly code: number; readonly reason: string }
  /** Answer with `drained` once the socket's queue is short, at once if it is. */
  | { readonly type: "awaitDrain"; readonly connection: number }
  /** A command was carried out, at so many connections. */
  | { readonly type: "done"; readonly request: number; readonly connectionCount: number }
  | { readonly type: "leave"; readonly channel: string }
  | { readonly type: "broadcast"; readonly channel: string; readonly payload: string };

export type SettledInput = {
  readonly [Type in keyof Results]: {
    readonly type: "settled";
    readonly question: Type;
    readonly request: number;
    readonly result: Results[Type];
  };
}[keyof Results];

/** What happened. `connection` is a number of the shell's choice, never used again. */
export type GatewayInput =
  | SettledInput
  | { readonly type: "opened"; readonly connection: number }
  | {
      readonly type: "received";
      readonly connection: number;
      readonly data: string | Uint8Array;
      readonly bytes: number;
      /** What was agreed on in the handshake. Default `json`. */
      readonly codec?: Codec;
    }
  /** The queue of the socket is over its mark. `drained` follows unless the connection ends. */
  | { readonly type: "congested"; readonly connection: number }
  | { readonly type: "drained"; readonly connection: number }
  /** `isGoodbye`: the peer closed it on purpose, so its device has left and is not just cut off. */
  | { readonly type: "closed"; readonly connection: number; readonly isGoodbye: boolean }
  | { readonly type: "appended"; readonly channel: string; readonly epoch: string; readonly entry: Entry }
  /** These credentials are no good any more; those that are known to have been issued after `revokedAtMs` are. */
  | { readonly type: "revoked"; readonly target: RevocationTarget; readonly revokedAtMs: number }
  /** The server itself wants something done. Answered by the effect `done` with the same `request`. */
  | { readonly type: "commanded"; readonly request: number; readonly command: Command }
  /** The server itself has something to tell that is not stored. */
  | { readonly type: "told"; readonly tell: Tell }
  | { readonly type: "broadcasted"; readonly channel: string; readonly payload: string }
  /** The connection is to end: it is taken nothing more from, answered what it asked, and told when to come back. */
  | { readonly type: "leaving"; readonly connection: number; readonly afterMs: number }
  /** `nextMs` has come. */
  | { readonly type: "tick" };

/** What the gateway needs of the world. Brokers implement `Broker`; one contract suite (`switchboard/testing`) judges them all. */
import type { Durability, Position, User } from "../wire/index.ts";

/** An entry of a channel's log. */
export interface Entry {
  readonly offset: number;
  readonly tag: number;
  /** The tag of the entry at `offset - 1`; 0 for the first. A broken chain shows a log that was damaged or rolled back. */
  readonly previousTag: number;
  readonly event: string;
  readonly messageId: string;
  readonly user: User;
  readonly atMs: number;
  /** The event's data as JSON text: encoded once, never parsed again on the way to subscribers. */
  readonly data: string;
}

export interface AppendRequest {
  readonly channel: string;
  readonly event: string;
  readonly messageId: string;
  readonly user: User;
  readonly data: string;
  /** Identifies the content for `ID_CONFLICT`: the same message id must come with the same hash. */
  readonly payloadHash: string;
  /** 32 random bits, never 0, made for this attempt. */
  readonly tag: number;
  readonly nowMs: number;
  /** The client sent this id before, so many ms ago. Past the window and without a memory of it: `expired`. */
  readonly retryAfterFirstMs?: number;
  readonly history: HistoryLimits;
}

/** What a channel keeps. Entries past any limit may be trimmed at an append, oldest first. */
export interface HistoryLimits {
  readonly maxCount: number;
  readonly maxAgeMs: number;
  /** Of `data` in UTF-8. The newest entry stays whatever its size. Absent: no limit. */
  readonly maxBytes?: number;
}

export type AppendResult =
  | { readonly type: "stored"; readonly position: Position; readonly entry: Entry }
  | { readonly type: "duplicate"; readonly position: Position }
  | { readonly type: "conflict" }
  | { readonly type: "expired" };

/** Asks what became of a message id, as a retry of it does. */
export type RecallRequest = Pick<AppendRequest, "channel" | "user" | "messageId" | "payloadHash" | "retryAfterFirstMs">;

/** What `append` would answer without storing anything. `unknown`: it would store. */
export type RecallResult = Exclude<AppendResult, { readonly type: "stored" }> | { readonly type: "unknown" };

/** What a log looks like now: `first` is the oldest retained offset (`top.offset + 1` when none is). */
export interface LogState {
  readonly top: Position;
  readonly first: number;
}

export interface ReadRequest {
  readonly channel: string;
  /** Entries with a higher offset than this. */
  readonly after: number;
  readonly maxCount: number;
  /** Of `data` in UTF-8. One entry is given whatever its size. */
  readonly maxBytes: number;
}

export interface ReadResult extends LogState {
  readonly entries: readonly Entry[];
  /** The tag of the append at `after`, if that is known: the entry's own, or its successor's `previousTag`; 0 for offset 0. */
  readonly tagAtAfter: number | undefined;
}

/** How far a node knows the log of a channel. */
export interface KnownLog {
  readonly channel: string;
  readonly position: Position;
}

/** A log that is not, or may not be, as a node knows it, and where it ends if the store says so. */
export interface OtherLog {
  readonly channel: string;
  readonly top?: Position;
}

/** A fact that every run of a gateway on this store has to know until it expires: what was revoked. One for each key, the newest. */
export interface Notice {
  /** 1 character or more, without NUL. */
  readonly key: string;
  /** Without NUL. */
  readonly value: string;
  /** Milliseconds since 1970, at most 2⁵³-1. */
  readonly expiresAtMs: number;
}

/** Notices that outlive the process. Who posts them keeps their number within bounds. */
export interface Notices {
  /** Resolves when it is as stable as an append. What has expired at `nowMs` may be forgotten. */
  post(notice: Notice, nowMs: number): Promise<void>;
  /** All that have not expired at `nowMs`, in any order. */
  read(nowMs: number): Promise<readonly Notice[]>;
  /**
   * The same, without those that were there at a revision. Cheap while nothing is posted, so it may be asked every second or so. Optional:
   * without it a node that missed the news of another learns it when the store comes back.
   */
  readSince?(revision: string | undefined, nowMs: number): Promise<NoticesSince>;
}

/** What was posted after a revision; everything, if that is not known to the store. */
export interface NoticesSince {
  /** To ask from the next time. */
  readonly revision: string;
  readonly notices: readonly Notice[];
}

/** Where a broker reports what happened, from this node or another. Called in log order per channel, never before stability. */
export interface BrokerSink {
  /** A hint that carries the entry: may be lost, repeated or late for a broker of several nodes. */
  appended(channel: string, epoch: string, entry: Entry): void;
  broadcasted(channel: string, payload: string): void;
  /**
   * The store failed for good or came back. Publishing answers STORAGE_UNAVAILABLE in between. `reason`: why it failed; of one that is
   * there, what it says of itself now, as `BrokerInfo.description`.
   */
  availability(isAvailable: boolean, reason: string): void;
}

export interface BrokerInfo {
  /** Measured from the store itself, not read from an option. */
  readonly durability: Durability;
  /** One line for people: what the store is and what gives the level. */
  readonly description: string;
  readonly dedupWindowMs: number;
  /** Whether other nodes may use the same store: then they tell each other, by broadcasts, who is there. Default `false`. */
  readonly isShared?: boolean;
}

/**
 * A store of logs and a way to tell their readers. Contract words are those of RFC 2119; the suite has a test for each.
 *
 * `append` is one atomic step (dedup hit? else entry) and MUST resolve only when the entry is stable at `durability`;
 * `appended` MUST be called after that and never for an entry that was not stored. A failure rejects with a `BrokerError`
 * and MUST leave nothing half-done.
 */
export interface Broker {
  open(sink: BrokerSink): Promise<BrokerInfo>;
  append(request: AppendRequest): Promise<AppendResult>;
  /**
   * What is stable of a message id. Optional: without it a retry is authorised and judged anew, and its `append` tells that it was stored.
   */
  recall?(request: RecallRequest): Promise<RecallResult>;
  /** A channel never written to has a log too: it gets its epoch on the first call of any kind and keeps it. */
  read(request: ReadRequest): Promise<ReadResult>;
  /**
   * Looks at many logs at once: MUST name each that ends elsewhere than the node knows, also when that was not announced; MAY name others. It is
   * asked for every channel that is joined every 2 s (`tailProbeMs`), so it should be cheap for those that are as known. Optional: without it
   * each is read.
   */
  compare?(known: readonly KnownLog[]): Promise<readonly OtherLog[]>;
  /** Tell this node of the channel's appends and broadcasts, until `leave`. Resolves when nothing from now on is missed. */
  join(channel: string): Promise<void>;
  leave(channel: string): Promise<void>;
  /** To every node that joined the channel, this one included. Nothing is stored. */
  broadcast(channel: string, payload: string): Promise<void>;
  /** Optional: a store that ends with its process has none. */
  readonly notices?: Notices;
  /** For those who watch it. Optional: not every store can tell. */
  stats?(): BrokerStats;
  /** Every accepted append is settled first. */
  close(): Promise<void>;
}

/** What a store has done since it was opened. */
export interface BrokerStats {
  /** Writes that made something stable; many appends may share one. */
  readonly commitCount: number;
  /** Appends that were in them. */
  readonly committedCount: number;
  /** How long they took in all, waiting for the disk included. */
  readonly commitMs: number;
  /** Appends that wait now. */
  readonly pendingCount: number;
}

/** Why a store refuses. `STORAGE_FULL` and `STORAGE_UNAVAILABLE` are also told to clients. */
export type BrokerErrorCode = "STORAGE_FULL" | "STORAGE_UNAVAILABLE" | "STORAGE_CORRUPT" | "CLOSED";

/** What a broker throws and rejects with; whatever it refused is not half-done. */
export class BrokerError extends Error {
  override readonly name = "BrokerError";
  readonly code: BrokerErrorCode;
  /** A further sentence: what to do about it. */
  readonly hint: string | undefined;
  constructor(code: BrokerErrorCode, message: string, options?: { cause?: unknown; hint?: string }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options?.hint;
  }
}

/** What the console's page and its server say to each other: JSON, one message a frame of text. */
import type { Durability } from "../../../wire/index.ts";
import type { GatewayInfo } from "../../health.ts";
import type { ApiScope } from "../api-keys.ts";
import type { Spread } from "../latency.ts";

/** How much of each frame a tap shows. */
export const maxTappedBytes = 1024;
/** How many frames a tap shows in a second; it counts the others. */
export const tappedFramesPerSecond = 100;
/** The most rows that a page may watch of a table. */
export const maxWatchedCount = 200;
/** How long the samples reach back that a page is given at first, one a second. */
export const keptSampleCount = 300;

// ---- the page

/** The columns a table can be sorted by. */
export interface SortColumns {
  readonly connections:
    | "id"
    | "user"
    | "address"
    | "protocol"
    | "openedAtMs"
    | "messagesIn"
    | "messagesOut"
    | "bytesIn"
    | "bytesOut"
    | "queuedBytes"
    | "rttMs"
    | "channelCount";
  readonly channels:
    | "name"
    | "subscriberCount"
    | "offset"
    | "eventsPerSecond"
    | "bytesPerSecond"
    | "deliveriesPerSecond"
    | "epoch";
}

/** The tables there are. */
export type TableName = keyof SortColumns;

/** Which rows of a table. */
export interface TableQuery<Name extends TableName = TableName> {
  readonly sort: SortColumns[Name];
  readonly isDescending: boolean;
  /** Part of a name, an address, a number; in any case. Empty: all. */
  readonly filter: string;
  /** Connections that do not keep up, or channels that somebody is subscribed to. */
  readonly isOnlyBusy: boolean;
  readonly from: number;
  /** At most `maxWatchedCount`. */
  readonly count: number;
}

/** What a tap is on. */
export type TapTarget = { readonly connection: number } | { readonly channel: string };

/** What an operator can have done. */
export type Action =
  /** `comesBack`: the client is told to; otherwise that it shall not. */
  | { readonly type: "disconnect"; readonly connection: number; readonly comesBack: boolean }
  | { readonly type: "disconnectUser"; readonly userId: string; readonly comesBack: boolean }
  /** Takes no more connections, and lets those there are go over so long. */
  | { readonly type: "drain"; readonly overMs: number }
  /** Takes connections again. */
  | { readonly type: "reopen" };

/** What a page says. */
export type PageMessage =
  | { readonly type: "hello"; readonly key: string }
  | { readonly type: "watch"; readonly table: "connections"; readonly query: TableQuery<"connections"> }
  | { readonly type: "watch"; readonly table: "channels"; readonly query: TableQuery<"channels"> }
  | { readonly type: "unwatch"; readonly table: TableName }
  | { readonly type: "tap"; readonly target: TapTarget }
  | { readonly type: "untap" }
  | { readonly type: "act"; readonly id: number; readonly action: Action };

// ---- the server

/** What does not change while the gateway runs. */
export interface ConsoleFacts {
  readonly durability: Durability;
  /** The store, in one line for people. */
  readonly store: string;
  /** A name that no other node has. */
  readonly node: string;
  readonly host: string;
  readonly nodeVersion: string;
  readonly pid: number;
  readonly startedAtMs: number;
  /** What the page's key is good for. */
  readonly scopes: readonly ApiScope[];
}

/** How the gateway was in one second. What has a rate in its name is one, whatever the second's length really was. */
export interface ConsoleSample {
  readonly atMs: number;
  readonly status: GatewayInfo["status"];
  /** Why it is not well. */
  readonly reason?: string;
  readonly connectionCount: number;
  readonly channelCount: number;
  /** Connections whose queue is over its mark. */
  readonly slowCount: number;
  readonly queuedBytes: number;
  readonly publishesPerSecond: number;
  readonly deliveriesPerSecond: number;
  readonly messagesInPerSecond: number;
  readonly messagesOutPerSecond: number;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
  readonly refusalsPerSecond: number;
  readonly openedPerSecond: number;
  readonly closedPerSecond: number;
  /** From handing an event to the store until it was stable, in milliseconds. */
  readonly stored: Spread;
  /** From there until it was handed to the connections of its subscribers at this node. */
  readonly delivered: Spread;
  /** Requests that wait for the store, where it tells. */
  readonly pendingCount?: number;
  /** The share of the time in which the event loop was busy, 0-1. */
  readonly loopShare: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** A connection, as a row. */
export interface ConnectionRow {
  readonly id: number;
  readonly userId?: string;
  readonly userName?: string;
  readonly address: string;
  /** The codec, and the extensions that were agreed on. */
  readonly protocol: string;
  readonly openedAtMs: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly queuedBytes: number;
  readonly rttMs?: number;
  /** What was sent before waits for the peer: nothing more of the logs is sent until it does not. */
  readonly isSlow: boolean;
  readonly channelCount: number;
}

/** A channel, as a row. */
export interface ChannelRow {
  /** Its name. */
  readonly id: string;
  readonly subscriberCount: number;
  readonly offset?: number;
  readonly epoch?: string;
  /** Absent in the first second that somebody looks. */
  readonly eventsPerSecond?: number;
  readonly bytesPerSecond?: number;
  readonly deliveriesPerSecond?: number;
}

/** The rows of a table by its name. */
export interface TableRows {
  readonly connections: ConnectionRow;
  readonly channels: ChannelRow;
}

/** A frame that a tap has seen. */
export interface TappedFrameMessage {
  /** Counts from 1 in each tap, those that are not shown too. */
  readonly number: number;
  readonly atMs: number;
  /** As the server sees it. */
  readonly direction: "in" | "out";
  /** The frame's beginning, at most `maxTappedBytes`, in base64. */
  readonly bytes: string;
  readonly byteCount: number;
}

/** What a page is told. */
export type ServerMessage =
  | { readonly type: "welcome"; readonly facts: ConsoleFacts; readonly samples: readonly ConsoleSample[] }
  | { readonly type: "sample"; readonly sample: ConsoleSample }
  | TablePage<"connections">
  | TablePage<"channels">
  | { readonly type: "frames"; readonly frames: readonly TappedFrameMessage[]; readonly droppedCount: number }
  | { readonly type: "untapped"; readonly reason: string }
  | { readonly type: "acted"; readonly id: number; readonly says: string }
  | { readonly type: "failed"; readonly id: number; readonly error: string };

/** What has changed of the rows that a page watches. */
export interface TablePage<Name extends TableName> {
  readonly type: "rows";
  readonly table: Name;
  readonly totalCount: number;
  /** Rows that the filter leaves. */
  readonly matchedCount: number;
  readonly from: number;
  /** Of all rows of the window, in their order. */
  readonly order: readonly TableRows[Name]["id"][];
  /** Those that the page has not, or not as they are now. */
  readonly rows: readonly TableRows[Name][];
}

import type { Payload } from "./frames.ts";

/** Who is measured, in the order of the tables. */
export const peers = ["switchboard", "kept", "public", "ws", "uws", "bun", "deno", "net", "c"] as const;
export type Peer = (typeof peers)[number];

/** How a peer is called in a table. */
export const peerNames: Readonly<Record<Peer, string>> = {
  switchboard: "Switchboard",
  kept: "the same, messages to keep",
  public: "the same, directIo: false",
  ws: "ws 8.23.0",
  uws: "uWebSockets.js",
  bun: "Bun 1.4.5",
  deno: "Deno 2.9.6",
  net: "bare node:net",
  c: "C, epoll",
};

/** No rivals: ourselves with strings and arrays of their own, by documented API alone, and floors and ceilings, without frames or without a runtime. */
export const references: readonly Peer[] = ["kept", "public", "net", "c"];

/** One measurement's load. `deflate`: compression is offered, and a message that comes without is a failure. */
export interface Load {
  readonly pattern: "echo" | "fanout" | "latency" | "idle";
  readonly payload: Payload;
  readonly connectionCount: number;
  readonly inFlightCount: number;
  readonly isDeflated?: boolean;
  readonly windowMs?: number;
}

/** What issue 3 asks of Switchboard: at most so many times the peer's figure, or at most so much. */
interface Bars {
  readonly ws?: number;
  readonly uws?: number;
  readonly most?: number;
}

/** One table. */
export interface Workload {
  readonly title: string;
  readonly load: Load;
  readonly peers: readonly Peer[];
  readonly bars: Bars;
}

const everyone: readonly Peer[] = peers;
const small: Payload = { kind: "ascii", bytes: 64 };
const news: Payload = { kind: "ascii", bytes: 128 };

const echo = (payload: Payload, inFlightCount: number, connectionCount = 100): Load => ({
  pattern: "echo",
  payload,
  connectionCount,
  inFlightCount,
});
const fanout = (inFlightCount: number): Load => ({
  pattern: "fanout",
  payload: news,
  connectionCount: 1000,
  inFlightCount,
});

/** Every table of every suite. */
export const suites = {
  echo: [
    {
      title: "64 B echo, 100 connections, 1 in flight",
      load: echo(small, 1),
      peers: everyone,
      bars: { ws: 0.7, uws: 1.15 },
    },
    {
      title: "64 B echo, 100 connections, 16 in flight",
      load: echo(small, 16),
      peers: everyone,
      bars: { ws: 0.12, uws: 1 },
    },
  ],
  "echo-large": [
    {
      title: "1 KiB non-ASCII text echo, 100 connections",
      load: echo({ kind: "non-ascii", bytes: 2 ** 10 }, 1),
      peers: everyone,
      bars: { ws: 0.65, uws: 1.15 },
    },
    {
      title: "16 KiB binary echo, 100 connections",
      load: echo({ kind: "binary", bytes: 2 ** 14 }, 1),
      peers: everyone,
      bars: { ws: 0.45, uws: 1.2 },
    },
    {
      title: "1 MiB binary echo, 8 connections",
      load: echo({ kind: "binary", bytes: 2 ** 20 }, 1, 8),
      peers: everyone,
      bars: { ws: 0.25, uws: 2.5 },
    },
  ],
  fanout: [
    {
      title: "128 B broadcast to 1 000, 1 outstanding",
      load: fanout(1),
      peers: everyone,
      bars: { ws: 0.85, uws: 1.2 },
    },
    {
      title: "128 B broadcast to 1 000, 16 outstanding",
      load: fanout(16),
      peers: everyone,
      bars: { ws: 0.1, uws: 1.1 },
    },
  ],
  deflate: [
    {
      title: "1 KiB JSON broadcast to 1 000, deflate",
      load: { ...fanout(1), payload: { kind: "json", bytes: 2 ** 10 }, isDeflated: true, windowMs: 2000 },
      peers: ["switchboard", "public", "ws", "uws"],
      bars: { ws: 0.06, uws: 0.6 },
    },
  ],
  idle: [
    {
      title: "idle connection, RSS over a bare upgraded socket",
      load: { pattern: "idle", payload: small, connectionCount: 10_000, inFlightCount: 1 },
      peers: ["switchboard", "public", "ws", "uws", "net"],
      bars: { most: 1000 },
    },
  ],
  latency: [
    {
      title: "64 B round trip, 1 connection, nothing else going on",
      load: { pattern: "latency", payload: small, connectionCount: 1, inFlightCount: 1 },
      peers: ["switchboard", "public", "ws", "uws", "net"],
      bars: { ws: 1 },
    },
  ],
} as const satisfies Readonly<Record<string, readonly Workload[]>>;

export type SuiteName = keyof typeof suites;
export const suiteNames: readonly SuiteName[] = ["echo", "echo-large", "fanout", "deflate", "idle", "latency"];

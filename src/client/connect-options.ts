import type { Codec } from "./codec.ts";
import type { PositionMemory } from "./position-memory.ts";
import type { WebSocketConstructor } from "./websocket-like.ts";

/** Where something is kept as text: `localStorage` and `sessionStorage` fit. */
export interface StorageLike {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** Time, so that tests can own it. */
export interface Clock {
  /** Milliseconds that only ever grow. */
  nowMs(): number;
  /** Calls back once after `delayMs`; returns how to call it off. */
  after(delayMs: number, callback: () => void): () => void;
}

/** Full jitter: the wait before try n is random in 0 … min(maxMs, minMs × 2ⁿ). */
export interface Backoff {
  /** Default 500. */
  readonly minMs: number;
  /** Default 30 000. */
  readonly maxMs: number;
}

/** What {@link connect} may be told. All of it is optional. */
export interface ConnectOptions {
  /**
   * What the gateway's `authenticate` expects, or how to get a fresh one: called for each line, and when the one in use is about to
   * expire. Default: none, a guest.
   */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>);
  /** 32 of 0-9 a-f, secret. Default: random, kept in `storage`. */
  readonly device?: string;
  /** Default: `localStorage` where there is one; otherwise the device lives as long as this client. */
  readonly storage?: StorageLike;
  /** How messages are written. Default JSON; `msgpack` of `switchboard/msgpack` writes bytes as they are. */
  readonly codec?: Codec;
  /**
   * Keeps where each room is over a reload of the page: `pageMemory(sessionStorage)`. A room that was open then goes on exactly there,
   * whatever `recent` says. Default: none, every page begins anew.
   */
  readonly memory?: PositionMemory;
  /** Default: the platform's. */
  readonly WebSocket?: WebSocketConstructor;
  readonly backoff?: Partial<Backoff>;
  /** From dialling to an accepted line. Default 10 000. */
  readonly connectTimeoutMs?: number;
  /** Sends and history requests that wait for the line. One more rejects with `QUEUE_FULL`. Default 1000. */
  readonly maxPendingCount?: number;
  /** How far a `for await` loop may be behind. One more ends it with `TOO_SLOW`. Default 1024. */
  readonly maxBufferedCount?: number;
  /** Keys of one `latest` event that are kept; past it, the one that was renewed longest ago goes. Default 1024. */
  readonly maxLatestCount?: number;
  readonly clock?: Clock;
  /** 0 ≤ x < 1, for the jitter. Default `Math.random`. */
  readonly random?: () => number;
}

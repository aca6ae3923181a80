import { encodeLatest } from "../wire/index.ts";
import type { Route } from "./directory.ts";
import type { GatewayLimits } from "./limits.ts";

/** A value as all who get it are sent it. */
export interface LatestValue {
  readonly key: string;
  /** The text of `encodeLatestValue`. */
  readonly text: string;
}

export interface LatestFeedOptions {
  readonly channel: string;
  readonly event: string;
  readonly everyMs: number;
  readonly maxCount: number;
  readonly maxBytes: number;
}

/** A message for all readers who lack the same. */
export interface LatestBatch<Reader> {
  readonly to: readonly Reader[];
  readonly text: string;
}

/** Before the first value: who has seen this has seen nothing, and is told everything. */
const nothing = -1;

/**
 * The newest value of each key of one `latest` event of a channel, and how far each reader is.
 *
 * A reader is a number: the renewal it has seen last. So a slow one costs nothing but that number, and gets of each key only what is
 * newest when its turn comes. Values are kept in the order of their renewal; past a limit, what was renewed longest ago goes.
 */
export class LatestFeed<Reader extends object> {
  readonly #options: LatestFeedOptions;
  readonly #values = new Map<string, { readonly version: number; readonly text: string }>();
  readonly #seen = new WeakMap<Reader, number>();
  #bytes = 0;
  #version = 0;
  /** The newest renewal that those who keep up were sent. */
  #flushedVersion = 0;
  #flushedAtMs = -Infinity;

  constructor(options: LatestFeedOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  /** When what is new may be sent; `Infinity` if nothing is. */
  get dueMs(): number {
    return this.#version > this.#flushedVersion ? this.#flushedAtMs + this.#options.everyMs : Infinity;
  }

  renew({ key, text }: LatestValue): void {
    this.#drop(key);
    this.#version += 1;
    this.#values.set(key, { version: this.#version, text });
    this.#bytes += text.length;
    const { maxBytes, maxCount } = this.#options;
    for (const oldest of this.#values.keys()) {
      const isTooMuch = this.#values.size > maxCount || this.#bytes > maxBytes;
      if (!isTooMuch || oldest === key) return;
      this.#drop(oldest);
    }
  }

  /** What is new, for the readers who can take it now. Those who cannot are served by `catchUp`, once. */
  flush(readers: readonly Reader[], nowMs: number): readonly LatestBatch<Reader>[] {
    this.#flushedVersion = this.#version;
    this.#flushedAtMs = nowMs;
    const bySeen = new Map<number, Reader[]>();
    for (const reader of readers) {
      const seen = this.#seen.get(reader) ?? nothing;
      if (seen === this.#version) continue;
      this.#seen.set(reader, this.#version);
      const same = bySeen.get(seen);
      if (same === undefined) bySeen.set(seen, [reader]);
      else same.push(reader);
    }
    return Array.from(bySeen, ([seen, to]) => ({ to, text: this.#encode(seen) }));
  }

  /** What a reader missed while it could not be sent anything, or everything if it is new. What is not flushed yet can wait. */
  catchUp(reader: Reader): string | undefined {
    const seen = this.#seen.get(reader) ?? nothing;
    if (seen >= this.#flushedVersion) return undefined;
    this.#seen.set(reader, this.#version);
    return this.#encode(seen);
  }

  #encode(seen: number): string {
    const { channel, event } = this.#options;
    const texts: string[] = [];
    for (const { text, version } of this.#values.values()) if (version > seen) texts.push(text);
    return encodeLatest({ channel, event, snapshot: seen === nothing }, texts);
  }

  #drop(key: string): void {
    this.#bytes -= this.#values.get(key)?.text.length ?? 0;
    this.#values.delete(key);
  }
}

/** A feed for each `latest` event of a channel, by the event's name. */
export function latestFeedsOf<Reader extends object>(
  { name: channel, settings }: Route,
  { maxLatestBytes: maxBytes, maxLatestCount: maxCount }: GatewayLimits,
): ReadonlyMap<string, LatestFeed<Reader>> {
  const feeds = new Map<string, LatestFeed<Reader>>();
  for (const [event, one] of Object.entries(settings.events)) {
    if (one.kind !== "latest") continue;
    feeds.set(event, new LatestFeed({ channel, event, everyMs: one.everyMs, maxBytes, maxCount }));
  }
  return feeds;
}

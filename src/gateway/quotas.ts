import type { WireError } from "../wire/index.ts";
import type { Route } from "./directory.ts";
import type { ChannelLimits } from "./effects.ts";
import { TokenBucket } from "./token-bucket.ts";

/** How many channels' rates are kept before those that are at rest are forgotten. */
const sweepCount = 1024;

/** What one channel allows to all who publish to it together, at this node: its clients, and the server unless it says otherwise. */
export class Quotas {
  readonly #buckets = new Map<string, TokenBucket>();
  #sweepAtCount = sweepCount;

  /** Why an event may not be published now, if it may not; otherwise it is counted. */
  refuse(
    { name, settings }: Route,
    { content, nowMs }: { readonly content: string; readonly nowMs: number },
  ): WireError | undefined {
    const { maxDataBytes = Infinity, publishesPerSecond = Infinity }: Partial<ChannelLimits> = settings.limits ?? {};
    const bytes = maxDataBytes === Infinity ? 0 : countUtf8Bytes(content);
    if (bytes > maxDataBytes) {
      const message = `Cannot publish to "${name}": the data has ${bytes} bytes, the channel's limit is ${maxDataBytes}`;
      return { code: "TOO_BIG", message };
    }
    if (publishesPerSecond === Infinity) return undefined;
    const retryAfterMs = this.#bucketOf(name, publishesPerSecond, nowMs).take(nowMs);
    if (retryAfterMs === 0) return undefined;
    const message = `Cannot publish to "${name}": the channel takes ${publishesPerSecond} events a second`;
    return { code: "RATE_LIMITED", message, retryAfterMs };
  }

  #bucketOf(name: string, perSecond: number, nowMs: number): TokenBucket {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    if (this.#buckets.size >= this.#sweepAtCount) this.#sweep(nowMs);
    const bucket = new TokenBucket({ perSecond, burstCount: Math.max(1, perSecond) });
    this.#buckets.set(name, bucket);
    return bucket;
  }

  /** A bucket that is full says no more than a new one. */
  #sweep(nowMs: number): void {
    for (const [name, bucket] of this.#buckets) if (bucket.isFull(nowMs)) this.#buckets.delete(name);
    this.#sweepAtCount = Math.max(sweepCount, this.#buckets.size * 2);
  }
}

/** The length of a text in UTF-8: 1 to 3 bytes a code unit, and 4 for a pair of surrogates. */
export function countUtf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // Each half of a pair has two of its four bytes. A half alone cannot be: JSON with one is refused.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

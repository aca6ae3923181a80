import type {
  AppendRequest,
  AppendResult,
  Entry,
  HistoryLimits,
  ReadRequest,
  ReadResult,
  RecallRequest,
  RecallResult,
} from "../gateway/index.ts";
import type { Position } from "../wire/index.ts";
import { dedupMarginMs, maxTrimCount } from "./dedup-window.ts";

interface Remembered {
  readonly payloadHash: string;
  readonly offset: number;
  readonly tag: number;
  readonly atMs: number;
}

/** What an entry or a remembered id occupies beside its data, roughly. */
const overheadBytes = 256;

function entryBytes(entry: Entry): number {
  return entry.data.length * 2 + overheadBytes;
}

/** The length in front keeps ("a", "b:c") and ("a:b", "c") apart. */
function keyOf({ messageId, user }: Pick<RecallRequest, "messageId" | "user">): string {
  return `${user.id.length}:${user.id}:${messageId}`;
}

/** One channel's log in memory: entries `first` to `top` without a hole, and the ids it remembers. */
export class MemoryLog {
  readonly #epoch: string;
  readonly #dedupWindowMs: number;
  /** Oldest first; those before `#start` are trimmed already. */
  #entries: Entry[] = [];
  #start = 0;
  #top = 0;
  #topTag = 0;
  #heldBytes = 0;
  /** Of the entries' data, in UTF-8. */
  #dataBytes = 0;
  /** In the order of their append, so the oldest come first. */
  readonly #remembered = new Map<string, Remembered>();

  constructor(epoch: string, dedupWindowMs: number) {
    this.#epoch = epoch;
    this.#dedupWindowMs = dedupWindowMs;
  }

  /** About what the log occupies. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  get top(): Position {
    return this.#position(this.#top, this.#topTag);
  }

  recall({ payloadHash, retryAfterFirstMs = 0, ...request }: Omit<RecallRequest, "channel">): RecallResult {
    const known = this.#remembered.get(keyOf(request));
    if (known !== undefined) {
      if (known.payloadHash !== payloadHash) return { type: "conflict" };
      return { type: "duplicate", position: this.#position(known.offset, known.tag) };
    }
    return { type: retryAfterFirstMs > this.#dedupWindowMs ? "expired" : "unknown" };
  }

  append(request: AppendRequest, maxHeldBytes: number): AppendResult | { readonly type: "full" } {
    const { nowMs } = request;
    const known = this.recall(request);
    if (known.type !== "unknown") return known;
    this.#trim(request.history, nowMs);
    this.#forget(nowMs);
    if (this.#heldBytes + request.data.length * 2 + overheadBytes * 2 > maxHeldBytes) return { type: "full" };
    return this.#store(request);
  }

  #store({ data, event, history, messageId, nowMs, payloadHash, tag, user }: AppendRequest): AppendResult {
    const entry: Entry = {
      offset: this.#top + 1,
      tag,
      previousTag: this.#topTag,
      event,
      messageId,
      user,
      atMs: nowMs,
      data,
    };
    this.#entries.push(entry);
    this.#top = entry.offset;
    this.#topTag = tag;
    this.#remembered.set(keyOf({ messageId, user }), { payloadHash, offset: entry.offset, tag, atMs: nowMs });
    this.#heldBytes += entryBytes(entry) + overheadBytes;
    this.#dataBytes += Buffer.byteLength(data);
    this.#trim(history, nowMs);
    return { type: "stored", position: this.#position(entry.offset, tag), entry };
  }

  read({ after, maxBytes, maxCount }: Omit<ReadRequest, "channel">): ReadResult {
    const entries: Entry[] = [];
    let bytes = 0;
    for (let offset = Math.max(after + 1, this.#first); offset <= this.#top && entries.length < maxCount; offset += 1) {
      const entry = this.#at(offset);
      if (entry === undefined) break;
      bytes += Buffer.byteLength(entry.data);
      if (bytes > maxBytes && entries.length > 0) break;
      entries.push(entry);
    }
    return {
      top: this.top,
      first: this.#first,
      entries,
      tagAtAfter: this.#tagAt(after),
    };
  }

  get #entryCount(): number {
    return this.#entries.length - this.#start;
  }

  get #first(): number {
    return this.#top - this.#entryCount + 1;
  }

  #at(offset: number): Entry | undefined {
    return this.#entries[this.#start + offset - this.#first];
  }

  #tagAt(offset: number): number | undefined {
    if (offset === 0) return 0;
    if (offset === this.#top) return this.#topTag;
    return offset < this.#first
      ? offset === this.#first - 1
        ? this.#at(this.#first)?.previousTag
        : undefined
      : this.#at(offset)?.tag;
  }

  #position(offset: number, tag: number): Position {
    return { epoch: this.#epoch, offset, tag };
  }

  #trim(history: HistoryLimits, nowMs: number): void {
    for (let trimmed = 0; trimmed < maxTrimCount; trimmed += 1) {
      const oldest = this.#entries[this.#start];
      if (oldest === undefined || !this.#isPast(history, nowMs - oldest.atMs)) break;
      this.#start += 1;
      this.#heldBytes -= entryBytes(oldest);
      this.#dataBytes -= Buffer.byteLength(oldest.data);
    }
    if (this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
  }

  /** Whether the oldest entry is beyond a limit. */
  #isPast({ maxAgeMs, maxBytes = Infinity, maxCount }: HistoryLimits, ageMs: number): boolean {
    const isTooBig = this.#dataBytes > maxBytes && this.#entryCount > 1;
    return isTooBig || this.#entryCount > maxCount || ageMs > maxAgeMs;
  }

  #forget(nowMs: number): void {
    let left = maxTrimCount;
    for (const [key, { atMs }] of this.#remembered) {
      if (left === 0 || nowMs - atMs <= this.#dedupWindowMs + dedupMarginMs) return;
      this.#remembered.delete(key);
      this.#heldBytes -= overheadBytes;
      left -= 1;
    }
  }
}

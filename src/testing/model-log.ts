import type { Position, User } from "../wire/index.ts";
import type { AppendDraft, Entry, ReadRequest, ReadResult, RecallResult, Results } from "../gateway/index.ts";

/** A log in memory that can lose, trim and forget like a store in trouble. */
export class ModelLog {
  epoch: string;
  entries: Entry[] = [];
  #top = { offset: 0, tag: 0 };
  #tag = 0;
  readonly #known = new Map<string, { readonly content: string; readonly position: Position }>();

  constructor(epoch = "0000000000000001") {
    this.epoch = epoch;
  }

  get top(): ReadResult["top"] {
    return { epoch: this.epoch, ...this.#top };
  }

  recall({ content, messageId, user }: Pick<AppendDraft, "content" | "messageId" | "user">): RecallResult {
    const known = this.#known.get(keyOf(user, messageId));
    if (known === undefined) return { type: "unknown" };
    return known.content === content ? { type: "duplicate", position: known.position } : { type: "conflict" };
  }

  append({ content, data, event, messageId, user }: AppendDraft, atMs = 0): Results["append"] {
    const known = this.recall({ content, messageId, user });
    if (known.type !== "unknown") return known;
    this.#tag += 1;
    const { offset, tag: previousTag } = this.#top;
    const entry: Entry = { offset: offset + 1, tag: this.#tag, previousTag, event, messageId, user, atMs, data };
    this.entries.push(entry);
    this.#top = { offset: entry.offset, tag: entry.tag };
    this.#known.set(keyOf(user, messageId), { content, position: this.top });
    return { type: "stored", position: this.top, entry };
  }

  read({ after, maxBytes, maxCount }: ReadRequest): ReadResult {
    const first = this.entries[0]?.offset ?? this.#top.offset + 1;
    const entries: Entry[] = [];
    let bytes = 0;
    for (const entry of this.entries) {
      if (entry.offset <= after || entries.length === maxCount) continue;
      bytes += entry.data.length;
      if (bytes > maxBytes && entries.length > 0) break;
      entries.push(entry);
    }
    return { top: this.top, first, entries, tagAtAfter: this.#tagAt(after) };
  }

  /** Forgets the newest entries, as a failover does that lost them; the ids they had are free again. */
  loseTail(count: number): void {
    this.entries.splice(Math.max(0, this.entries.length - count));
    const last = this.entries.at(-1);
    const { offset, tag } = last ?? { offset: 0, tag: 0 };
    this.#top = { offset, tag };
    for (const [key, known] of this.#known) if (known.position.offset > offset) this.#known.delete(key);
  }

  /** Drops all but the newest entries. */
  trim(keepCount: number): void {
    this.entries.splice(0, Math.max(0, this.entries.length - keepCount));
  }

  #tagAt(offset: number): number | undefined {
    if (offset === 0) return 0;
    if (offset === this.#top.offset) return this.#top.tag;
    return (
      this.entries.find((entry) => entry.offset === offset)?.tag ??
      this.entries.find((entry) => entry.offset === offset + 1)?.previousTag
    );
  }
}

function keyOf({ id }: User, messageId: string): string {
  return JSON.stringify([id, messageId]);
}

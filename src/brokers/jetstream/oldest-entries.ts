import type { HistoryLimits } from "../../gateway/index.ts";
import { maxTrimCount } from "../dedup-window.ts";
import type { Located } from "./log-record.ts";

/** What trimming has to know of an entry that is among the oldest. */
interface Fact {
  readonly atMs: number;
  /** Of the data of all before it. */
  readonly bytesBefore: number;
}

/** It is past every limit. */
const evicted: Fact = { atMs: -Infinity, bytesBefore: -Infinity };

export interface Trim {
  readonly history: HistoryLimits;
  readonly nowMs: number;
  readonly first: number;
  /** The entry that is appended. */
  readonly top: number;
  /** Of all data, the appended entry's included. */
  readonly totalBytes: number;
  /** The records from an offset on, {@link maxTrimCount} of them: or fewer, when the log ends. */
  readonly read: (offset: number) => Promise<readonly Located[]>;
}

/** The oldest entries of one log, as far as they are known: which of them an append trims. */
export class OldestEntries {
  readonly #facts = new Map<number, Fact>();
  /** The time of an entry that was the oldest once. While that is young nobody asks for a younger one. */
  #oldestAtMs: number | undefined;

  /** The oldest offset that stays, at most {@link maxTrimCount} above the one before. */
  async trim(trim: Trim): Promise<number> {
    const { history, nowMs, top } = trim;
    const { maxAgeMs, maxBytes = Infinity, maxCount } = history;
    let { first } = trim;
    for (const end = first + maxTrimCount; first < end && first <= top; first += 1) {
      if (top - first + 1 > maxCount) continue;
      if (first === top) break;
      if (maxBytes !== Infinity) {
        const { bytesBefore } = await this.#factOf(first, trim);
        if (trim.totalBytes - bytesBefore > maxBytes) continue;
      }
      const isYoung = this.#oldestAtMs !== undefined && nowMs - this.#oldestAtMs <= maxAgeMs;
      if (maxAgeMs === Infinity || isYoung) break;
      this.#oldestAtMs = (await this.#factOf(first, trim)).atMs;
      if (nowMs - this.#oldestAtMs <= maxAgeMs) break;
    }
    for (const offset of this.#facts.keys()) if (offset < first) this.#facts.delete(offset);
    return first;
  }

  /** Whatever was known is of another log. */
  clear(): void {
    this.#facts.clear();
    this.#oldestAtMs = undefined;
  }

  async #factOf(offset: number, { read }: Trim): Promise<Fact> {
    const known = this.#facts.get(offset);
    if (known !== undefined) return known;
    const found = await read(offset);
    const end = Math.min(found[0]?.record.entry.offset ?? 0, offset + maxTrimCount);
    for (let gone = offset; gone < end; gone += 1) this.#facts.set(gone, evicted);
    for (const { record } of found) {
      const { entry, totalBytes } = record;
      this.#facts.set(entry.offset, { atMs: entry.atMs, bytesBefore: totalBytes - Buffer.byteLength(entry.data) });
    }
    return this.#facts.get(offset) ?? evicted;
  }
}

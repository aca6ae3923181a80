/** One client's subscription in the model: resume, replay in pages, buffer, live. */
import type { GapReason } from "switchboard/wire";
import type { Bug } from "./bug.ts";
import type { ModelEntry, ModelPosition, ModelStore } from "./model-store.ts";

/** What a reader says to its client. */
export interface ReaderSink {
  receive(entry: ModelEntry, epoch: string): void;
  gap(gap: { readonly from: ModelPosition; readonly to: ModelPosition; readonly reason: GapReason }): void;
}

const pageCount = 2;

export class ModelReader {
  readonly #store: ModelStore;
  readonly #sink: ReaderSink;
  readonly #bug: Bug | undefined;
  #state: "offline" | "replaying" | "live" = "offline";
  #cursor: ModelPosition;
  #replayTo = 0;
  #buffer: ModelEntry[] = [];
  #isSeamOpen = false;

  constructor(options: { readonly store: ModelStore; readonly sink: ReaderSink; readonly bug: Bug | undefined }) {
    this.#store = options.store;
    this.#sink = options.sink;
    this.#bug = options.bug;
    this.#cursor = options.store.top;
  }

  get state(): "offline" | "replaying" | "live" {
    return this.#state;
  }
  get position(): ModelPosition {
    return this.#cursor;
  }

  disconnect(): void {
    this.#state = "offline";
    this.#buffer = [];
  }

  /** Checks the position the client holds, tells what is lost, and begins to replay. */
  resume(): void {
    this.#tellLoss();
    if (this.#bug === "cursor off by one" && this.#cursor.offset > this.#store.start.offset) {
      this.#cursor = { ...this.#cursor, offset: this.#cursor.offset - 1 };
    }
    this.#state = "replaying";
    this.#replayTo = this.#store.top.offset;
  }

  /** Sends a page of what was missed; after the last one, what came meanwhile, and then it is live. */
  replay(): void {
    if (this.#bug === "buffer before replay") {
      for (const entry of this.#buffer.splice(0)) this.#sink.receive(entry, this.#store.epoch);
    }
    this.#readLog(Math.min(this.#replayTo, this.#cursor.offset + pageCount));
    if (this.#cursor.offset < this.#replayTo) return;
    this.#state = "live";
    this.#isSeamOpen = this.#bug === "no resume buffer";
    for (const entry of this.#buffer.splice(0)) this.hint(entry);
  }

  /** A new entry, as the store announces it: may be lost, but never comes out of order. */
  hint(entry: ModelEntry): void {
    if (this.#state === "offline") return;
    if (this.#state === "replaying") {
      if (this.#bug !== "no resume buffer") this.#buffer.push(entry);
      return;
    }
    if (entry.offset <= this.#cursor.offset) return;
    const isTrusted = this.#isSeamOpen || this.#bug === "hole not read" || this.#bug === "fan-out before stable";
    if (isTrusted || entry.offset === this.#cursor.offset + 1) this.#deliver(entry);
    else this.probe();
    this.#isSeamOpen = false;
  }

  /** Reads what is missing from the log: finds a lost hint, the last one too. */
  probe(): void {
    if (this.#state === "live") this.#readLog(this.#store.top.offset);
  }

  #readLog(upTo: number): void {
    for (const entry of this.#store.entries) {
      if (entry.offset <= this.#cursor.offset || entry.offset > upTo) continue;
      if (entry.offset > this.#cursor.offset + 1) this.#tellLoss();
      this.#deliver(entry);
    }
    if (this.#cursor.offset < upTo && this.#cursor.offset < this.#store.start.offset) this.#tellLoss();
  }

  #deliver(entry: ModelEntry): void {
    this.#cursor = { epoch: this.#store.epoch, offset: entry.offset, tag: entry.tag };
    this.#sink.receive(entry, this.#store.epoch);
  }

  #tellLoss(): void {
    const from = this.#cursor;
    const loss = this.#findLoss();
    if (loss === undefined) return;
    this.#cursor = loss.to;
    this.#sink.gap({ from, ...loss });
  }

  #findLoss(): { readonly to: ModelPosition; readonly reason: GapReason } | undefined {
    const { start, top, entries } = this.#store;
    const cursor = this.#cursor;
    if (cursor.epoch !== start.epoch) {
      return this.#bug === "epoch not told" ? this.#skip(start) : { to: start, reason: "epoch" };
    }
    if (cursor.offset < start.offset - (this.#bug === "off-by-one trim" ? 1 : 0)) {
      return { to: start, reason: "trimmed" };
    }
    // Not to the top: the log may have grown again since, and what stands there now was never seen.
    if (cursor.offset > top.offset) return { to: start, reason: "truncated" };
    const tag = [start, ...entries].find((entry) => entry.offset === cursor.offset)?.tag;
    if (tag !== undefined && tag !== cursor.tag && this.#bug !== "no tag check") {
      return { to: start, reason: "truncated" };
    }
    return this.#bug === "gap for nothing" ? { to: cursor, reason: "trimmed" } : undefined;
  }

  /** Moves on in silence. */
  #skip(to: ModelPosition): undefined {
    this.#cursor = to;
  }
}

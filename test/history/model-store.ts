/** A log that can be broken: what is pending dies in a crash, what is stable in worse. */
import type { Bug } from "./bug.ts";

export interface ModelMessage {
  readonly user: string;
  readonly id: string;
  readonly hash: string;
}
export interface ModelEntry extends ModelMessage {
  readonly offset: number;
  readonly tag: number;
}
export interface ModelPosition {
  readonly epoch: string;
  readonly offset: number;
  readonly tag: number;
}

export class ModelStore {
  readonly #maxCount: number;
  readonly #random: () => number;
  readonly #bug: Bug | undefined;
  #epochNumber = 1;
  #entries: ModelEntry[] = [];
  #pending: ModelEntry[] = [];
  /** What deduplication remembers: it outlives the entries. */
  #known: ModelEntry[] = [];
  /** The entry before the first retained one, for its offset and tag. */
  #before = { offset: 0, tag: 0 };

  constructor(options: { readonly maxCount: number; readonly random: () => number; readonly bug: Bug | undefined }) {
    this.#maxCount = options.maxCount;
    this.#random = options.random;
    this.#bug = options.bug;
  }

  get entries(): readonly ModelEntry[] {
    return this.#entries;
  }
  get epoch(): string {
    return `epoch-${this.#epochNumber}`;
  }
  get top(): ModelPosition {
    const { offset, tag } = this.#entries.at(-1) ?? this.#before;
    return { epoch: this.epoch, offset, tag };
  }
  /** The place before the first entry that is retained. */
  get start(): ModelPosition {
    return { epoch: this.epoch, ...this.#before };
  }

  /** Where this message was stored before. */
  find(message: ModelMessage): ModelEntry | undefined {
    return this.#known.find((entry) => this.#isSame(entry, message));
  }

  append(message: ModelMessage): ModelEntry | undefined {
    if (this.#pending.some((entry) => this.#isSame(entry, message))) return undefined;
    const offset = (this.#pending.at(-1) ?? this.top).offset + 1;
    const tag = this.#bug === "tags repeat" ? offset : 1 + Math.floor(this.#random() * 0xffff_fffe);
    const entry = { ...message, offset, tag };
    this.#pending.push(entry);
    return entry;
  }

  /** Makes stable what is pending, and trims. */
  commit(): readonly ModelEntry[] {
    const committed = this.#pending;
    this.#pending = [];
    this.#known.push(...committed);
    this.#entries = [...this.#entries, ...committed];
    const trimmed = this.#entries.slice(0, -this.#maxCount).at(-1);
    this.#entries = this.#entries.slice(-this.#maxCount);
    if (trimmed !== undefined) this.#before = { offset: trimmed.offset, tag: trimmed.tag };
    return committed;
  }

  crash(): void {
    this.#pending = [];
  }

  /** A failover to a copy that lacks the newest entries. */
  rollBack(count: number): void {
    this.crash();
    this.#entries = this.#entries.slice(0, Math.max(1, this.#entries.length - count));
    this.#known = this.#known.filter((entry) => entry.offset <= this.top.offset);
  }

  /** A new, empty log. */
  wipe(): void {
    this.crash();
    this.#epochNumber += 1;
    this.#entries = [];
    this.#known = [];
    this.#before = { offset: 0, tag: 0 };
  }

  #isSame(entry: ModelMessage, message: ModelMessage): boolean {
    if (this.#bug === "no dedup") return false;
    return entry.id === message.id && (entry.user === message.user || this.#bug === "dedup forgets the user");
  }
}

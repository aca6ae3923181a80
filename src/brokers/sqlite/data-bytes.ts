import type { Database, Statement } from "./driver.ts";

/** Channels whose sums are kept at hand. Another one makes room by forgetting them all: they can be read again. */
const maxChannelCount = 10_000;

interface Sum {
  readonly bytes: number | null;
}

/**
 * How many bytes of data each channel holds, in UTF-8. Read from the database when it is first needed, then kept up to date by whoever
 * changes the entries; forgotten when a transaction is undone.
 */
export class DataBytes {
  readonly #known = new Map<number, number>();
  readonly #sumFrom: Statement<Sum>;
  readonly #sumBelow: Statement<Sum>;
  readonly #sizeAt: Statement<Sum>;

  constructor(database: Database) {
    // `octet_length` looks at the row's header only: a long text is not read for it.
    this.#sumFrom = database.prepare("SELECT sum(octet_length(data)) AS bytes FROM entries WHERE channel_id = ?");
    this.#sumBelow = database.prepare(
      "SELECT sum(octet_length(data)) AS bytes FROM entries WHERE channel_id = ? AND offset < ?",
    );
    this.#sizeAt = database.prepare(
      "SELECT octet_length(data) AS bytes FROM entries WHERE channel_id = ? AND offset = ?",
    );
  }

  /** What the channel's entries hold from `first` on. */
  heldFrom(channelId: number, first: number): number {
    const all = this.#known.get(channelId) ?? this.#sumFrom.get(channelId)?.bytes ?? 0;
    return all - (this.#sumBelow.get(channelId, first)?.bytes ?? 0);
  }

  sizeAt(channelId: number, offset: number): number {
    return this.#sizeAt.get(channelId, offset)?.bytes ?? 0;
  }

  keep(channelId: number, bytes: number): void {
    if (this.#known.size >= maxChannelCount) this.#known.clear();
    this.#known.set(channelId, bytes);
  }

  forget(channelId: number): void {
    this.#known.delete(channelId);
  }

  forgetAll(): void {
    this.#known.clear();
  }
}

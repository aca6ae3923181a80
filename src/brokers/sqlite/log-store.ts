import { crc32 } from "node:zlib";
import type {
  AppendRequest,
  AppendResult,
  Entry,
  ReadRequest,
  ReadResult,
  RecallRequest,
  RecallResult,
} from "../../gateway/index.ts";
import { BrokerError } from "../../gateway/index.ts";
import type { Position } from "../../wire/index.ts";
import { deriveEpoch } from "../channel-epoch.ts";
import { dedupMarginMs, maxTrimCount } from "../dedup-window.ts";
import { DataBytes } from "./data-bytes.ts";
import type { Database, Statement } from "./driver.ts";
import { corruptHint } from "./storage-error.ts";

interface ChannelRow {
  readonly id: number;
  readonly epoch: string;
  readonly first_offset: number;
  readonly top_offset: number;
  readonly top_tag: number;
  readonly checksum: number;
}

interface EntryRow {
  readonly tag: number;
  readonly previous_tag: number;
  readonly at_ms: number;
  readonly event: string;
  readonly message_id: string;
  readonly user_id: string;
  readonly user_name: string | null;
  readonly checksum: number;
  readonly data: string;
}

interface DedupRow {
  readonly payload_hash: string;
  readonly offset: number;
  readonly tag: number;
}

/** The logs of all channels on one connection. Every method is synchronous; who calls them decides what one transaction holds. */
export class LogStore {
  readonly #database: Database;
  readonly #dedupWindowMs: number;
  readonly #epochSeed: string;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #dataBytes: DataBytes;

  constructor(database: Database, dedupWindowMs: number) {
    this.#database = database;
    this.#dedupWindowMs = dedupWindowMs;
    this.#epochSeed = readEpochSeed(database);
    this.#statements = prepareStatements(database);
    this.#dataBytes = new DataBytes(database);
  }

  begin(): void {
    this.#database.exec("BEGIN IMMEDIATE");
  }

  commit(): void {
    this.#database.exec("COMMIT");
  }

  /** Undoes what is not committed. Harmless when SQLite has done so itself, as it does after some errors. */
  rollback(): void {
    this.#dataBytes.forgetAll();
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // "cannot rollback - no transaction is active"
    }
  }

  close(): void {
    this.#database.close();
  }

  /** Within a transaction; stable, and to be told, only after `commit`. */
  append(request: AppendRequest): AppendResult {
    const { channel, nowMs } = request;
    const row = this.#findChannel(channel);
    const known = this.#recall(request, row);
    if (known.type !== "unknown") return known;
    // First forget and trim: a database at its limit then has room for what comes instead.
    this.#statements.forgetIds.run(nowMs - this.#dedupWindowMs - dedupMarginMs, maxTrimCount);
    return this.#store(request, row ?? this.#createChannel(channel));
  }

  recall(request: RecallRequest): RecallResult {
    return this.#recall(request, this.#findChannel(request.channel));
  }

  read({ after, channel, maxBytes, maxCount }: ReadRequest): ReadResult {
    const row = this.#findChannel(channel);
    const top = this.#topOf(channel, row);
    if (row === undefined) return { top, first: 1, entries: [], tagAtAfter: after === 0 ? 0 : undefined };
    const entries: Entry[] = [];
    let bytes = 0;
    let expected: Expected = { offset: Math.max(after + 1, row.first_offset), previousTag: undefined };
    const lastWanted = Math.min(row.top_offset, expected.offset + maxCount - 1);
    while (expected.offset <= lastWanted) {
      const entry = this.#readEntry(channel, row, expected);
      bytes += Buffer.byteLength(entry.data);
      if (bytes > maxBytes && entries.length > 0) break;
      entries.push(entry);
      expected = { offset: entry.offset + 1, previousTag: entry.tag };
    }
    return { top, first: row.first_offset, entries, tagAtAfter: this.#tagAt(row, after) };
  }

  #recall(
    { messageId, payloadHash, retryAfterFirstMs = 0, user }: RecallRequest,
    row: ChannelRow | undefined,
  ): RecallResult {
    const known = row && this.#statements.findId.get(row.id, user.id, messageId);
    if (row !== undefined && known !== undefined) {
      if (known.payload_hash !== payloadHash) return { type: "conflict" };
      return { type: "duplicate", position: { epoch: row.epoch, offset: known.offset, tag: known.tag } };
    }
    return { type: retryAfterFirstMs > this.#dedupWindowMs ? "expired" : "unknown" };
  }

  /** Where a log ends. */
  topOf(channel: string): Position {
    return this.#topOf(channel, this.#findChannel(channel));
  }

  #topOf(channel: string, row: ChannelRow | undefined): Position {
    if (row === undefined) return { epoch: deriveEpoch(this.#epochSeed, channel), offset: 0, tag: 0 };
    return { epoch: row.epoch, offset: row.top_offset, tag: row.top_tag };
  }

  #findChannel(channel: string): ChannelRow | undefined {
    const row = this.#statements.findChannel.get(channel);
    if (row !== undefined && row.checksum !== checksumOfChannel(channel, row)) {
      throw corruptLog(channel, "its record is damaged");
    }
    return row;
  }

  #createChannel(channel: string): ChannelRow {
    const empty = { epoch: deriveEpoch(this.#epochSeed, channel), first_offset: 1, top_offset: 0, top_tag: 0 };
    const checksum = checksumOfChannel(channel, empty);
    const created = this.#statements.createChannel.get(channel, empty.epoch, checksum);
    if (created === undefined) throw corruptLog(channel, "its record cannot be made");
    return { ...empty, id: created.id, checksum };
  }

  #store(
    { channel, data, event, history, messageId, nowMs, payloadHash, tag, user }: AppendRequest,
    row: ChannelRow,
  ): AppendResult {
    const entry: Entry = {
      offset: row.top_offset + 1,
      tag,
      previousTag: row.top_tag,
      event,
      messageId,
      user,
      atMs: nowMs,
      data,
    };
    const { maxAgeMs, maxBytes = Infinity, maxCount } = history;
    const keptByCount = this.#firstKept(row, entry.offset, { oldestMs: nowMs - maxAgeMs, maxCount });
    const first = this.#firstWithin(row, keptByCount, { entry, maxBytes });
    if (first > row.first_offset) this.#statements.trim.run(row.id, first);
    const { insertEntry, insertId, updateChannel } = this.#statements;
    if (first <= entry.offset) {
      insertEntry.run(
        row.id,
        entry.offset,
        tag,
        entry.previousTag,
        nowMs,
        event,
        messageId,
        user.id,
        user.name ?? null,
        checksumOfEntry(row.id, entry),
        data,
      );
    }
    insertId.run(row.id, user.id, messageId, payloadHash, entry.offset, tag, nowMs);
    const next = { epoch: row.epoch, first_offset: first, top_offset: entry.offset, top_tag: tag };
    updateChannel.run(first, entry.offset, tag, checksumOfChannel(channel, next), row.id);
    return { type: "stored", position: { epoch: row.epoch, offset: entry.offset, tag }, entry };
  }

  /** The oldest offset to keep once `newest` is in. Only ever from the old end, so no hole comes from a clock that jumped. */
  #firstKept(
    row: ChannelRow,
    newest: number,
    { maxCount, oldestMs }: { readonly maxCount: number; readonly oldestMs: number },
  ): number {
    const lastTrimmed = row.first_offset + maxTrimCount;
    const byCount = Math.min(Math.max(row.first_offset, newest - maxCount + 1), lastTrimmed);
    if (oldestMs === -Infinity || byCount === lastTrimmed) return byCount;
    const youngEnough = this.#statements.firstYoungEnough.get(row.id, byCount, lastTrimmed - byCount, oldestMs);
    // None of those looked at: all of them go, but not the one that comes now, unless the count says so.
    return youngEnough?.offset ?? Math.max(byCount, Math.min(lastTrimmed, newest));
  }

  /** The oldest offset to keep, from `first` on, so that the data takes `maxBytes` at most. The newest entry stays whatever its size. */
  #firstWithin(
    row: ChannelRow,
    first: number,
    { entry, maxBytes }: { readonly entry: Entry; readonly maxBytes: number },
  ): number {
    // What is not counted from the beginning must not be believed later.
    if (maxBytes === Infinity) this.#dataBytes.forget(row.id);
    if (maxBytes === Infinity || first > entry.offset) return first;
    const lastTrimmed = row.first_offset + maxTrimCount;
    let kept = first;
    let bytes = this.#dataBytes.heldFrom(row.id, first) + Buffer.byteLength(entry.data);
    for (; bytes > maxBytes && kept < Math.min(entry.offset, lastTrimmed); kept += 1) {
      bytes -= this.#dataBytes.sizeAt(row.id, kept);
    }
    this.#dataBytes.keep(row.id, bytes);
    return kept;
  }

  #tagAt(row: ChannelRow, offset: number): number | undefined {
    if (offset === 0) return 0;
    if (offset === row.top_offset) return row.top_tag;
    if (offset > row.top_offset || offset < row.first_offset - 1) return undefined;
    return this.#statements.findPreviousTag.get(row.id, offset + 1)?.previous_tag;
  }

  /** Nothing is served that is not what was stored: a wrong checksum, a hole and a broken chain of tags all end here. */
  #readEntry(channel: string, row: ChannelRow, expected: Expected): Entry {
    const { offset } = expected;
    const found = this.#statements.readEntry.get(row.id, offset);
    if (found === undefined) throw corruptLog(channel, `entry ${offset} is missing`);
    const {
      at_ms: atMs,
      data,
      event,
      message_id: messageId,
      previous_tag: previousTag,
      tag,
      user_id: id,
      user_name: name,
    } = found;
    const entry: Entry = {
      offset,
      tag,
      previousTag,
      event,
      messageId,
      user: name === null ? { id } : { id, name },
      atMs,
      data,
    };
    const isChained = expected.previousTag === undefined || expected.previousTag === previousTag;
    const isTop = offset === row.top_offset;
    if (!isChained || (isTop && tag !== row.top_tag) || found.checksum !== checksumOfEntry(row.id, entry)) {
      throw corruptLog(channel, `entry ${offset} is damaged`);
    }
    return entry;
  }
}

function readEpochSeed(database: Database): string {
  const row = database.prepare<{ value: string }>("SELECT value FROM meta WHERE name = 'epoch_seed'").get();
  if (row !== undefined) return row.value;
  throw new BrokerError("STORAGE_CORRUPT", "Cannot use the database: its epoch seed is missing", { hint: corruptHint });
}

interface Expected {
  readonly offset: number;
  readonly previousTag: number | undefined;
}

function corruptLog(channel: string, problem: string): BrokerError {
  return new BrokerError("STORAGE_CORRUPT", `Cannot use the log of "${channel}": ${problem}`, { hint: corruptHint });
}

/** NUL cannot be in a name or an id, so two different rows never give one text. */
function checksumOfEntry(
  channelId: number,
  { atMs, data, event, messageId, offset, previousTag, tag, user }: Entry,
): number {
  const head = [
    channelId,
    offset,
    tag,
    previousTag,
    atMs,
    event,
    messageId,
    user.id,
    user.name === undefined ? 0 : `1${user.name}`,
    "",
  ];
  return crc32(data, crc32(head.join("\0")));
}

function checksumOfChannel(channel: string, row: Omit<ChannelRow, "id" | "checksum">): number {
  return crc32([channel, row.epoch, row.first_offset, row.top_offset, row.top_tag].join("\0"));
}

function prepareStatements(database: Database): {
  readonly findChannel: Statement<ChannelRow>;
  readonly createChannel: Statement<{ readonly id: number }>;
  readonly updateChannel: Statement<never>;
  readonly findId: Statement<DedupRow>;
  readonly insertId: Statement<never>;
  readonly forgetIds: Statement<never>;
  readonly insertEntry: Statement<never>;
  readonly readEntry: Statement<EntryRow>;
  readonly findPreviousTag: Statement<{ readonly previous_tag: number }>;
  readonly firstYoungEnough: Statement<{ readonly offset: number }>;
  readonly trim: Statement<never>;
} {
  return {
    findChannel: database.prepare(
      "SELECT id, epoch, first_offset, top_offset, top_tag, checksum FROM channels WHERE channel = ?",
    ),
    createChannel: database.prepare(
      "INSERT INTO channels (channel, epoch, first_offset, top_offset, top_tag, checksum) VALUES (?, ?, 1, 0, 0, ?) RETURNING id",
    ),
    updateChannel: database.prepare(
      "UPDATE channels SET first_offset = ?, top_offset = ?, top_tag = ?, checksum = ? WHERE id = ?",
    ),
    findId: database.prepare(
      "SELECT payload_hash, offset, tag FROM dedup WHERE channel_id = ? AND user_id = ? AND message_id = ?",
    ),
    insertId: database.prepare(
      "INSERT INTO dedup (channel_id, user_id, message_id, payload_hash, offset, tag, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
    ),
    forgetIds: database.prepare(
      "DELETE FROM dedup WHERE (channel_id, user_id, message_id) IN (SELECT channel_id, user_id, message_id FROM dedup WHERE at_ms < ? ORDER BY at_ms LIMIT ?)",
    ),
    insertEntry: database.prepare(
      "INSERT INTO entries (channel_id, offset, tag, previous_tag, at_ms, event, message_id, user_id, user_name, checksum, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    // One by one: offsets have no holes, so each is a look-up in the primary key, and a page ends where its bytes do.
    readEntry: database.prepare(
      "SELECT tag, previous_tag, at_ms, event, message_id, user_id, user_name, checksum, data FROM entries WHERE channel_id = ? AND offset = ?",
    ),
    findPreviousTag: database.prepare("SELECT previous_tag FROM entries WHERE channel_id = ? AND offset = ?"),
    firstYoungEnough: database.prepare(
      "SELECT offset FROM (SELECT offset, at_ms FROM entries WHERE channel_id = ? AND offset >= ? ORDER BY offset LIMIT ?) WHERE at_ms >= ? LIMIT 1",
    ),
    trim: database.prepare("DELETE FROM entries WHERE channel_id = ? AND offset < ?"),
  };
}

import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type AppendRequest, type AppendResult, BrokerError } from "../../gateway/index.ts";
import { deriveEpoch } from "../channel-epoch.ts";
import { maxTrimCount } from "../dedup-window.ts";
import { Deadline } from "./deadline.ts";
import { findOffset } from "./find-offset.ts";
import type { Located, LogRecord } from "./log-record.ts";
import type { LogStream } from "./log-stream.ts";
import { OldestEntries } from "./oldest-entries.ts";
import { readOnward } from "./read-onward.ts";
import { findEnd, hasLost } from "./rivals.ts";
import { dedupId, findStored, repeated } from "./stored-ids.ts";
import { TrimMarks } from "./trim-marks.ts";

export interface ChannelLogOptions {
  readonly stream: LogStream;
  readonly channel: string;
  readonly subject: string;
  /** Marks what this node appends. */
  readonly node: string;
  readonly dedupWindowMs: number;
  /** How long the server knows an id; messages are kept for as long. */
  readonly duplicateWindowMs: number;
  /** Called before an append of this node resolves. */
  readonly onAppended: (located: Located) => void;
}

/** What the next append follows. */
interface Tip {
  readonly epoch: string;
  readonly offset: number;
  readonly tag: number;
  /** Where the last entry is in the stream; 0 where there is none. */
  readonly seq: number;
  /** The subject's last message: the same, unless that is none of the log's entries. */
  readonly expectedSeq: number;
  readonly first: number;
  readonly totalBytes: number;
}

/** While another write is under way: so long until the next try, or up to twice as long. */
const busyMs = 2;

/** The writing end of one channel's log at this node: one append after the other, each naming the message that it follows. */
export class ChannelLog {
  readonly #options: ChannelLogOptions;
  readonly #oldest = new OldestEntries();
  readonly #marks: TrimMarks;
  #tip: Tip | undefined;
  /** Of the log that was last seen with an entry. */
  #epoch: string | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #pendingCount = 0;

  constructor(options: ChannelLogOptions) {
    this.#options = options;
    this.#marks = new TrimMarks(options.duplicateWindowMs);
  }

  get isIdle(): boolean {
    return this.#pendingCount === 0;
  }

  /** What another node appended, so the next append need not ask. A tip that is wrong is refused by the server, and asked for. */
  learn(located: Located): void {
    if (this.#tip !== undefined && located.seq > this.#tip.expectedSeq) this.#follow(located);
  }

  append(request: AppendRequest, deadline: Deadline): Promise<AppendResult> {
    this.#pendingCount += 1;
    const appending = this.#queue.then(async () => {
      try {
        return await this.#append(request, deadline);
      } catch (error) {
        this.#tip = undefined; // whether it is stored is not known
        throw error;
      } finally {
        this.#pendingCount -= 1;
      }
    });
    this.#queue = appending.catch(() => undefined);
    return appending;
  }

  async #append(request: AppendRequest, deadline: Deadline): Promise<AppendResult> {
    const { dedupWindowMs, stream, subject } = this.#options;
    if ((request.retryAfterFirstMs ?? 0) > dedupWindowMs) return { type: "expired" };
    for (let goneCount = 0; deadline.leftMs > 0;) {
      const tip = (this.#tip ??= await this.#load(deadline));
      const record = await this.#extend(tip, request, deadline);
      const result = await stream.append(
        { subject, record, expectedSeq: tip.expectedSeq, id: dedupId(request, goneCount) },
        deadline,
      );
      switch (result.type) {
        case "stored": {
          const stored = { seq: result.seq, record };
          if (!(await hasLost(stream, subject, stored, deadline))) return this.#stored(stored);
          break;
        }
        case "duplicate": {
          const known = await findStored(result.seq, { stream, subject, deadline });
          if (known !== undefined && this.#isMine(known.record, request)) return this.#stored(known);
          if (known !== undefined) return repeated(known, request.payloadHash);
          goneCount += 1;
          continue;
        }
        case "busy":
          await delay(busyMs * (1 + Math.random()));
          continue;
        case "behind":
          break;
        default:
          result satisfies never;
      }
      goneCount = 0;
      if (this.#tip === tip) this.#tip = undefined; // unless it was learned meanwhile
    }
    throw new BrokerError("STORAGE_UNAVAILABLE", `Cannot append: no answer within ${deadline.timeoutMs} ms`);
  }

  async #load(deadline: Deadline): Promise<Tip> {
    const { channel, stream, subject } = this.#options;
    const end = await findEnd(stream, subject, deadline);
    if (end !== undefined) return this.#follow(end.last, end.seq);
    const first = deriveEpoch(stream.seed, channel);
    // A log that had entries and has none is not continued.
    const epoch = first === this.#epoch ? randomBytes(8).toString("hex") : first;
    this.#oldest.clear();
    return { epoch, offset: 0, tag: 0, seq: 0, expectedSeq: 0, first: 1, totalBytes: 0 };
  }

  #follow({ record, seq }: Located, expectedSeq = seq): Tip {
    const { entry, epoch, first, totalBytes } = record;
    if (epoch !== this.#epoch) this.#oldest.clear();
    this.#epoch = epoch;
    this.#tip = { epoch, offset: entry.offset, tag: entry.tag, seq, expectedSeq, first, totalBytes };
    return this.#tip;
  }

  async #extend(tip: Tip, request: AppendRequest, deadline: Deadline): Promise<LogRecord> {
    const { data, event, history, messageId, nowMs, payloadHash, tag, user } = request;
    const offset = tip.offset + 1;
    const totalBytes = tip.totalBytes + Buffer.byteLength(data);
    const read = (from: number): Promise<readonly Located[]> => this.#readOldest(from, deadline);
    const first = await this.#oldest.trim({ history, nowMs, first: tip.first, top: offset, totalBytes, read });
    return {
      node: this.#options.node,
      epoch: tip.epoch,
      payloadHash,
      previousSeq: tip.seq,
      first,
      totalBytes,
      entry: { offset, tag, previousTag: tip.tag, event, messageId, user, atMs: nowMs, data },
    };
  }

  async #readOldest(offset: number, deadline: Deadline): Promise<readonly Located[]> {
    const { stream, subject } = this.#options;
    const end = await findEnd(stream, subject, deadline);
    if (end === undefined || end.last.record.entry.offset < offset) return [];
    const { last } = end;
    const next = (seq: number): Promise<Located | undefined> => stream.find({ next_by_subj: subject, seq }, deadline);
    const from = await findOffset(offset, { last, next, isSerial: stream.isSerial });
    return readOnward({ stream, subject, from, last, maxCount: maxTrimCount, maxBytes: Infinity, deadline });
  }

  #stored(stored: Located): AppendResult {
    const { duplicateWindowMs, onAppended, stream, subject } = this.#options;
    const { record, seq } = stored;
    const { entry, epoch, first } = record;
    this.#follow(stored);
    onAppended(stored);
    const atMs = performance.now();
    this.#marks.note({ seq, offset: entry.offset, atMs });
    const end = this.#marks.take(first, atMs);
    // One that fails is made up for by the next.
    if (end !== undefined) void stream.purge(subject, end, new Deadline(duplicateWindowMs)).catch(() => undefined);
    return { type: "stored", position: { epoch, offset: entry.offset, tag: entry.tag }, entry };
  }

  /** Whether it is what this very request stored by an earlier try, whose answer was lost. */
  #isMine({ entry, node }: LogRecord, { tag }: AppendRequest): boolean {
    return node === this.#options.node && entry.tag === tag;
  }
}

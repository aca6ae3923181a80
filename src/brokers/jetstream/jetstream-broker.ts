import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import {
  type AppendRequest,
  type AppendResult,
  type Broker,
  BrokerError,
  type BrokerInfo,
  type BrokerSink,
  type KnownLog,
  type Notice,
  type Notices,
  type NoticesSince,
  type OtherLog,
  type ReadRequest,
  type ReadResult,
  type RecallRequest,
  type RecallResult,
} from "../../gateway/index.ts";
import type { Position } from "../../wire/index.ts";
import { Audience } from "../audience.ts";
import { deriveEpoch } from "../channel-epoch.ts";
import { ChannelLog } from "./channel-log.ts";
import { Deadline } from "./deadline.ts";
import { type LogRecord, readRecord } from "./log-record.ts";
import { LogStream } from "./log-stream.ts";
import type { Measured } from "./measure-stream.ts";
import type { NatsMessage } from "./nats-client.ts";
import { NatsLink } from "./nats-link.ts";
import { NoticeStream } from "./notice-stream.ts";
import { type FoundStream, openStream, type WantedStream } from "./open-stream.ts";
import { readPage } from "./read-page.ts";
import { settle } from "./settle.ts";
import { recallId } from "./stored-ids.ts";
import { liveSubject } from "./subjects.ts";
import { TailWatch } from "./tail-watch.ts";

/** Where a {@link jetStreamBroker} keeps its logs, and its limits. */
export interface JetStreamBrokerOptions {
  /**
   * `nats://user:password@host:port`, `nats://token@host:port`, or `tls:`; of a cluster any of its servers, or some. Default
   * `nats://127.0.0.1:4222`.
   */
  readonly url?: string | readonly string[];
  /** A file with a user's JWT and key (`.creds`). */
  readonly credentialsFile?: string;
  /** A file with the certificates to trust, in PEM. The connection is encrypted then. */
  readonly caFile?: string;
  /** The stream's name and what its subjects begin with: gateways with different names share a server and nothing else. Default `switchboard`. */
  readonly stream?: string;
  /** How many servers hold the stream, when this broker makes it: 1, 3 or 5. Default 1. */
  readonly replicas?: number;
  /** Where the stream is kept, when this broker makes it. Default `file`. */
  readonly storage?: "file" | "memory";
  /** Of the stream, when this broker makes it; appends past it are refused with `STORAGE_FULL`. Default `Infinity`: the server's own limits. */
  readonly maxBytes?: number;
  /** How long a message id is remembered, in milliseconds. Default 10 minutes: every id is held in the servers' memory, twice as long. */
  readonly dedupWindowMs?: number;
  /** Default 5 000 ms. */
  readonly connectTimeoutMs?: number;
  /** A call without an answer is refused after this. The entry may be stored: the same id finds it. Default 5 000 ms. */
  readonly commandTimeoutMs?: number;
}

/**
 * Makes a broker on one JetStream stream, shared by any number of nodes. Needs the package `@nats-io/transport-node` and nats-server 2.9 or
 * newer. The level is measured from the stream: `os` with one replica, `quorum` with three.
 */
export function jetStreamBroker(options: JetStreamBrokerOptions = {}): Broker {
  return new JetStreamBroker(options);
}

interface Opened {
  readonly link: NatsLink;
  readonly sink: BrokerSink;
  readonly audience: Audience;
  readonly stream: LogStream;
  /** Of the stream. */
  readonly watch: TailWatch;
  readonly notices: NoticeStream;
  /** Of the stream, as it was at the start. */
  readonly measured: Measured;
}

/** Logs whose tip is remembered. What is forgotten is asked for again. */
const maxLogCount = 10_000;
const restMs = 1_000;

class JetStreamBroker implements Broker {
  readonly notices: Notices = {
    post: (notice, nowMs) => this.#post(notice, nowMs),
    read: async (nowMs) => (await this.#readNotices(undefined, nowMs)).notices,
    readSince: (revision, nowMs) => this.#readNotices(revision, nowMs),
  };
  readonly #options: JetStreamBrokerOptions;
  readonly #name: string;
  readonly #dedupWindowMs: number;
  readonly #commandTimeoutMs: number;
  /** Marks what this node says: it has heard that already. */
  readonly #node = randomBytes(8).toString("hex");
  readonly #logs = new Map<string, ChannelLog>();
  readonly #pending = new Set<Promise<unknown>>();
  #state: "new" | "open" | "closed" = "new";
  #opened: Opened | undefined;
  #looking: Promise<FoundStream> | undefined;

  constructor(options: JetStreamBrokerOptions) {
    this.#options = options;
    this.#name = options.stream ?? "switchboard";
    if (!/^[A-Za-z0-9_-]{1,64}$/u.test(this.#name)) {
      throw new BrokerError("STORAGE_UNAVAILABLE", `Cannot name a stream "${this.#name}": use 1-64 of A-Z a-z 0-9 _ -`);
    }
    this.#dedupWindowMs = options.dedupWindowMs ?? 10 * 60 * 1000;
    this.#commandTimeoutMs = options.commandTimeoutMs ?? 5_000;
  }

  async open(sink: BrokerSink): Promise<BrokerInfo> {
    if (this.#state !== "new") throw new BrokerError("CLOSED", "Cannot open the JetStream broker again");
    this.#state = "open";
    const { caFile, connectTimeoutMs = 5_000, credentialsFile, url = "nats://127.0.0.1:4222" } = this.#options;
    const link = await NatsLink.open({
      url,
      connectTimeoutMs,
      ...(credentialsFile === undefined ? {} : { credentialsFile }),
      ...(caFile === undefined ? {} : { caFile }),
      onUp: () => void this.#returned(),
      onDown: (reason) => sink.availability(false, `NATS is not reachable: ${reason}`),
    });
    try {
      const found = await openStream(link, this.#wanted(), new Deadline(connectTimeoutMs));
      const { measured, replicaCount, storage } = found;
      const notices = new NoticeStream({ link, name: this.#name, replicaCount, storage });
      const watched = this.#watched(link, found);
      // What is read from now on need not be read a second time.
      await watched.watch.catchUp(0, this.#deadline());
      this.#opened = { link, sink, audience: new Audience(sink), ...watched, notices, measured };
      const { description, durability } = measured;
      return { description, durability, dedupWindowMs: this.#windowMs(measured), isShared: true };
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const { link } = this.#use();
    if (!link.isUp) throw new BrokerError("STORAGE_UNAVAILABLE", "Cannot append: NATS is not reachable");
    return this.#settle(this.#logOf(request.channel).append(request, this.#deadline()));
  }

  async recall(request: RecallRequest): Promise<RecallResult> {
    const { measured, stream } = this.#use();
    if ((request.retryAfterFirstMs ?? 0) > this.#windowMs(measured)) return { type: "expired" };
    return recallId(request, { stream, subject: stream.subjectOf(request.channel), deadline: this.#deadline() });
  }

  async read(request: ReadRequest): Promise<ReadResult> {
    const { after, channel } = request;
    const deadline = this.#deadline();
    for (let isSettled = false; ;) {
      const { stream, watch } = this.#use();
      const noted = watch.reading(channel);
      const page = await readPage({ ...request, stream, subject: stream.subjectOf(channel), deadline });
      // Who asks behind a place knows of it, unless it is behind everything.
      const isKnown = after > (page?.top.offset ?? 0) && after < Number.MAX_SAFE_INTEGER;
      if (isKnown && !isSettled) {
        // What is missing may be lost, or whoever answered leads no more.
        await settle(stream, deadline);
        isSettled = true;
        continue;
      }
      if (page !== undefined) {
        const { lastSeq, ...result } = page;
        if (this.#use().audience.has(channel)) noted(lastSeq, page.top);
        return result;
      }
      await this.#look();
      if (this.#use().stream !== stream) continue; // the log is empty because it is another stream's
      const top = { epoch: deriveEpoch(stream.seed, channel), offset: 0, tag: 0 };
      if (this.#use().audience.has(channel)) noted(0, top);
      return { top, first: 1, entries: [], tagAtAfter: after === 0 ? 0 : undefined };
    }
  }

  async compare(known: readonly KnownLog[]): Promise<readonly OtherLog[]> {
    return this.#use().watch.compare(known, this.#deadline());
  }

  async join(channel: string): Promise<void> {
    const { audience, link } = this.#use();
    if (audience.has(channel)) return;
    audience.join(channel);
    try {
      await link.subscribe(liveSubject(this.#name, channel), (message) => this.#told(channel, message));
    } catch (error) {
      audience.leave(channel);
      throw error;
    }
  }

  async leave(channel: string): Promise<void> {
    const { audience, link, watch } = this.#use();
    audience.leave(channel);
    watch.forget(channel);
    link.unsubscribe(liveSubject(this.#name, channel));
  }

  async broadcast(channel: string, payload: string): Promise<void> {
    const { audience, link } = this.#use();
    link.tell(liveSubject(this.#name, channel), `${this.#node}\n${payload}`, `broadcast to "${channel}"`);
    audience.broadcasted(channel, payload);
  }

  async close(): Promise<void> {
    this.#state = "closed";
    await Promise.allSettled(this.#pending);
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.link.close();
  }

  async #post(notice: Notice, nowMs: number): Promise<void> {
    const { notices } = this.#use();
    await this.#settle(notices.post(notice, { nowMs, deadline: this.#deadline() }));
  }

  async #readNotices(revision: string | undefined, nowMs: number): Promise<NoticesSince> {
    const found = await this.#use().notices.readSince(revision, this.#deadline());
    return { ...found, notices: found.notices.filter(({ expiresAtMs }) => expiresAtMs > nowMs) };
  }

  /** What `close` waits for. */
  async #settle<Result>(work: Promise<Result>): Promise<Result> {
    this.#pending.add(work);
    try {
      return await work;
    } finally {
      this.#pending.delete(work);
    }
  }

  /** What another node said, or the server of what another node stored. Our own is known already. */
  #told(channel: string, message: NatsMessage): void {
    const text = message.string();
    if (text.startsWith(this.#node)) return;
    if (this.#opened === undefined) return;
    const { audience, watch } = this.#opened;
    if (text[16] === "\n") return audience.broadcasted(channel, text.slice(17));
    const record = readRecord(text);
    const seq = Number(message.headers?.get("Nats-Sequence"));
    // A write that lost against another expected another message before it than there was.
    const isNext =
      message.headers?.get("Nats-Last-Sequence") === message.headers?.get("Nats-Expected-Last-Subject-Sequence");
    if (record === undefined || record.node === this.#node || !isNext || !(seq > 0)) return;
    this.#logs.get(channel)?.learn({ seq, record });
    watch.heard(channel, seq, positionOf(record));
    audience.appended(channel, record.epoch, record.entry);
  }

  #logOf(channel: string): ChannelLog {
    const { audience, measured, stream, watch } = this.#use();
    const log =
      this.#logs.get(channel) ??
      new ChannelLog({
        stream,
        channel,
        subject: stream.subjectOf(channel),
        node: this.#node,
        dedupWindowMs: this.#windowMs(measured),
        duplicateWindowMs: measured.duplicateWindowMs,
        onAppended: ({ record, seq }) => {
          watch.heard(channel, seq, positionOf(record));
          audience.appended(channel, record.epoch, record.entry);
        },
      });
    this.#logs.delete(channel);
    this.#logs.set(channel, log); // the newest is the last
    for (const [name, { isIdle }] of this.#logs) {
      if (this.#logs.size <= maxLogCount) break;
      if (isIdle) this.#logs.delete(name);
    }
    return log;
  }

  /** The connection is back. The stream may have no leader yet, or be another, with less to offer. */
  async #returned(): Promise<void> {
    for (let lastReason = ""; this.#opened?.link.isUp === true;) {
      const { link, measured: told, sink } = this.#opened;
      try {
        const { measured } = await this.#look();
        if (measured.durability === told.durability) sink.availability(true, measured.description);
        return;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== lastReason && link.isUp) sink.availability(false, reason);
        lastReason = reason;
        await delay(restMs, undefined, { ref: false });
      }
    }
  }

  /** Looks at the stream, once at a time. If it is another than before, that is used from now on. */
  #look(): Promise<FoundStream> {
    this.#looking ??= this.#adopt().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #adopt(): Promise<FoundStream> {
    const opened = this.#opened;
    if (opened === undefined) throw new BrokerError("CLOSED", "Cannot use the JetStream broker: it is closed");
    const { link, measured: told, sink, stream } = opened;
    const found = await openStream(link, this.#wanted(), this.#deadline());
    const { measured, subjects } = found;
    if (subjects.seed !== stream.seed) {
      stream.retire();
      this.#logs.clear();
      this.#opened = { ...opened, ...this.#watched(link, found) };
    }
    if (measured.durability !== told.durability) {
      sink.availability(false, `${measured.description}, which is not the ${told.durability} that was told`);
    }
    return found;
  }

  #watched(link: NatsLink, found: FoundStream): Pick<Opened, "stream" | "watch"> {
    const stream = this.#streamOf(link, found);
    return { stream, watch: new TailWatch({ stream, now: () => performance.now(), random: Math.random }) };
  }

  #streamOf(link: NatsLink, { replicaCount, subjects, version }: FoundStream): LogStream {
    return new LogStream({
      link,
      name: this.#name,
      subjects,
      facts: { replicaCount, version },
      onMissing: () => this.#look().then(noValue, noValue),
    });
  }

  #wanted(): WantedStream {
    const { maxBytes = Infinity, replicas = 1, storage = "file" } = this.#options;
    return { name: this.#name, replicas, storage, maxBytes, dedupWindowMs: this.#dedupWindowMs };
  }

  /** The server counts on its own clock, and a jump of up to the window must forget no id too early: so half of what it keeps is told. */
  #windowMs({ duplicateWindowMs }: Measured): number {
    return Math.min(this.#dedupWindowMs, duplicateWindowMs / 2);
  }

  #deadline(): Deadline {
    return new Deadline(this.#commandTimeoutMs);
  }

  #use(): Opened {
    if (this.#state === "open" && this.#opened !== undefined) return this.#opened;
    throw new BrokerError("CLOSED", "Cannot use the JetStream broker: it is not open");
  }
}

function positionOf({ entry: { offset, tag }, epoch }: LogRecord): Position {
  return { epoch, offset, tag };
}

function noValue(): void {}

import { randomBytes } from "node:crypto";
import type {
  AppendRequest,
  AppendResult,
  Broker,
  BrokerInfo,
  BrokerSink,
  Entry,
  KnownLog,
  Notices,
  OtherLog,
  ReadRequest,
  ReadResult,
  RecallRequest,
  RecallResult,
} from "../../gateway/index.ts";
import { BrokerError } from "../../gateway/index.ts";
import { Audience } from "../audience.ts";
import { createEpochSeed, deriveEpoch } from "../channel-epoch.ts";
import { maxTrimCount } from "../dedup-window.ts";
import { compareLogs } from "./compare-logs.ts";
import { readEntry, readHint, writeHead } from "./entry-text.ts";
import type { Examined } from "./examine-redis.ts";
import { isAtLeast } from "./measure-durability.ts";
import { RedisLink, type RedisLinkOptions } from "./redis-link.ts";
import { readPlace, type RedisPlace, type RedisPlaceOptions } from "./redis-place.ts";
import { noticeScripts, RedisNotices } from "./redis-notices.ts";
import { appendScript, compareScript, readScript, recallScript } from "./scripts.ts";

/** Where a {@link redisBroker} keeps its logs, and its limits. */
export interface RedisBrokerOptions extends RedisPlaceOptions {
  /** What its keys begin with: gateways with different prefixes share a server and nothing else. Default `switchboard`. */
  readonly prefix?: string;
  /** How long a message id is remembered, in milliseconds. Default 10 minutes: every id is held in Redis' memory. */
  readonly dedupWindowMs?: number;
  /** Default 5 000 ms. */
  readonly connectTimeoutMs?: number;
  /** A command without an answer is refused after this. The entry may be stored: the same id finds it. Default 5 000 ms. */
  readonly commandTimeoutMs?: number;
  /** How often the servers are asked whether they are still configured as they were: `CONFIG SET` tells nobody. Default 30 000 ms. */
  readonly examineEveryMs?: number;
}

/**
 * Makes a broker on Redis (7 or newer is best, 5 the least), shared by any number of nodes: one server (`url`), a Redis Cluster (`cluster`), or a
 * primary that Sentinels watch (`sentinel`). Needs the package `@redis/client`.
 *
 * The level is measured from the servers: `fsync` with `appendonly yes` and `appendfsync always`. Where a replica may take over by itself, it is
 * `mem`: replication is not waited for.
 *
 * @throws {TypeError} for an address that is none, and for more than one kind of place.
 */
export function redisBroker(options: RedisBrokerOptions = {}): Broker {
  return new RedisBroker(options);
}

interface Opened {
  readonly link: RedisLink;
  readonly audience: Audience;
  readonly seed: string;
  readonly durability: BrokerInfo["durability"];
}

class RedisBroker implements Broker {
  readonly notices: Notices = new RedisNotices({
    link: () => this.#use().link,
    key: (part) => this.#key("~notices", part),
  });
  readonly #place: RedisPlace;
  readonly #prefix: string;
  readonly #dedupWindowMs: number;
  readonly #timeouts: Pick<RedisLinkOptions, "connectTimeoutMs" | "commandTimeoutMs" | "examineEveryMs">;
  /** Marks our own hints: what this node appended it has told already. */
  readonly #node = randomBytes(8).toString("hex");
  #state: "new" | "open" | "closed" = "new";
  #opened: Opened | undefined;

  constructor(options: RedisBrokerOptions) {
    this.#place = readPlace(options);
    this.#prefix = options.prefix ?? "switchboard";
    this.#dedupWindowMs = options.dedupWindowMs ?? 10 * 60 * 1000;
    this.#timeouts = {
      connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
      commandTimeoutMs: options.commandTimeoutMs ?? 5_000,
      examineEveryMs: options.examineEveryMs ?? 30_000,
    };
  }

  async open(sink: BrokerSink): Promise<BrokerInfo> {
    if (this.#state !== "new") throw new BrokerError("CLOSED", "Cannot open the Redis broker again");
    this.#state = "open";
    const link = await RedisLink.open({
      place: this.#place,
      ...this.#timeouts,
      scripts: [appendScript, recallScript, readScript, compareScript, ...noticeScripts],
      onUp: (examined) => this.#returned(sink, examined),
      onDown: (reason) => sink.availability(false, reason),
    });
    try {
      const { measured } = link.examined;
      this.#opened = {
        link,
        audience: new Audience(sink),
        seed: await this.#readSeed(link),
        durability: measured.durability,
      };
      return { ...measured, dedupWindowMs: this.#dedupWindowMs, isShared: true };
    } catch (error) {
      link.destroy();
      throw error;
    }
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const { audience, link, seed } = this.#use();
    const { channel, data, history, messageId, nowMs, payloadHash, retryAfterFirstMs = -1, tag, user } = request;
    const keys = [this.#key(channel, "log"), this.#key(channel, "entries"), this.#idKey(request)];
    const oldestMs = Number.isFinite(history.maxAgeMs) ? Math.max(0, nowMs - history.maxAgeMs) : -1;
    const values = [
      deriveEpoch(seed, channel),
      randomBytes(8).toString("hex"),
      tag,
      payloadHash,
      retryAfterFirstMs,
      this.#dedupWindowMs,
      this.#dedupWindowMs * 2, // Redis counts on its own clock: a jump of up to the window forgets no id too early
      finiteOrNone(history.maxCount),
      oldestMs,
      maxTrimCount,
      writeHead(request),
      data,
      nowMs,
      publishCommand(link),
      this.#key(channel, "hints"),
      this.#node,
      finiteOrNone(history.maxBytes ?? Infinity),
    ].map(String);
    const [type, epoch = "", offset, storedTag, previousTag] = texts(
      await link.run(appendScript, { keys, values }, "append"),
    );
    if (type === "conflict" || type === "expired") return { type };
    const position = { epoch, offset: Number(offset), tag: Number(storedTag) };
    if (type === "duplicate") return { type, position };
    const { event } = request;
    const entry: Entry = {
      offset: position.offset,
      tag,
      previousTag: Number(previousTag),
      event,
      messageId,
      user,
      atMs: nowMs,
      data,
    };
    audience.appended(channel, epoch, entry);
    return { type: "stored", position, entry };
  }

  async recall(request: RecallRequest): Promise<RecallResult> {
    const { link } = this.#use();
    const { channel, payloadHash, retryAfterFirstMs = -1 } = request;
    const keys = [this.#key(channel, "log"), this.#idKey(request)];
    const values = [payloadHash, retryAfterFirstMs, this.#dedupWindowMs].map(String);
    const [type, epoch = "", offset, tag] = texts(await link.run(recallScript, { keys, values }, "recall"));
    if (type === "duplicate") return { type, position: { epoch, offset: Number(offset), tag: Number(tag) } };
    return { type: type === "conflict" || type === "expired" ? type : "unknown" };
  }

  async read({ after, channel, maxBytes, maxCount }: ReadRequest): Promise<ReadResult> {
    const { link, seed } = this.#use();
    const keys = [this.#key(channel, "log"), this.#key(channel, "entries")];
    const values = [deriveEpoch(seed, channel), after, Math.min(maxCount, 2 ** 31), finiteOrNone(maxBytes)].map(String);
    const [epoch, top, tag, first, tagAtAfter, ...rest] = texts(await link.run(readScript, { keys, values }, "read"));
    const entries: Entry[] = [];
    for (let at = 0; at < rest.length; at += 6) {
      const [offset = "", entryTag = "", previousTag = "", atMs = "", head = "", data = ""] = rest.slice(at, at + 6);
      const entry = readEntry({ offset, tag: entryTag, previousTag, atMs, head, data });
      if (entry === undefined) throw corrupt(channel, offset);
      entries.push(entry);
    }
    return {
      top: { epoch: epoch ?? "", offset: Number(top), tag: Number(tag) },
      first: Number(first),
      entries,
      tagAtAfter: tagAtAfter === "" ? undefined : Number(tagAtAfter),
    };
  }

  async compare(known: readonly KnownLog[]): Promise<readonly OtherLog[]> {
    const { link, seed } = this.#use();
    return compareLogs(known, { link, seed, recordOf: (channel) => this.#key(channel, "log") });
  }

  async join(channel: string): Promise<void> {
    const { audience, link } = this.#use();
    if (audience.has(channel)) return;
    audience.join(channel);
    try {
      await link.subscribe(this.#key(channel, "hints"), (text) => this.#told(channel, text));
    } catch (error) {
      audience.leave(channel);
      throw error;
    }
  }

  async leave(channel: string): Promise<void> {
    const { audience, link } = this.#use();
    audience.leave(channel);
    await link.unsubscribe(this.#key(channel, "hints"));
  }

  async broadcast(channel: string, payload: string): Promise<void> {
    const { audience, link } = this.#use();
    const text = `${this.#node}\n${payload}`;
    const hints = this.#key(channel, "hints");
    await link.send(hints, [publishCommand(link), hints, text], `broadcast to "${channel}"`);
    audience.broadcasted(channel, payload);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#state = "closed";
    this.#opened = undefined;
    await opened?.link.close();
  }

  /** What another node told. Our own is known already. */
  #told(channel: string, text: string): void {
    if (text.startsWith(this.#node)) return;
    const audience = this.#opened?.audience;
    const hint = readHint(text);
    if (hint !== undefined) audience?.appended(channel, hint.epoch, hint.entry);
    else if (text[16] === "\n") audience?.broadcasted(channel, text.slice(17));
  }

  /** Redis is back. It may be another server, with less to offer: that is not hidden behind what was told at the start. */
  async #returned(sink: BrokerSink, { measured }: Examined): Promise<void> {
    const opened = this.#opened;
    if (opened === undefined) return;
    const seed = await this.#readSeed(opened.link);
    if (this.#opened === undefined) return;
    this.#opened = { ...opened, seed };
    if (isAtLeast(measured.durability, opened.durability)) sink.availability(true, measured.description);
    else sink.availability(false, `${measured.description}, which is not the ${opened.durability} that was told`);
  }

  /** What the epochs of logs that nobody has written to follow from; made by the first node. */
  async #readSeed(link: RedisLink): Promise<string> {
    const key = `${this.#prefix}:seed`;
    await link.send(key, ["SET", key, createEpochSeed(), "NX"], "make the store's seed");
    return String(await link.send(key, ["GET", key], "read the store's seed"));
  }

  /** The braces put all keys of a channel into one slot of a cluster; a channel's name has none. */
  #key(channel: string, part: string): string {
    return `${this.#prefix}:{${channel}}:${part}`;
  }

  /** The length in front keeps ("a", "b:c") and ("a:b", "c") apart. */
  #idKey({ channel, messageId, user }: Pick<RecallRequest, "channel" | "messageId" | "user">): string {
    return this.#key(channel, `id:${user.id.length}:${user.id}:${messageId}`);
  }

  #use(): Opened {
    if (this.#opened === undefined) throw new BrokerError("CLOSED", "Cannot use the Redis broker: it is not open");
    return this.#opened;
  }
}

function publishCommand({ examined }: RedisLink): string {
  return examined.isSharded ? "SPUBLISH" : "PUBLISH";
}

function finiteOrNone(limit: number): number {
  return Number.isFinite(limit) ? limit : -1;
}

function texts(values: readonly unknown[]): readonly string[] {
  return values.map(String);
}

function corrupt(channel: string, offset: string): BrokerError {
  return new BrokerError("STORAGE_CORRUPT", `Cannot read entry ${offset} of "${channel}": it is not one of ours`);
}

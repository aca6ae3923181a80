import { createHash } from "node:crypto";
import { BrokerError, type Notice, type NoticesSince } from "../../gateway/index.ts";
import { maxTrimCount } from "../dedup-window.ts";
import { callApi } from "./ask-api.ts";
import type { Deadline } from "./deadline.ts";
import type { StreamConfig } from "./measure-stream.ts";
import { toBrokerError } from "./nats-error.ts";
import type { NatsLink } from "./nats-link.ts";
import { createStream, readStreamInfo } from "./stream-api.ts";

export interface NoticeStreamOptions {
  readonly link: NatsLink;
  /** Of the stream that the logs are in; that of the notices is named after it. */
  readonly name: string;
  /** As that of the logs: a notice is to be as stable as an append. */
  readonly replicaCount: number;
  readonly storage: string;
}

interface Posted {
  readonly seq: number;
  readonly expiresAtMs: number;
}

interface StoredMessage {
  readonly seq: number;
  readonly data?: string;
  readonly time: string;
}

/** The revision where no stream is. */
const nothing = "0 none";
/** How many ways the stream is read from at once. */
const laneCount = 16;
const noMessage = 10_037;

/**
 * Notices, in a stream of their own: one subject a key, of which the server keeps the newest message. It is made by the first who posts.
 * What was posted since is what is behind a sequence.
 */
export class NoticeStream {
  readonly #options: NoticeStreamOptions;
  readonly #stream: string;
  /** Those that this node knows of, by subject: what it may forget. */
  readonly #known = new Map<string, Posted>();
  #isFit = false;

  constructor(options: NoticeStreamOptions) {
    this.#options = options;
    this.#stream = `${options.name}-notices`;
  }

  async post(
    notice: Notice,
    { deadline, nowMs }: { readonly deadline: Deadline; readonly nowMs: number },
  ): Promise<void> {
    const action = "keep a notice";
    const { link } = this.#options;
    if (!this.#isFit) await this.#make(deadline);
    const subject = this.#subjectOf(notice.key);
    const headers = { "Nats-Expected-Stream": this.#stream };
    const asker = { link, onMissing: () => this.#make(deadline) };
    const { error, seq } = await callApi(asker, { subject, body: writeNotice(notice), headers, action, deadline });
    if (error !== undefined) throw toBrokerError(error, action);
    this.#known.set(subject, { seq: Number(seq), expiresAtMs: notice.expiresAtMs });
    await this.#forget(nowMs, deadline);
  }

  /** All behind a revision, expired or not. */
  async readSince(revision: string | undefined, deadline: Deadline): Promise<NoticesSince> {
    const info = await readStreamInfo(this.#options.link, this.#stream, deadline);
    if (info === undefined) return { revision: nothing, notices: [] };
    this.#requireFit(info.config);
    const { first_seq: firstSeq, last_seq: lastSeq, last_ts: lastTime } = info.state;
    const [seen = "0", seenTime] = revision?.split(" ") ?? [];
    const seenSeq = Number(seen);
    // A server that lost its tail, or the stream, may have given others the same numbers since, not at the same nanosecond.
    const isKnown = seenTime === (seenSeq === lastSeq ? lastTime : await this.#timeOf(seenSeq, deadline));
    const from = isKnown ? Math.max(firstSeq, seenSeq + 1) : firstSeq;
    const notices = from > lastSeq ? [] : await this.#readRange(from, lastSeq, deadline);
    return { revision: `${lastSeq} ${lastTime}`, notices };
  }

  /** When a message was stored; `never`: it is not there. */
  async #timeOf(seq: number, deadline: Deadline): Promise<string> {
    const found = seq > 0 ? await this.#get({ seq }, deadline) : undefined;
    return found?.time ?? "never";
  }

  /** Several messages are asked for at once, each in a part of the stream. */
  async #readRange(from: number, to: number, deadline: Deadline): Promise<readonly Notice[]> {
    const laneLength = Math.ceil((to - from + 1) / laneCount);
    const lanes = Array.from({ length: laneCount }, async (_, lane) => {
      const notices: Notice[] = [];
      const end = Math.min(to, from + (lane + 1) * laneLength - 1);
      for (let seq = from + lane * laneLength; seq <= end; seq += 1) {
        const found = await this.#readNext(seq, deadline);
        if (found === undefined || found.seq > end) break;
        ({ seq } = found);
        notices.push(found.notice);
      }
      return notices;
    });
    return (await Promise.all(lanes)).flat();
  }

  /** The first notice at a sequence or behind it. */
  async #readNext(
    from: number,
    deadline: Deadline,
  ): Promise<{ readonly seq: number; readonly notice: Notice } | undefined> {
    const found = await this.#get({ next_by_subj: this.#subjects, seq: from }, deadline);
    if (found === undefined) return undefined;
    const { data = "", seq } = found;
    const notice = readNotice(Buffer.from(data, "base64").toString());
    if (notice === undefined) {
      const message = `Cannot read message ${seq} of the stream "${this.#stream}": it is not one of ours`;
      throw new BrokerError("STORAGE_CORRUPT", message);
    }
    this.#known.set(this.#subjectOf(notice.key), { seq, expiresAtMs: notice.expiresAtMs });
    return { seq, notice };
  }

  async #get(body: object, deadline: Deadline): Promise<StoredMessage | undefined> {
    const action = "read the notices";
    const subject = `$JS.API.STREAM.MSG.GET.${this.#stream}`;
    const answer = await callApi({ link: this.#options.link }, { subject, body, action, deadline });
    if (answer.error?.err_code === noMessage) return undefined;
    if (answer.error !== undefined) throw toBrokerError(answer.error, action);
    // A `as`: the answer of the API that was asked, which has no error.
    return answer["message"] as StoredMessage;
  }

  /** Deletes some that have expired. One that was posted again meanwhile is behind the sequence, and stays. */
  async #forget(nowMs: number, deadline: Deadline): Promise<void> {
    const expired = [...this.#known].filter(([, { expiresAtMs }]) => expiresAtMs <= nowMs).slice(0, maxTrimCount);
    const { link } = this.#options;
    const purges = expired.map(async ([filter, { seq }]) => {
      const subject = `$JS.API.STREAM.PURGE.${this.#stream}`;
      const call = { subject, body: { filter, seq: seq + 1 }, action: "forget a notice", deadline };
      const { error } = await callApi({ link }, call);
      if (error === undefined && this.#known.get(filter)?.seq === seq) this.#known.delete(filter);
    });
    await Promise.allSettled(purges); // One that fails is made up for by the next post.
  }

  async #make(deadline: Deadline): Promise<void> {
    const { link, replicaCount, storage } = this.#options;
    const config = {
      name: this.#stream,
      subjects: [this.#subjects],
      retention: "limits",
      storage,
      num_replicas: replicaCount,
      max_msgs_per_subject: 1,
      // For the one message of a subject; there is no other limit.
      discard: "old",
    };
    await createStream(link, config, deadline);
    const info = await readStreamInfo(link, this.#stream, deadline);
    if (info !== undefined) this.#requireFit(info.config);
  }

  /** @throws {BrokerError} where a notice would be worth less than an entry of a log. */
  #requireFit({
    max_bytes = -1,
    max_msgs = -1,
    num_replicas = 1,
    storage,
    subjects = [],
    ...config
  }: StreamConfig): void {
    const { replicaCount, storage: wanted } = this.#options;
    const faults: readonly (readonly [isFault: boolean, reason: string])[] = [
      [subjects.join(" ") !== this.#subjects, `its subjects are not ${this.#subjects}`],
      [num_replicas < replicaCount, `it has ${num_replicas} replicas, and the logs have ${replicaCount}`],
      [storage === "memory" && wanted !== "memory", "it is gone with the memory of its servers"],
      [config.max_msgs_per_subject !== 1, "it does not keep one message a subject"],
      [max_bytes > 0 || max_msgs > 0 || (config.max_age ?? 0) > 0, "its limits may discard what was acknowledged"],
    ];
    const fault = faults.find(([isFault]) => isFault);
    this.#isFit = fault === undefined;
    if (fault === undefined) return;
    throw new BrokerError("STORAGE_UNAVAILABLE", `Cannot use the stream "${this.#stream}": ${fault[1]}`, {
      hint: "Delete it if nothing in it is needed: the broker makes its own",
    });
  }

  get #subjects(): string {
    return `${this.#options.name}.notice.*`;
  }

  /** A key may be any text: a subject's token may not. */
  #subjectOf(key: string): string {
    return `${this.#options.name}.notice.${createHash("sha256").update(key).digest("base64url")}`;
  }
}

const version = 1;

function writeNotice({ expiresAtMs, key, value }: Notice): string {
  return JSON.stringify([version, key, value, expiresAtMs]);
}

/** `undefined`: that is none of ours. */
function readNotice(text: string): Notice | undefined {
  try {
    const parts: unknown = JSON.parse(text);
    if (!Array.isArray(parts) || parts.length !== 4 || parts[0] !== version) return undefined;
    const [, key, value, expiresAtMs] = parts as readonly unknown[];
    const isOurs = typeof key === "string" && typeof value === "string" && Number.isSafeInteger(expiresAtMs);
    // Looked at above.
    return isOurs ? { key, value, expiresAtMs: expiresAtMs as number } : undefined;
  } catch {
    return undefined;
  }
}

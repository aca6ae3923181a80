import { randomBytes } from "node:crypto";
import { BrokerError, type Notice, type Notices, type NoticesSince } from "../../gateway/index.ts";
import { maxTrimCount } from "../dedup-window.ts";
import type { RedisLink } from "./redis-link.ts";
import { newsScript, postScript, type Script } from "./scripts.ts";

export const noticeScripts: readonly Script[] = [postScript, newsScript];

export interface RedisNoticesOptions {
  /** @throws {BrokerError} if there is none. */
  readonly link: () => RedisLink;
  /** A key beside those of the other parts. */
  readonly key: (part: string) => string;
}

/** The notices of a store, in one place of it. */
export class RedisNotices implements Notices {
  readonly #options: RedisNoticesOptions;

  constructor(options: RedisNoticesOptions) {
    this.#options = options;
  }

  async post({ expiresAtMs, key, value }: Notice, nowMs: number): Promise<void> {
    const { link } = this.#options;
    const keys = ["values", "expiries", "order", "count"].map((part) => this.#options.key(part));
    const mark = randomBytes(8).toString("hex");
    const values = [key, value, expiresAtMs, nowMs, maxTrimCount, mark].map(String);
    await link().run(postScript, { keys, values }, "keep a notice");
  }

  async read(nowMs: number): Promise<readonly Notice[]> {
    return (await this.readSince(undefined, nowMs)).notices;
  }

  async readSince(revision: string | undefined, nowMs: number): Promise<NoticesSince> {
    const { link } = this.#options;
    const keys = ["values", "order"].map((part) => this.#options.key(part));
    // What is no revision of ours is not known, and all is given.
    const [, knownNumber = "0", knownMark = ""] = /^(\d+) ([0-9a-f]{16})$/u.exec(revision ?? "") ?? [];
    const answer = await link().run(newsScript, { keys, values: [knownNumber, knownMark] }, "read the notices");
    const [number = "", mark = "", ...fields] = answer.map(String);
    const notices: Notice[] = [];
    for (let at = 0; at < fields.length; at += 2) {
      const [key = "", text = ""] = fields.slice(at, at + 2);
      const notice = readNotice(key, text);
      if (notice.expiresAtMs > nowMs) notices.push(notice);
    }
    return { revision: `${number} ${mark}`, notices };
  }
}

function readNotice(key: string, text: string): Notice {
  const [, expiresAtMs, value] = /^(\d+) [0-9a-f]{16} (.*)$/su.exec(text) ?? [];
  if (value !== undefined) return { key, value, expiresAtMs: Number(expiresAtMs) };
  throw new BrokerError("STORAGE_CORRUPT", `Cannot read notice "${key}": it is not one of ours`);
}

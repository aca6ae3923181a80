import { crc32 } from "node:zlib";
import type { Notice } from "../../gateway/index.ts";
import { BrokerError } from "../../gateway/index.ts";
import { maxTrimCount } from "../dedup-window.ts";
import type { Database, Statement } from "./driver.ts";
import { corruptHint } from "./storage-error.ts";

interface NoticeRow {
  readonly key: string;
  readonly value: string;
  readonly expires_at_ms: number;
  readonly checksum: number;
}

/** The notices on the connection of the logs. Every method is synchronous; who calls them decides what one transaction holds. */
export class NoticeTable {
  readonly #replace: Statement<never>;
  readonly #forget: Statement<never>;
  readonly #next: Statement<NoticeRow>;

  constructor(database: Database) {
    this.#replace = database.prepare(
      "INSERT OR REPLACE INTO notices (key, value, expires_at_ms, checksum) VALUES (?, ?, ?, ?)",
    );
    this.#forget = database.prepare(
      "DELETE FROM notices WHERE key IN (SELECT key FROM notices WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?)",
    );
    this.#next = database.prepare(
      "SELECT key, value, expires_at_ms, checksum FROM notices WHERE key > ? ORDER BY key LIMIT 1",
    );
  }

  /** Within a transaction. What has expired makes room, some of it at each call. */
  post(notice: Notice, nowMs: number): void {
    this.#forget.run(nowMs, maxTrimCount);
    this.#replace.run(notice.key, notice.value, notice.expiresAtMs, checksumOf(notice));
  }

  read(nowMs: number): readonly Notice[] {
    const notices: Notice[] = [];
    for (let row = this.#next.get(""); row !== undefined; row = this.#next.get(row.key)) {
      const { checksum, expires_at_ms: expiresAtMs, key, value } = row;
      const notice = { key, value, expiresAtMs };
      if (checksum !== checksumOf(notice)) throw damaged(key);
      if (expiresAtMs > nowMs) notices.push(notice);
    }
    return notices;
  }
}

/** NUL cannot be in a value or a number, and what stands before the last two is the key. */
function checksumOf({ expiresAtMs, key, value }: Notice): number {
  return crc32([key, value, expiresAtMs].join("\0"));
}

function damaged(key: string): BrokerError {
  return new BrokerError("STORAGE_CORRUPT", `Cannot use the notice "${key}": it is damaged`, { hint: corruptHint });
}

import type { Entry } from "../../gateway/index.ts";
import type { User } from "../../wire/index.ts";

/** What one message of the stream holds: an entry, and the state of its channel's log as of it. */
export interface LogRecord {
  /** The node that appended it. */
  readonly node: string;
  readonly epoch: string;
  readonly entry: Entry;
  readonly payloadHash: string;
  /** The stream's sequence of the entry before it; 0 for the first. */
  readonly previousSeq: number;
  /** The oldest offset that the log retains. */
  readonly first: number;
  /** Of all data since the log began, in UTF-8: what a part of it holds is a difference of two. */
  readonly totalBytes: number;
}

/** A record and its place in the stream. */
export interface Located {
  readonly seq: number;
  readonly record: LogRecord;
}

const version = 1;

/** The record as a line of JSON, with the entry's data behind it, to the byte. */
export function writeRecord({ entry, epoch, first, node, payloadHash, previousSeq, totalBytes }: LogRecord): string {
  const { atMs, data, event, messageId, offset, previousTag, tag, user } = entry;
  const numbers = [offset, tag, previousTag, atMs, previousSeq, first, totalBytes];
  return `${JSON.stringify([version, numbers, node, epoch, payloadHash, event, messageId, user])}\n${data}`;
}

/** Reads a record back. `undefined`: that is none of ours. */
export function readRecord(text: string): LogRecord | undefined {
  const lineEnd = text.indexOf("\n");
  const head = readHead(text.slice(0, Math.max(0, lineEnd)));
  if (head === undefined) return undefined;
  const { numbers, texts, user } = head;
  const [offset, tag, previousTag, atMs, previousSeq, first, totalBytes] = numbers;
  const [node, epoch, payloadHash, event, messageId] = texts;
  return {
    node,
    epoch,
    payloadHash,
    previousSeq,
    first,
    totalBytes,
    entry: { offset, tag, previousTag, event, messageId, user, atMs, data: text.slice(lineEnd + 1) },
  };
}

type Seven<Item> = readonly [Item, Item, Item, Item, Item, Item, Item];
type Five<Item> = readonly [Item, Item, Item, Item, Item];

interface Head {
  readonly numbers: Seven<number>;
  readonly texts: Five<string>;
  readonly user: User;
}

function readHead(line: string): Head | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!Array.isArray(value) || value.length !== 8 || value[0] !== version) return undefined;
    const [, numbers, ...rest] = value as readonly unknown[];
    const texts = rest.slice(0, 5);
    const user = rest[5];
    if (!Array.isArray(numbers) || numbers.length !== 7 || !numbers.every(Number.isFinite)) return undefined;
    if (!texts.every((text) => typeof text === "string")) return undefined;
    if (typeof user !== "object" || user === null || !("id" in user) || typeof user.id !== "string") return undefined;
    // Counted and checked above.
    return {
      numbers: numbers as unknown as Seven<number>,
      texts: texts as unknown as Five<string>,
      user: user as User,
    };
  } catch {
    return undefined;
  }
}

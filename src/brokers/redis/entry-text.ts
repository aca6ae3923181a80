import type { Entry } from "../../gateway/index.ts";
import type { User } from "../../wire/index.ts";

/** What an entry's head holds beside its numbers. */
type Head = readonly [event: string, messageId: string, user: User];

/** The part of an entry that the log's order does not give, as one line of JSON. */
export function writeHead({ event, messageId, user }: Pick<Entry, "event" | "messageId" | "user">): string {
  return JSON.stringify([event, messageId, user] satisfies Head);
}

/** An entry in the texts that the scripts answer with. */
export interface EntryTexts {
  readonly offset: string;
  readonly tag: string;
  readonly previousTag: string;
  readonly atMs: string;
  readonly head: string;
  readonly data: string;
}

/** The entry. `undefined`: that is none of ours. */
export function readEntry({ atMs, data, head, offset, previousTag, tag }: EntryTexts): Entry | undefined {
  const parts = readHead(head);
  if (parts === undefined) return undefined;
  const [event, messageId, user] = parts;
  const numbers = {
    offset: Number(offset),
    tag: Number(tag),
    previousTag: Number(previousTag),
    atMs: Number(atMs),
  };
  if (!Object.values(numbers).every(Number.isFinite)) return undefined;
  return { ...numbers, event, messageId, user, data };
}

function readHead(text: string): Head | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value) || value.length !== 3) return undefined;
    const [event, messageId, user] = value as readonly unknown[];
    if (typeof event !== "string" || typeof messageId !== "string") return undefined;
    if (typeof user !== "object" || user === null || !("id" in user) || typeof user.id !== "string") return undefined;
    return [event, messageId, user as User];
  } catch {
    return undefined;
  }
}

/** What other nodes are told of an append: who tells, the numbers, the head, the data. */
export interface Hint {
  readonly node: string;
  readonly epoch: string;
  readonly entry: Entry;
}

/** Reads the hint that the append script wrote. `undefined`: that is none of ours. */
export function readHint(text: string): Hint | undefined {
  const headAt = text.indexOf("\n") + 1;
  const dataAt = text.indexOf("\n", headAt) + 1;
  if (headAt === 0 || dataAt === 0) return undefined;
  const [node, epoch, offset, tag, previousTag, atMs] = text.slice(0, headAt - 1).split(" ");
  if (node === undefined || epoch === undefined || offset === undefined) return undefined;
  if (tag === undefined || previousTag === undefined || atMs === undefined) return undefined;
  const head = text.slice(headAt, dataAt - 1);
  const entry = readEntry({ offset, tag, previousTag, atMs, head, data: text.slice(dataAt) });
  return entry === undefined ? undefined : { node, epoch, entry };
}

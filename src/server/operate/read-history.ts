import type { Entry, ReadResult } from "../../gateway/index.ts";
import { GatewayError } from "../errors.ts";
import type { Store } from "../store.ts";

/** Which entries: those after an offset, or those just before one, by default the newest. */
export interface HistoryQuery {
  readonly channel: string;
  readonly after?: number;
  readonly before?: number;
  readonly count?: number;
}

export interface HistoryPage {
  readonly epoch: string;
  /** Oldest first. */
  readonly events: readonly Entry[];
  /** Whether there are others beyond, in the direction that was asked for. */
  readonly more: boolean;
}

const defaultCount = 50;
const maxPageBytes = 1024 * 1024;

/** Reads a page of a log for somebody who is not subscribed to it. @throws {GatewayError} with the store's code. */
export async function readHistory(store: Store, query: HistoryQuery): Promise<HistoryPage> {
  const { after, before = Number.MAX_SAFE_INTEGER, channel, count = defaultCount } = query;
  if (after === undefined) return readBefore(store, { channel, before, count });
  const { entries, top } = await read(store, { channel, after, count });
  const events = entries.filter(({ offset }) => offset < before);
  return { epoch: top.epoch, events, more: (events.at(-1)?.offset ?? after) < Math.min(top.offset, before - 1) };
}

/** A page is read forwards and may be cut where it has enough bytes, but here the last entries are wanted most: then a shorter one is read. */
async function readBefore(store: Store, query: Required<Omit<HistoryQuery, "after">>): Promise<HistoryPage> {
  const { before, channel } = query;
  const { top } = await read(store, { channel, after: Number.MAX_SAFE_INTEGER, count: 1 });
  const end = Math.min(before - 1, top.offset);
  for (let { count } = query; ;) {
    const { entries, first } = await read(store, { channel, after: Math.max(0, end - count), count });
    const events = entries.filter(({ offset }) => offset <= end);
    const last = events.at(-1);
    if (last === undefined || last.offset === end) {
      return { epoch: top.epoch, events, more: (events[0]?.offset ?? first) > first };
    }
    count = Math.max(1, Math.floor(events.length / 2));
  }
}

async function read(
  store: Store,
  { after, channel, count }: { readonly channel: string; readonly after: number; readonly count: number },
): Promise<ReadResult> {
  const answer = await store.read({ channel, after, maxCount: count, maxBytes: maxPageBytes });
  if (answer.type === "failed") throw new GatewayError(answer.error.code, answer.error.message);
  return answer.result;
}

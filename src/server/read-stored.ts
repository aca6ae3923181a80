import type { StoredMessage } from "../wire/index.ts";
import type { Store } from "./store.ts";
import { GatewayError } from "./errors.ts";

/** One entry is read whatever its size. */
const maxBytes = 1;

/** The message at an offset of a log; undefined where none is kept. @throws {GatewayError} with the store's code. */
export async function readStored(store: Store, channel: string, offset: number): Promise<StoredMessage | undefined> {
  if (!Number.isSafeInteger(offset) || offset < 1) return undefined;
  const answer = await store.read({ channel, after: offset - 1, maxCount: 1, maxBytes });
  if (answer.type === "failed") throw new GatewayError(answer.error.code, answer.error.message);
  const entry = answer.result.entries[0];
  if (entry?.offset !== offset) return undefined; // What was there is trimmed: the read begins at what is kept.
  const { atMs, data, event, messageId, user } = entry;
  return { event, data: JSON.parse(data), id: messageId, user, offset, atMs };
}

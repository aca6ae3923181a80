import type { ConnectionEvent } from "../protocol/index.ts";
import type { MessageData } from "./queue-message.ts";
import { isReadBuffer } from "./unmask.ts";

/** What is delivered later than now: it no longer refers to what was read, which is read into again. */
export function keepEvents(events: readonly ConnectionEvent[]): readonly ConnectionEvent[] {
  if (events.length === 0) return events;
  return events.map((event) => (event.type === "bytes" ? { ...event, data: keepBytes(event.data) } : event));
}

/** As {@link keepEvents}, for a message that is sent later than now. */
export function keepMessage(data: MessageData): MessageData {
  if (data instanceof Uint8Array) return keepBytes(data);
  return typeof data === "object" && data.type === "bytes" ? { ...data, data: keepBytes(data.data) } : data;
}

function keepBytes(bytes: Uint8Array): Uint8Array {
  return isReadBuffer(bytes) ? new Uint8Array(bytes) : bytes;
}

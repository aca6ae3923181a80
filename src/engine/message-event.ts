const isTagged = Object.prototype.toString.call(new MessageEvent("message")) === "[object MessageEvent]";

/** A `message` event. */
export function createMessageEvent(data: unknown, origin: string): MessageEvent {
  const event = new MessageEvent("message", { data, origin });
  // Node 20 leaves it the tag of an Event.
  if (!isTagged) Object.defineProperty(event, Symbol.toStringTag, { value: "MessageEvent", configurable: true });
  return event;
}

import { setTimeout as delay } from "node:timers/promises";
import type { Broker } from "switchboard";

type Append = Broker["append"];

const storedAfterMs = 250;

/** A planted bug: says "stored" at once and stores a moment later, as a store does that acknowledges before it syncs. */
export function acknowledgeEarly(store: Broker): Broker {
  let promised: { epoch: string; offset: number; tag: number } | undefined;
  const append: Append = async (request) => {
    const { top } = await store.read({ channel: request.channel, after: 0, maxCount: 1, maxBytes: 1 });
    promised ??= { ...top };
    const previousTag = promised.tag;
    promised = { epoch: top.epoch, offset: promised.offset + 1, tag: request.tag };
    void delay(storedAfterMs).then(() => store.append(request));
    const { event, messageId, user, nowMs: atMs, data } = request;
    const entry = { offset: promised.offset, tag: request.tag, previousTag, event, messageId, user, atMs, data };
    return { type: "stored", position: promised, entry };
  };
  return {
    append,
    open: (sink) => store.open(sink),
    read: (request) => store.read(request),
    join: (channel) => store.join(channel),
    leave: (channel) => store.leave(channel),
    broadcast: (channel, payload) => store.broadcast(channel, payload),
    close: () => store.close(),
  };
}

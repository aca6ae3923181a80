import { expect, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { memoryBroker } from "../brokers/index.ts";
import type { StoredMessage } from "../wire/index.ts";
import { channel } from "./channel.ts";
import { event } from "./event.ts";
import { createGateway } from "./gateway.ts";

test("[SV34] a handle reads what the log keeps at an offset, and nothing where it keeps nothing", async () => {
  let read: (StoredMessage | undefined)[] = [];
  const look = event(z.array(z.number()), {
    async handle(offsets, { messageAt }) {
      read = await Promise.all(offsets.map(messageAt));
      return undefined;
    },
  });
  const notes = channel("notes/:of", { events: { look, note: event(z.string()) }, history: { maxCount: 2 } });
  const gateway = createGateway({ channels: { notes }, broker: memoryBroker() });
  try {
    const client = await WireClient.join((await gateway.listen({ port: 0 })).url, "0".repeat(32));
    client.send({ type: "subscribe", channel: "notes/a", start: { from: "live" } });
    await client.next("subscribed");
    for (const data of ["one", "two", "three"]) {
      client.send({ type: "publish", channel: "notes/a", event: "note", messageId: data, data });
      await client.next("ack");
    }
    client.send({ type: "publish", channel: "notes/a", event: "look", messageId: "l", data: [1, 2, 3, 4, 0, -1, 1.5] });
    await client.next("ack");
    const stored = (offset: number, data: string): StoredMessage => ({
      event: "note",
      data,
      id: data,
      user: { id: expect.stringContaining("guest-") as unknown as string },
      offset,
      atMs: expect.any(Number) as unknown as number,
    });
    // The first is trimmed: two are kept.
    expect(read).toEqual([undefined, stored(2, "two"), stored(3, "three"), ...Array(4).fill(undefined)]);
  } finally {
    await gateway.close({ graceMs: 1 });
  }
});

test("[SV34] a store that cannot be read makes the publish fail, and is not taken for an empty place", async () => {
  const note = event(z.string(), { handle: async (_, { messageAt }) => (await messageAt(1)) && undefined });
  const gateway = createGateway({
    channels: { notes: channel("notes", { events: { note } }) },
    broker: Object.assign(memoryBroker(), { read: () => Promise.reject(new Error("The disk is gone")) }),
  });
  try {
    const client = await WireClient.join((await gateway.listen({ port: 0 })).url, "0".repeat(32));
    client.send({ type: "publish", channel: "notes", event: "note", messageId: "m", data: "x" });
    expect(await client.next("error")).toMatchObject({ code: "INTERNAL" });
  } finally {
    await gateway.close({ graceMs: 1 });
  }
});

/** Lines that do not last, and lines that carry a byte at a time. */
import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { channel, createGateway, event, memoryBroker } from "../../src/server/index.ts";
import { seededRandom, type SeededRandom } from "switchboard/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import type { Position } from "../../src/wire/index.ts";
import { WireClient } from "../gateway/wire-client.ts";
import { FaultProxy, soundLine } from "../torture/fault-proxy.ts";

vi.setConfig({ testTimeout: 60_000 });

const room = "room/1";
const clientCount = 24;
// At 5 ms apart at most: some seconds.
const publishCount = 600;

const gateway = () => {
  const made = createGateway({
    channels: { room: channel("room/:id", { events: { said: event(z.string()) }, presence: true }) },
    broker: memoryBroker(),
    authenticate: ({ device }) => ({ id: device }),
    limits: { channelLingerMs: 200, presenceGraceMs: 200 },
  });
  onTestFinished(() => made.close({ graceMs: 1 }));
  return made;
};

function openFileCount(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
}

/** Comes, reads on from where it was, and is cut; again and again. @returns the offsets it was sent, in order. */
async function flap(
  url: string,
  {
    device,
    isOver,
    random,
  }: { readonly device: string; readonly random: SeededRandom; readonly isOver: () => boolean },
): Promise<readonly number[]> {
  const offsets: number[] = [];
  let position: Position | undefined;
  for (;;) {
    const isLast = isOver();
    const client = await WireClient.join(url, device);
    if (position === undefined) client.send({ type: "subscribe", channel: room, start: { from: "live" } });
    else client.send({ type: "resume", channels: [{ channel: room, position }] });
    const answer = await (position === undefined ? client.next("subscribed") : client.next("resumed"));
    const [seat] = answer.type === "subscribed" ? [answer] : answer.channels;
    if (seat === undefined || "error" in seat) throw new Error(`Not subscribed: ${JSON.stringify(seat)}`);
    position = seat.position;
    if (isLast && seat.top > position.offset) await client.next("event", ({ offset }) => offset >= seat.top);
    else await delay(50 + random.below(450));
    await client.cut();
    expect(client.messages.filter(({ type }) => type === "gap")).toEqual([]);
    for (const message of client.messages) {
      if (message.type !== "event") continue;
      offsets.push(message.offset);
      position = { ...position, offset: message.offset, tag: message.tag };
    }
    if (isLast) return offsets;
  }
}

test("[FX11] clients that come back every 50-500 ms get each message once and in order, and leave nothing behind", async () => {
  const server = gateway();
  const { url } = await server.listen({ port: 0 });
  const before = openFileCount();
  let published = 0;
  const isOver = (): boolean => published === publishCount;
  const storm = Array.from({ length: clientCount }, (_, index) =>
    flap(url, { device: String(index).padStart(32, "0"), random: seededRandom(index + 1), isOver }),
  );
  while (!isOver()) {
    await server.publish({ channel: "room", params: { id: "1" }, event: "said", data: String(published) });
    published += 1;
    await delay(5);
  }
  for (const offsets of await Promise.all(storm)) {
    const [first = 0] = offsets;
    expect(offsets).toEqual(Array.from({ length: published - first + 1 }, (_, index) => first + index));
  }
  await vi.waitFor(
    () => {
      expect(server.info()).toMatchObject({ connectionCount: 0, channelCount: 0 });
      expect(openFileCount()).toBeLessThanOrEqual(before);
    },
    { timeout: 15_000 },
  );
});

test("[FX14] over a line that carries one byte at a time, both ways, everything arrives once and in order", async () => {
  const server = gateway();
  const { port } = await server.listen({ port: 0 });
  const proxy = await FaultProxy.listen({ targetPort: port, drawFate: () => ({ ...soundLine, chunkBytes: 1 }) });
  onTestFinished(() => proxy.close());
  const [ada, bob] = [
    await WireClient.join(proxy.url, "a".repeat(32)),
    await WireClient.join(proxy.url, "b".repeat(32)),
  ];
  for (const client of [ada, bob]) {
    client.send({ type: "subscribe", channel: room, start: { from: "live" } });
    await client.next("subscribed");
  }
  const texts = ["a", "é".repeat(90), "👩‍👩‍👧".repeat(20), "x".repeat(700)];
  for (const [index, data] of texts.entries()) {
    ada.send({ type: "publish", channel: room, event: "said", messageId: `m${index}`, data });
  }
  await bob.next("event", ({ offset }) => offset === texts.length);
  const heard = bob.messages.flatMap((message) => (message.type === "event" ? [message.data] : []));
  expect(heard).toEqual(texts);
  expect(proxy.counts.chopped).toBe(2);
});

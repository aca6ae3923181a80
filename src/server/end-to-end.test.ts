import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { memoryBroker, sqliteBroker } from "../brokers/index.ts";
import type { Broker } from "../gateway/index.ts";
import type { Position } from "../wire/index.ts";
import { channel } from "./channel.ts";
import { event } from "./event.ts";
import { createGateway, type Gateway } from "./gateway.ts";

const channels = { chat: channel("chat/:room", { events: { message: event(z.object({ text: z.string() })) } }) };
const ada = "a".repeat(32);
const bob = "b".repeat(32);
const live = { from: "live" } as const;

interface Stores {
  readonly name: string;
  readonly isDurable: boolean;
  make(folder: string): Broker;
}

const stores: readonly Stores[] = [
  { name: "memory", isDurable: false, make: () => memoryBroker() },
  { name: "sqlite", isDurable: true, make: (folder) => sqliteBroker({ file: join(folder, "test.db") }) },
];

describe.for(stores)("over $name", ({ isDurable, make }) => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  const gateways: Gateway[] = [];
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(): Promise<{ readonly gateway: Gateway<typeof channels>; readonly url: string }> {
    const limits = { publishesPerSecond: Infinity };
    const gateway = createGateway({ channels, broker: make(folder), limits });
    gateways.push(gateway);
    const { url } = await gateway.listen({ port: 0 });
    return { gateway, url };
  }

  async function subscribe(client: WireClient): Promise<Position> {
    client.send({ type: "subscribe", channel: "chat/1", start: live });
    return (await client.next("subscribed")).position;
  }

  function say(client: WireClient, messageId: string, text = messageId): void {
    client.send({ type: "publish", channel: "chat/1", event: "message", messageId, data: { text } });
  }

  test("[SV17] what one client publishes is acknowledged to it and delivered to the other", async () => {
    const { url } = await start();
    const [first, second] = [await WireClient.join(url, ada), await WireClient.join(url, bob)];
    await subscribe(second);
    say(first, "m1", "hello");
    const ack = await first.next("ack");
    const delivered = await second.next("event");
    expect(delivered).toMatchObject({
      channel: "chat/1",
      messageId: "m1",
      data: { text: "hello" },
      offset: ack.offset,
      tag: ack.tag,
    });
    expect(ack).toMatchObject({ offset: 1, duplicate: false, durability: isDurable ? "fsync" : "mem" });
    say(first, "m1", "hello");
    expect(await first.next("ack")).toMatchObject({ offset: 1, tag: ack.tag, duplicate: true });
  });

  test("[SV18] a client that was cut off resumes and gets what it missed, once and in order", async () => {
    const { gateway, url } = await start();
    const first = await WireClient.join(url, ada);
    const cut = await WireClient.join(url, bob);
    await subscribe(cut);
    say(first, "m1");
    const { offset, tag } = await cut.next("event");
    const { epoch } = await first.next("ack");
    await cut.cut();
    for (const id of ["m2", "m3"]) say(first, id);
    await first.next("ack", (ack) => ack.offset === 3);
    let place = url;
    if (isDurable) {
      await gateway.close();
      place = (await start()).url;
    }
    const back = await WireClient.join(place, bob);
    back.send({ type: "resume", channels: [{ channel: "chat/1", position: { epoch, offset, tag } }] });
    const resumed = await back.next("resumed");
    expect(resumed.channels).toEqual([{ channel: "chat/1", position: { epoch, offset, tag }, top: 3 }]);
    const again = await WireClient.join(place, ada);
    say(again, "m4");
    const ids = [];
    for (let count = 0; count < 3; count += 1) ids.push((await back.next("event")).messageId);
    expect(ids).toEqual(["m2", "m3", "m4"]);
    expect(back.messages.filter(({ type }) => type === "gap")).toEqual([]);
  });

  test("[SV19] a client that reads nothing holds nobody up, and gets everything when it reads on", async () => {
    const { gateway, url } = await start();
    const [slow, quick] = [await WireClient.join(url, ada), await WireClient.join(url, bob)];
    for (const client of [slow, quick]) await subscribe(client);
    (await slow.socket).pause();
    const count = 400;
    const text = "x".repeat(50_000);
    const publishing = Array.from({ length: count }, () =>
      gateway.publish({ channel: "chat", params: { room: "1" }, event: "message", data: { text } }),
    );
    await Promise.all(publishing);
    await quick.next("event", ({ offset }) => offset === count);
    const before = slow.messages.length;
    (await slow.socket).resume();
    await slow.next("event", ({ offset }) => offset === count);
    const offsets = slow.messages.flatMap((message) => (message.type === "event" ? [message.offset] : []));
    expect(before).toBeLessThan(10);
    expect(offsets).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  });
});

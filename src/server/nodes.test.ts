import { expect } from "vitest";
import { z } from "zod";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { NatsServer, natsTest } from "../../test/nats-server.ts";
import { RedisServer, redisTest } from "../../test/redis-server.ts";
import { jetStreamBroker, redisBroker } from "../brokers/index.ts";
import type { Broker } from "../gateway/index.ts";
import type { Durability } from "../wire/index.ts";
import { channel } from "./channel.ts";
import { ephemeral, event } from "./event.ts";
import { createGateway, type Gateway } from "./gateway.ts";

const channels = {
  chat: channel("chat/:room", {
    events: { message: event(z.object({ text: z.string() })), typing: ephemeral(z.object({})) },
  }),
};
const ada = "a".repeat(32);
const bob = "b".repeat(32);

/** Two nodes on one store; the second ends, and its client goes on at the first. */
async function expectSharing(makeBroker: () => Broker, durability: Durability): Promise<void> {
  const start = async (): Promise<{ readonly gateway: Gateway; readonly url: string }> => {
    const gateway = createGateway({ channels, broker: makeBroker() });
    const { url } = await gateway.listen({ port: 0 });
    return { gateway, url };
  };
  const [one, two] = [await start(), await start()];
  try {
    const adas = await WireClient.join(one.url, ada);
    const bobs = await WireClient.join(two.url, bob);
    bobs.send({ type: "subscribe", channel: "chat/1", start: { from: "live" } });
    const { position } = await bobs.next("subscribed");
    adas.send({ type: "subscribe", channel: "chat/1", start: { from: "live" } });
    await adas.next("subscribed");
    const say = async (messageId: string): Promise<void> => {
      adas.send({ type: "publish", channel: "chat/1", event: "message", messageId, data: { text: messageId } });
      expect(await adas.next("ack")).toMatchObject({ durability, duplicate: false });
    };
    await say("m1");
    expect(await bobs.next("event")).toMatchObject({ offset: 1, data: { text: "m1" } });
    adas.send({ type: "ephemeral", channel: "chat/1", event: "typing", data: {} });
    expect(await bobs.next("ephemeral")).toMatchObject({ event: "typing" });
    await two.gateway.close();
    await bobs.closed;
    await say("m2");
    const again = await WireClient.join(one.url, bob);
    again.send({ type: "resume", channels: [{ channel: "chat/1", position }] });
    const offsets = [await again.next("event"), await again.next("event")].map(({ offset }) => offset);
    expect(offsets).toEqual([1, 2]);
    expect(again.messages.filter(({ type }) => type === "gap")).toEqual([]);
  } finally {
    await Promise.all([one.gateway.close(), two.gateway.close()]);
  }
}

redisTest(
  "[ND1] clients of two nodes on one Redis share a channel, and resume on the other node without loss",
  async () => {
    const server = await RedisServer.start();
    try {
      await expectSharing(() => redisBroker({ url: server.url }), "fsync");
    } finally {
      await server.dispose();
    }
  },
);

natsTest(
  "[ND2] clients of two nodes on one NATS share a channel, and resume on the other node without loss",
  async () => {
    const server = await NatsServer.start();
    try {
      await expectSharing(() => jetStreamBroker({ url: server.url }), "os");
    } finally {
      await server.dispose();
    }
  },
);

redisTest(
  "[ND3] who is revoked at one node is closed and refused at the other, and after a restart of both",
  async () => {
    const server = await RedisServer.start();
    const gateways: Gateway[] = [];
    const start = async (): Promise<{ readonly gateway: Gateway; readonly url: string }> => {
      const broker = redisBroker({ url: server.url });
      const gateway = createGateway({ channels, broker, authenticate: ({ token = "" }) => ({ id: token }) });
      gateways.push(gateway);
      const { url } = await gateway.listen({ port: 0 });
      return { gateway, url };
    };
    const refusalOf = async (url: string): Promise<number> => {
      const client = await WireClient.open(url);
      client.send({ type: "auth", device: ada, token: "ada" });
      return (await client.closed).code;
    };
    try {
      const [one, two] = [await start(), await start()];
      const adas = await WireClient.join(two.url, ada, "ada");
      expect(await one.gateway.revoke({ userId: "ada" })).toEqual({ durability: "fsync" });
      expect((await adas.closed).code).toBe(4502);
      expect([await refusalOf(one.url), await refusalOf(two.url)]).toEqual([4500, 4500]);
      await Promise.all(gateways.map((gateway) => gateway.close()));
      expect(await refusalOf((await start()).url)).toBe(4500);
    } finally {
      await Promise.all(gateways.map((gateway) => gateway.close()));
      await server.dispose();
    }
  },
);

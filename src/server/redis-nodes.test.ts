/** Gateways on a real Redis that dies, or whose news are lost. */
import { expect } from "vitest";
import { z } from "zod";
import { closeAfterEach, shareServer, slackMs, timed } from "../../test/gateway/shared-store.ts";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { RedisServer, redisTest } from "../../test/redis-server.ts";
import { redisBroker } from "../brokers/index.ts";
import type { Broker } from "../gateway/index.ts";
import { channel } from "./channel.ts";
import { event } from "./event.ts";
import { createGateway, type Gateway } from "./gateway.ts";

const events = { message: event(z.string()) };
const channels = { chat: channel("chat/:room", { events, presence: true }) };

const server = shareServer(() => RedisServer.start());
const afterwards = closeAfterEach();
let prefixCount = 0;

interface Node {
  readonly gateway: Gateway<typeof channels>;
  readonly url: string;
}

async function startNode(wrap: (broker: Broker) => Broker = (broker) => broker): Promise<Node> {
  const broker = wrap(redisBroker({ url: server()?.url ?? "", prefix: `nodes${prefixCount}` }));
  const gateway = createGateway({ channels, broker, authenticate: ({ token = "" }) => ({ id: token }) });
  afterwards(() => gateway.close({ graceMs: 1 }));
  const { url } = await gateway.listen({ port: 0 });
  return { gateway, url };
}

async function join({ url }: Node, name: string, letter = name.charAt(0)): Promise<WireClient> {
  const client = await WireClient.join(url, letter.repeat(32), name);
  afterwards(() => client.cut());
  client.send({ type: "subscribe", channel: "chat/1", start: { from: "live" } });
  await client.next("subscribed");
  return client;
}

/** A broker whose node is never heard by others. */
function mute(broker: Broker): Broker {
  broker.broadcast = async () => {};
  return broker;
}

redisTest("[ND4] who is disconnected at one node on Redis is closed at the other", async () => {
  prefixCount += 1;
  const [one, two] = [await startNode(), await startNode()];
  const ada = await join(two, "ada");
  await one.gateway.disconnect({ userId: "ada" });
  expect((await ada.closed).code).toBe(4503);
});

redisTest(
  "[ND5] who is revoked is closed at every node on Redis within 2 s, also where the news was lost",
  async () => {
    prefixCount += 1;
    const [one, two] = [await startNode(mute), await startNode()];
    const ada = await join(two, "ada");
    const bob = await join(two, "bob");
    expect(await one.gateway.revoke({ userId: "ada" })).toEqual({ durability: "fsync" });
    const tookMs = await timed(async () => {
      expect((await ada.closed).code).toBe(4502);
    });
    expect(tookMs).toBeLessThan(2_000 + slackMs);
    await one.gateway.revoke({ userId: "bob" });
    expect((await bob.closed).code).toBe(4502);
  },
);

redisTest("[ND6] a Redis that comes back is used again within 5 s, for publishing and by readers", async () => {
  prefixCount += 1;
  const [one, two] = [await startNode(), await startNode()];
  const bob = await join(two, "bob");
  const say = (data: string): Promise<unknown> =>
    one.gateway.publish({ channel: "chat", params: { room: "1" }, event: "message", data });
  await say("before");
  await server()?.kill();
  await expect.poll(() => one.gateway.info().status).toBe("unavailable");
  await expect(say("meanwhile")).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
  await server()?.run();
  const tookMs = await timed(async () => {
    for (const { gateway } of [one, two]) {
      await expect.poll(() => gateway.info().status, { timeout: 10_000 }).toBe("ok");
    }
    await say("after");
    for (const data of ["before", "after"]) expect(await bob.next("event")).toMatchObject({ data });
  });
  expect(tookMs).toBeLessThan(5_000 + slackMs);
});

redisTest("[ND7] who is in a channel at one node on Redis is told at the other", async () => {
  prefixCount += 1;
  const [one, two] = [await startNode(), await startNode()];
  const ada = await join(one, "ada");
  const bob = await join(two, "bob");
  await ada.next("presence", ({ joined }) => joined.some(({ user }) => user.id === "bob"));
  await bob.close(1000);
  await ada.next("presence", ({ left }) => left.length === 1);
});

import { expect } from "vitest";
import { WireClient } from "../gateway/wire-client.ts";
import { RedisServer, redisTest } from "../redis-server.ts";
import { KillableServer } from "./killable-server.ts";

redisTest(
  "[ND37] the members of a node that is stopped are gone at the other, and when it goes on it closes its clients with 1012",
  async () => {
    const redis = await RedisServer.start();
    const [one, two] = [0, 1].map(() => new KillableServer({ broker: "redis", folder: "", storeUrl: redis.url })) as [
      KillableServer,
      KillableServer,
    ];
    try {
      await Promise.all([one.start(), two.start()]);
      const ada = await WireClient.join(one.url, "a".repeat(32), "ada");
      const bob = await WireClient.join(two.url, "b".repeat(32), "bob");
      for (const client of [ada, bob]) {
        client.send({ type: "subscribe", channel: "room/1", start: { from: "live" } });
        await client.next("subscribed");
      }
      const { joined } = await ada.next("presence", (message) => message.joined.some(({ user }) => user.id === "bob"));
      const member = joined.find(({ user }) => user.id === "bob")?.member;
      two.signal("SIGSTOP");
      await ada.next("presence", ({ left }) => left.length > 0 && left.every((id) => id === member));
      two.signal("SIGCONT");
      expect(await bob.closed).toMatchObject({ code: 1012, reason: "The server stood still" });
      const again = await WireClient.join(two.url, "b".repeat(32), "bob");
      again.send({ type: "subscribe", channel: "room/1", start: { from: "live" } });
      await ada.next("presence", (message) => message.joined.some(({ user }) => user.id === "bob"));
    } finally {
      for (const server of [one, two]) {
        server.signal("SIGCONT");
        await server.kill();
      }
      await redis.dispose();
    }
  },
);

import { expect } from "vitest";
import type { ServerMessage } from "switchboard/wire";
import { WireClient } from "../gateway/wire-client.ts";
import { NatsServer, natsTest } from "../nats-server.ts";
import { RedisServer, redisTest } from "../redis-server.ts";
import { KillableServer } from "./killable-server.ts";
import type { StoreName } from "./stores.ts";

/** What a busy machine may take on top of the 10 s that are promised. */
const slackMs = 3_000;

interface Store {
  readonly url: string;
  dispose(): Promise<void>;
}

/** Ada at one node; Bob at another, which is stopped and goes on; Carl at a third, which is killed at the same time. */
async function expectFenced(broker: StoreName, store: Store): Promise<void> {
  const servers = [0, 1, 2].map(() => new KillableServer({ broker, folder: "", storeUrl: store.url }));
  const [one, two, three] = servers as [KillableServer, KillableServer, KillableServer];
  try {
    await Promise.all(servers.map((server) => server.start()));
    const enter = async ({ url }: KillableServer, name: string): Promise<WireClient> => {
      const client = await WireClient.join(url, name.slice(0, 1).repeat(32), name);
      client.send({ type: "subscribe", channel: "room/1", start: { from: "live" } });
      await client.next("subscribed");
      return client;
    };
    const [bob, , ada] = [await enter(two, "bob"), await enter(three, "carl"), await enter(one, "ada")];
    const members = new Map<string, string>();
    const seen = (message: ServerMessage): void => {
      if (message.type !== "presence" && message.type !== "subscribed") return;
      const joined = message.type === "presence" ? message.joined : (message.members ?? []);
      for (const { member, user } of joined) members.set(member, user.id);
      if (message.type === "presence") for (const member of message.left) members.delete(member);
    };
    const names = (): readonly string[] => {
      members.clear();
      ada.messages.forEach(seen);
      return [...members.values()].sort();
    };
    const waiting = { timeout: 20_000 };
    await expect.poll(names, waiting).toEqual(["ada", "bob", "carl"]);
    two.signal("SIGSTOP");
    await three.kill();
    const startMs = performance.now();
    await expect.poll(names, waiting).toEqual(["ada"]);
    expect(performance.now() - startMs).toBeLessThan(10_000 + slackMs);
    two.signal("SIGCONT");
    expect(await bob.closed).toMatchObject({ code: 1012, reason: "The server stood still" });
    await enter(two, "bob");
    await expect.poll(names, waiting).toEqual(["ada", "bob"]);
  } finally {
    for (const server of servers) {
      server.signal("SIGCONT");
      await server.kill();
    }
    await store.dispose();
  }
}

redisTest(
  "[ND37] the members of a node that is stopped, and of one that is killed, are gone in 10 s; when it goes on it closes its clients with 1012",
  async () => expectFenced("redis", await RedisServer.start()),
);

natsTest("[ND37] and on NATS", async () => expectFenced("jetstream", await NatsServer.start()));

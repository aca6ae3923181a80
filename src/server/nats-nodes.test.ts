/** Gateways on a real NATS, whose lines to it break. */
import { expect } from "vitest";
import { z } from "zod";
import { closeAfterEach, shareServer, slackMs, timed } from "../../test/gateway/shared-store.ts";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { NatsProxy } from "../../test/nats-proxy.ts";
import { NatsServer, natsTest } from "../../test/nats-server.ts";
import { jetStreamBroker } from "../brokers/index.ts";
import { channel } from "./channel.ts";
import { ephemeral, event } from "./event.ts";
import { createGateway, type Gateway } from "./gateway.ts";

const channels = {
  chat: channel("chat/:room", {
    events: { message: event(z.object({ text: z.string() })), typing: ephemeral(z.object({})) },
  }),
  hall: channel("hall/:room", { events: { message: event(z.string()) }, presence: true }),
};

const server = shareServer(() => NatsServer.start());
const afterwards = closeAfterEach();
let streamCount = 0;

interface Node {
  readonly gateway: Gateway<typeof channels>;
  readonly url: string;
  readonly adminUrl: string;
  readonly line: NatsProxy;
}

/** A gateway whose only way to NATS is a line of its own. */
async function startNode(stream: string): Promise<Node> {
  const line = await NatsProxy.listen(server()?.port ?? 0);
  afterwards(() => line.close());
  const gateway = createGateway({
    channels,
    broker: jetStreamBroker({ url: line.url, stream }),
    authenticate: ({ token = "" }) => ({ id: token }),
  });
  afterwards(() => gateway.close({ graceMs: 1 }));
  const [{ url }, admin] = [await gateway.listen({ port: 0 }), await gateway.listenAdmin({ port: 0 })];
  return { gateway, url, adminUrl: admin.url, line };
}

async function startNodes(): Promise<readonly [Node, Node]> {
  const stream = `nodes${(streamCount += 1)}`;
  return [await startNode(stream), await startNode(stream)];
}

async function join({ url }: Node, name: string, room?: string, letter = "d"): Promise<WireClient> {
  const client = await WireClient.join(url, letter.repeat(32), name);
  afterwards(() => client.cut());
  if (room === undefined) return client;
  client.send({ type: "subscribe", channel: room, start: { from: "live" } });
  await client.next("subscribed");
  return client;
}

async function say({ gateway }: Node, room: string, text: string): Promise<void> {
  await gateway.publish({ channel: "chat", params: { room }, event: "message", data: { text } });
}

async function readyOf({ adminUrl }: Node): Promise<readonly [number, unknown]> {
  const response = await fetch(`${adminUrl}/readyz`);
  return [response.status, await response.json()];
}

const isLive = (subject: string): boolean => subject.includes(".live.");

natsTest("[ND10] a message whose hint was lost, with nothing behind it, is delivered within 2 s", async () => {
  const [one, two] = await startNodes();
  const bob = await join(two, "bob", "chat/1");
  two.line.drops = isLive;
  await say(one, "1", "last");
  const tookMs = await timed(async () => {
    expect(await bob.next("event")).toMatchObject({ offset: 1, data: { text: "last" } });
  });
  expect(tookMs).toBeLessThan(2_000 + slackMs);
  expect(two.line.subjects.filter((subject) => subject.includes(".live.chat/1")).length).toBeGreaterThan(0);
});

natsTest("[ND11] a node is sent what happens in the channels it has subscribers in, and in no other", async () => {
  const [one, two] = await startNodes();
  const bob = await join(two, "bob", "chat/1");
  await join(one, "ada", "chat/2");
  for (const room of ["2", "3", "1"]) await say(one, room, `in ${room}`);
  await one.gateway.tell({ channel: "chat", params: { room: "2" }, event: "typing", data: {}, user: { id: "ada" } });
  await say(one, "1", "the last");
  await bob.next("event");
  await bob.next("event");
  const heard = two.line.subjects.filter((subject) => subject.includes(".live.chat/"));
  expect(heard.map((subject) => subject.split(".").at(-1))).toEqual(["chat/1", "chat/1"]);
});

natsTest("[ND12] a node on a NATS that stands still is unready within 3 s, and ready when that goes on", async () => {
  const [one] = await startNodes();
  expect(await readyOf(one)).toMatchObject([200, { status: "ready" }]);
  const waiting = { timeout: 10_000, interval: 200 };
  server()?.signal("SIGSTOP");
  afterwards(() => server()?.signal("SIGCONT"));
  const tookMs = await timed(async () => {
    const reason = "a canary did not come back within 2000 ms";
    await expect.poll(() => readyOf(one), waiting).toEqual([503, { status: "unready", reason }]);
  });
  expect(tookMs).toBeLessThan(3_000 + slackMs); // a verdict is given again for a second
  server()?.signal("SIGCONT");
  await expect.poll(async () => (await readyOf(one))[0], waiting).toBe(200);
});

natsTest(
  "[ND13] a NATS that comes back is used again within 5 s: for publishing, by readers, and by /readyz",
  async () => {
    const [one, two] = await startNodes();
    const bob = await join(two, "bob", "chat/1");
    await say(one, "1", "before");
    await server()?.kill();
    await expect.poll(() => one.gateway.info().status).toBe("unavailable");
    await expect(say(one, "1", "meanwhile")).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    expect((await readyOf(one))[0]).toBe(503);
    await server()?.run();
    const tookMs = await timed(async () => {
      await expect.poll(() => one.gateway.info().status, { timeout: 10_000 }).toBe("ok");
      await expect.poll(() => two.gateway.info().status, { timeout: 10_000 }).toBe("ok");
      await say(one, "1", "after");
      for (const [offset, text] of [
        [1, "before"],
        [2, "after"],
      ] as const) {
        expect(await bob.next("event")).toMatchObject({ offset, data: { text } });
      }
    });
    expect(tookMs).toBeLessThan(5_000 + slackMs);
    expect((await readyOf(two))[0]).toBe(200);
  },
);

natsTest("[ND14] who is revoked is closed at every node within 2 s, also where the news was lost", async () => {
  const [one, two] = await startNodes();
  const ada = await join(two, "ada");
  two.line.drops = isLive;
  expect(await one.gateway.revoke({ userId: "ada" })).toEqual({ durability: "os" });
  const tookMs = await timed(async () => {
    expect((await ada.closed).code).toBe(4502);
  });
  expect(tookMs).toBeLessThan(2_000 + slackMs);
});

natsTest("[ND15] a node that was away when somebody was revoked closes them within 2 s of its return", async () => {
  const [one, two] = await startNodes();
  const [ada, bob] = [await join(two, "ada"), await join(two, "bob")];
  two.line.cut();
  await expect.poll(() => two.gateway.info().status).toBe("unavailable");
  await one.gateway.revoke({ userId: "ada" });
  two.line.heal();
  await expect.poll(() => two.gateway.info().status, { timeout: 10_000 }).toBe("ok");
  const tookMs = await timed(async () => {
    expect((await ada.closed).code).toBe(4502);
  });
  expect(tookMs).toBeLessThan(2_000 + slackMs);
  bob.send({ type: "subscribe", channel: "chat/1", start: { from: "live" } });
  await bob.next("subscribed");
});

natsTest("[ND15] and refuses them from the first moment, when it starts after that", async () => {
  const [one] = await startNodes();
  await one.gateway.revoke({ tokenId: "none" });
  await one.gateway.revoke({ userId: "ada" });
  const late = await startNode(`nodes${streamCount}`);
  const client = await WireClient.open(late.url);
  client.send({ type: "auth", device: "d".repeat(32), token: "ada" });
  expect((await client.closed).code).toBe(4500);
});

/** The names of those who are in a room, as a client was told. */
function peopleOf({ messages }: WireClient): readonly string[] {
  const people = new Map<string, string>();
  for (const message of messages) {
    if (message.type !== "subscribed" && message.type !== "presence") continue;
    const joined = message.type === "presence" ? message.joined : message.members;
    for (const { member, user } of joined ?? []) people.set(member, user.id);
    if (message.type === "presence") for (const member of message.left) people.delete(member);
  }
  return [...people.values()].sort();
}

natsTest(
  "[ND38] what a node missed of who came and went, because messages were lost, it asks for within 2 s",
  async () => {
    const [one, two] = await startNodes();
    const ada = await join(one, "ada", "hall/1", "a");
    const bob = await join(two, "bob", "hall/1", "b");
    await expect.poll(() => peopleOf(bob)).toEqual(["ada", "bob"]);
    let dropCount = 0;
    two.line.drops = (subject) => isLive(subject) && (dropCount += 1) > 0;
    await join(one, "carl", "hall/1", "c");
    await ada.close(1000);
    // Beats of both, and what one told the other of the two.
    await expect.poll(() => dropCount, { timeout: 10_000 }).toBeGreaterThan(4);
    expect(peopleOf(bob)).toEqual(["ada", "bob"]);
    two.line.drops = () => false;
    const tookMs = await timed(async () => {
      await expect.poll(() => peopleOf(bob), { timeout: 10_000 }).toContain("carl");
    });
    expect(tookMs).toBeLessThan(2_000 + slackMs);
    // How she went was lost: she may be back in a moment, for all this node knows.
    await expect.poll(() => peopleOf(bob), { timeout: 10_000 }).toEqual(["bob", "carl"]);
  },
);

natsTest("[ND38] a node that was cut off from NATS knows who came and went when it is back", async () => {
  const [one, two] = await startNodes();
  const ada = await join(one, "ada", "hall/1", "a");
  const bob = await join(two, "bob", "hall/1", "b");
  await expect
    .poll(() => [ada, bob].map(peopleOf))
    .toEqual([
      ["ada", "bob"],
      ["ada", "bob"],
    ]);
  two.line.cut();
  await expect.poll(() => two.gateway.info().status).toBe("unavailable");
  await ada.close(1000);
  await join(one, "carl", "hall/1", "c");
  expect(peopleOf(bob)).toContain("ada");
  two.line.heal();
  await expect.poll(() => two.gateway.info().status, { timeout: 10_000 }).toBe("ok");
  await expect.poll(() => peopleOf(bob), { timeout: 10_000 }).toEqual(expect.arrayContaining(["bob", "carl"]));
  await expect.poll(() => peopleOf(bob), { timeout: 10_000 }).not.toContain("ada");
});

import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { memoryBroker } from "../brokers/index.ts";
import { channel } from "./channel.ts";
import { event } from "./event.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { rpc } from "./rpc.ts";
import { userChannel } from "./user-channel.ts";

const note = event(z.string());
const channels = {
  inbox: userChannel("inbox/:user", { events: { note }, calls: { ping: rpc(z.null(), () => "pong") }, recent: 1 }),
  room: channel("room/:id", { events: { note }, authorize: () => false }),
};
let user = "ada";
const device = "0".repeat(32);

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()));
});

async function start(): Promise<{ readonly gateway: Gateway<typeof channels>; readonly url: string }> {
  const gateway = createGateway({ channels, broker: memoryBroker(), authenticate: () => ({ id: user }) });
  open.push(gateway);
  const { url } = await gateway.listen({ port: 0 });
  return { gateway, url };
}

const hashed = ":mIrQpTbnnVTaRkYgY7GbQ0h2KSMEPfMbjC1wTSEIzG0";
test.for([
  ["ada", /^inbox\/ada$/],
  ["auth0|123", /^inbox\/:[\w-]{43}$/],
  ["x".repeat(64), /^inbox\/x{64}$/],
  ["x".repeat(65), /^inbox\/:[\w-]{43}$/],
  [hashed, /^inbox\/(?!:mIrQpTbn):[\w-]{43}$/],
] as const)(
  "[SV27] the channel of user %o is theirs at once, and what the server publishes comes to it",
  async ([id, name]) => {
    user = id;
    const { gateway, url } = await start();
    const publish = (data: string): Promise<unknown> =>
      gateway.publish({ channel: "inbox", params: { user: id }, event: "note", data });
    await publish("before");
    await publish("recent");
    const client = await WireClient.join(url, device);
    const subscribed = await client.next("subscribed");
    expect(subscribed).toMatchObject({ channel: expect.stringMatching(name) as unknown, definition: "inbox" });
    expect(await client.next("event")).toMatchObject({ data: "recent" });
    await publish("now");
    expect(await client.next("event")).toMatchObject({ data: "now", user: { id: "server" } });
  },
);

test("[SV27] nobody else is let in, nobody but the server publishes, and its user may call", async () => {
  user = "ada";
  const { url } = await start();
  const client = await WireClient.join(url, device);
  await client.next("subscribed");
  client.send({ type: "subscribe", channel: "inbox/bob", start: { from: "live" } });
  expect(await client.next("error")).toMatchObject({ code: "FORBIDDEN" });
  client.send({ type: "publish", channel: "inbox/ada", event: "note", messageId: "m1", data: "me" });
  expect(await client.next("error")).toMatchObject({ code: "FORBIDDEN" });
  client.send({ type: "call", channel: "inbox/ada", method: "ping", data: null });
  expect(await client.next("result")).toMatchObject({ data: "pong" });
});

test.for([
  ["inbox", 'Cannot use pattern "inbox": a user\'s own channel has one parameter, the user'],
  ["a/:b/:c", 'Cannot use pattern "a/:b/:c": a user\'s own channel has one parameter, the user'],
  ["a b/:c", 'Cannot use pattern "a b/:c": "a b" is neither a name nor a :parameter'],
  [
    `${"x".repeat(64)}/:u`,
    `Cannot use pattern "${"x".repeat(64)}/:u": with a user id it may be 129 long, the limit is 128`,
  ],
] as const)("[SV27] pattern %o is refused", ([pattern, fault]) => {
  expect(() => userChannel(pattern, { events: {} })).toThrow(fault);
});

test.for([-1, 1.5, 1001])("[SV27] a user's channel cannot begin with %d messages", (recent) => {
  const fault = `Cannot begin with ${recent} messages: give an integer 0-1000`;
  expect(() => userChannel("a/:b", { events: {}, recent })).toThrow(fault);
  expect(userChannel(`${"x".repeat(63)}/:b`, { events: {}, recent: 1000 }).pattern).toHaveLength(66);
});

test("[SV28] the server subscribes, unsubscribes and disconnects a user, and says how many connections it reached", async () => {
  user = "ada";
  const { gateway, url } = await start();
  const client = await WireClient.join(url, device);
  await client.next("subscribed");
  const room = { userId: "ada", channel: "room", params: { id: "1" } } as const;
  expect(await gateway.subscribe(room)).toEqual({ connectionCount: 1 });
  await gateway.publish({ channel: "room", params: { id: "1" }, event: "note", data: "hi" });
  expect(await client.next("subscribed")).toMatchObject({ channel: "room/1", params: { id: "1" } });
  expect(await client.next("event")).toMatchObject({ data: "hi" });
  expect(await gateway.unsubscribe(room)).toEqual({ connectionCount: 1 });
  expect(await client.next("unsubscribed")).toMatchObject({
    error: { code: "FORBIDDEN", message: 'The server ended the subscription to "room/1"' },
  });
  expect(await gateway.unsubscribe({ ...room, reason: "again" })).toEqual({ connectionCount: 0 });
  expect(await gateway.disconnect({ userId: "ada" })).toEqual({ connectionCount: 1 });
  expect(await client.closed).toMatchObject({ code: 4503, reason: "The server disconnected this user" });
  expect(await gateway.disconnect({ userId: "ada", code: 4000, reason: "x".repeat(123) })).toEqual({
    connectionCount: 0,
  });
});

test("[SV28] what cannot be is refused with the code a client would get", async () => {
  const { gateway } = await start();
  const room = { userId: "ada", channel: "room", params: { id: "1" } } as const;
  const nowhere = { ...room, channel: "constructor" as "room" };
  const message = 'Cannot subscribe: there is no channel "constructor"';
  await expect(gateway.subscribe(nowhere)).rejects.toMatchObject({ code: "UNKNOWN_CHANNEL", message });
  const bad = { ...room, params: { id: "a b" } };
  await expect(gateway.unsubscribe(bad)).rejects.toMatchObject({ code: "BAD_CHANNEL" });
  await expect(gateway.subscribe({ ...room, recent: 1001 })).rejects.toMatchObject({ code: "BAD_MESSAGE" });
  for (const code of [3999, 5000, 4000.5]) {
    await expect(gateway.disconnect({ userId: "ada", code })).rejects.toMatchObject({
      code: "BAD_MESSAGE",
      message: `Cannot disconnect with code ${code}: give an integer 4000-4999`,
    });
  }
  await expect(gateway.disconnect({ userId: "ada", reason: "ä".repeat(62) })).rejects.toMatchObject({
    message: "Cannot give a reason of 124 bytes: the limit is 123",
  });
});

test("[SV2] commands are typed by the gateway's channels", () => {
  function use(gateway: Gateway<typeof channels>): void {
    // @ts-expect-error -- no such channel
    void gateway.subscribe({ userId: "a", channel: "rooms", params: { id: "1" } });
    // @ts-expect-error -- no such parameter
    void gateway.unsubscribe({ userId: "a", channel: "room", params: { room: "1" } });
  }
  expect(use).toBeTypeOf("function");
});

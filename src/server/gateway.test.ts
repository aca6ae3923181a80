import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { RawPeer } from "../../test/raw-peer.ts";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { memoryBroker } from "../brokers/index.ts";
import type { Broker, BrokerSink } from "../gateway/index.ts";
import { binary } from "./binary.ts";
import { channel } from "./channel.ts";
import { ephemeral, event, latest } from "./event.ts";
import { createGateway, type Gateway, type GatewayOptions } from "./gateway.ts";

const message = event(z.object({ text: z.string().max(5) }));
const channels = {
  chat: channel("chat/:room", { events: { message, typing: ephemeral(z.object({})) }, presence: true }),
  board: channel("board", {
    events: {
      update: event(binary({ maxBytes: 3 })),
      at: latest(binary(), { by: (bytes) => String(bytes[0]) }),
      message,
    },
  }),
  ticker: channel("ticker", { events: { price: latest(z.number().max(9), { by: String, everyMs: 1 }) } }),
};
const device = "0".repeat(32);
const other = "1".repeat(32);
const params = { room: "1" };
const live = { from: "live" } as const;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()));
});

function make(options: Partial<GatewayOptions<typeof channels>> = {}): Gateway<typeof channels> {
  const gateway = createGateway({ channels, broker: memoryBroker(), ...options });
  open.push(gateway);
  return gateway;
}

/** A memory broker whose sink and appends the test has in its hands. */
function heldBroker(): {
  readonly broker: Broker;
  readonly release: () => void;
  readonly sink: () => BrokerSink | undefined;
} {
  const memory = memoryBroker();
  let sink: BrokerSink | undefined;
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const broker: Broker = {
    open(given) {
      sink = given;
      return memory.open(given);
    },
    async append(request) {
      await held;
      return memory.append(request);
    },
    read: (request) => memory.read(request),
    join: (name) => memory.join(name),
    leave: (name) => memory.leave(name),
    broadcast: (name, payload) => memory.broadcast(name, payload),
    close: () => memory.close(),
  };
  return { broker, release: () => release(), sink: () => sink };
}

async function get(url: string): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.text() };
}

test.for([
  [{ close: channels.chat }, 'Cannot name a channel "close": a client has a property of that name'],
  [
    { a: channels.chat, b: channel("chat/:id", { events: {} }) },
    'Cannot use pattern "chat/:id": another channel\'s matches the same names',
  ],
  [
    { a: { pattern: "a b", events: {}, presence: false } },
    'Cannot use pattern "a b": "a b" is neither a name nor a :parameter',
  ],
] as const)("[SV3] %o are refused", ([bad, fault]) => {
  expect(() => createGateway({ channels: bad })).toThrow(new TypeError(fault));
});

test("[SV3] a gateway that was made has opened nothing", async () => {
  const gateway = createGateway({ channels });
  expect(gateway.info()).toMatchObject({ status: "starting", connectionCount: 0 });
  await gateway.close();
});

test("[SV4] a gateway does not start with less than it requires", async () => {
  await expect(make({ require: "os" }).listen({ port: 0 })).rejects.toMatchObject({
    name: "GatewayError",
    code: "DURABILITY_TOO_LOW",
  });
});

test("[SV5] /healthz says how the gateway is, and nothing else is there", async () => {
  const { broker, sink } = heldBroker();
  const gateway = make({ broker });
  const { port, url } = await gateway.listen({ port: 0, path: "/ws" });
  expect(url).toBe(`ws://127.0.0.1:${port}/ws`);
  const base = `http://127.0.0.1:${port}`;
  const { body, status } = await get(`${base}/healthz`);
  expect(status).toBe(200);
  expect(JSON.parse(body)).toMatchObject({ status: "ok", durability: "mem", connectionCount: 0, channelCount: 0 });
  sink()?.availability(false, "the disk failed");
  expect(await get(`${base}/healthz`)).toMatchObject({ status: 503, body: expect.stringContaining("the disk failed") });
  expect((await get(`${base}/`)).status).toBe(404);
});

test("[SV5] a port in use is Node's own error, and the gateway can still be closed", async () => {
  const { port } = await make().listen({ port: 0 });
  await expect(make().listen({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});

test("[SV73] a gateway that cannot start does not keep its store open", async () => {
  const { broker } = heldBroker();
  const close = vi.spyOn(broker, "close");
  await expect(make({ broker, limits: { deadAfterMs: 1.5 } }).listen({ port: 0 })).rejects.toThrow(
    "Cannot use 1.5 as deadAfterMs: give a positive integer or Infinity",
  );
  expect(close).toHaveBeenCalledOnce();
});

test("[SV72] closing undoes what is about to listen: no port stays open", async () => {
  const gateway = make();
  const listening = [gateway.listen({ port: 0 }), gateway.listenAdmin({ port: 0 })];
  await gateway.close();
  for (const { port } of await Promise.all(listening)) {
    await expect(RawPeer.connect(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  }
});

test("[SV6] attach serves one path of another server, and leaves the rest alone", async () => {
  const server = createServer((_request, response) => response.end("mine"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const gateway = make();
  await gateway.attach(server, { path: "/ws" });
  const client = await WireClient.open(`ws://127.0.0.1:${port}/ws`);
  expect((await get(`http://127.0.0.1:${port}/`)).body).toBe("mine");
  expect(gateway.info()).toMatchObject({ status: "ok", connectionCount: 1 });
  await client.close();
  await gateway.close();
  server.close();
});

test("[SV7] the handshake's headers and the token reach authenticate, and a refusal closes with 4500", async () => {
  const seen: string[] = [];
  const gateway = make({
    authenticate: ({ device: from, request, token }) => {
      seen.push(`${token} ${from} ${request.path}`);
      return token === "good" ? { id: "ada" } : undefined;
    },
  });
  const { url } = await gateway.listen({ port: 0 });
  const good = await WireClient.join(url, device, "good");
  expect(good.messages.at(-1)).toMatchObject({ type: "authenticated", user: { id: "ada" } });
  const bad = await WireClient.open(url);
  bad.send({ type: "auth", device });
  expect(await bad.closed).toMatchObject({ code: 4500, by: "peer" });
  expect(seen).toEqual([`good ${device} /`, `undefined ${device} /`]);
});

test("[SV11] what the server publishes is stored and told, with its id once", async () => {
  const gateway = make();
  const { url } = await gateway.listen({ port: 0 });
  const client = await WireClient.join(url, device);
  client.send({ type: "subscribe", channel: "chat/1", start: live });
  await client.next("subscribed");
  const request = { channel: "chat", params, event: "message", data: { text: "hi" }, messageId: "m1" } as const;
  const first = await gateway.publish(request);
  expect(first).toMatchObject({ offset: 1, durability: "mem", duplicate: false });
  expect(await gateway.publish(request)).toEqual({ ...first, duplicate: true });
  expect(await client.next("event")).toMatchObject({
    offset: 1,
    messageId: "m1",
    user: { id: "server" },
    data: { text: "hi" },
  });
  await gateway.publish({ channel: "chat", params, event: "message", data: { text: "ho" }, user: { id: "bot" } });
  expect(await client.next("event")).toMatchObject({ offset: 2, user: { id: "bot" } });
});

test("[SV11] what the server publishes wrongly is refused with the code a client would get", async () => {
  const gateway = make();
  const good = { channel: "chat", params, event: "message", data: { text: "hi" }, messageId: "m1" } as const;
  await gateway.publish(good);
  // What only JavaScript, or a parameter from elsewhere, can get wrong.
  const publish = (wrong: object): Promise<unknown> => gateway.publish({ ...good, ...wrong });
  await expect(publish({ data: { text: "ho" } })).rejects.toMatchObject({ code: "ID_CONFLICT" });
  await expect(publish({ data: { text: "too long" } })).rejects.toMatchObject({
    code: "BAD_DATA",
    message: expect.stringContaining("text: "),
  });
  await expect(publish({ params: { room: "a b" } })).rejects.toMatchObject({ code: "BAD_CHANNEL" });
  await expect(publish({ event: "typing" })).rejects.toMatchObject({ code: "UNKNOWN_EVENT" });
  await expect(publish({ channel: "none" })).rejects.toMatchObject({ code: "UNKNOWN_CHANNEL" });
  await expect(publish({ messageId: "a b" })).rejects.toMatchObject({ code: "BAD_MESSAGE" });
});

test("[SV21] the server tells what is not stored: to those who are there, and newest values to those who come", async () => {
  const gateway = make();
  const { url } = await gateway.listen({ port: 0 });
  const client = await WireClient.join(url, device);
  client.send({ type: "subscribe", channel: "chat/1", start: live });
  await client.next("subscribed");
  await gateway.tell({ channel: "chat", params, event: "typing", data: {} });
  expect(await client.next("ephemeral")).toMatchObject({ user: { id: "server" }, data: {} });
  await gateway.tell({ channel: "ticker", params: {}, event: "price", data: 7, user: { id: "bot" } });
  client.send({ type: "subscribe", channel: "ticker", start: live });
  const values = [{ key: "7", user: { id: "bot" }, data: 7 }];
  expect(await client.next("latest")).toMatchObject({ event: "price", snapshot: true, values });
  await gateway.tell({ channel: "ticker", params: {}, event: "price", data: 8 });
  expect(await client.next("latest")).toMatchObject({ snapshot: false, values: [{ key: "8", data: 8 }] });
});

test("[SV21] what the server tells wrongly is refused with the code a client would get", async () => {
  const gateway = make();
  const good = { channel: "ticker", params: {}, event: "price", data: 1 } as const;
  const tell = (wrong: object): Promise<unknown> => gateway.tell({ ...good, ...wrong });
  await expect(tell({ data: 10 })).rejects.toMatchObject({ code: "BAD_DATA" });
  await expect(tell({ channel: "none" })).rejects.toMatchObject({ code: "UNKNOWN_CHANNEL" });
  await expect(tell({ event: "constructor" })).rejects.toMatchObject({ code: "UNKNOWN_EVENT" });
  await expect(tell({ channel: "chat", params, event: "message" })).rejects.toMatchObject({ code: "UNKNOWN_EVENT" });
  await expect(tell({ channel: "chat", params: {}, event: "typing" })).rejects.toMatchObject({ code: "BAD_CHANNEL" });
});

test("[SV22] bytes of clients and of the server are base64 on the wire and in the log, and hello says which events are of them", async () => {
  const gateway = make();
  const { url } = await gateway.listen({ port: 0 });
  const client = await WireClient.join(url, device);
  const hello = client.messages.find(({ type }) => type === "hello");
  expect(hello).toMatchObject({ channels: { board: { binary: ["update", "at"] } } });
  expect(hello).not.toHaveProperty("channels.chat.binary");
  client.send({ type: "subscribe", channel: "board", start: live });
  await client.next("subscribed");
  client.send({ type: "publish", channel: "board", event: "update", messageId: "m1", data: "AP8B" });
  expect(await client.next("event")).toMatchObject({ offset: 1, data: "AP8B" });
  client.send({ type: "publish", channel: "board", event: "update", messageId: "m2", data: "AP8BAA==" });
  expect(await client.next("error")).toMatchObject({ code: "BAD_DATA" });
  const update = { channel: "board", params: {}, event: "update", messageId: "m3" } as const;
  await gateway.publish({ ...update, data: new Uint8Array([7]) });
  expect(await client.next("event")).toMatchObject({ offset: 2, data: "Bw==" });
  expect(await gateway.publish({ ...update, data: Buffer.from([7]) })).toMatchObject({ duplicate: true });
  await gateway.tell({ channel: "board", params: {}, event: "at", data: new Uint8Array([9]) });
  expect(await client.next("latest", ({ snapshot }) => !snapshot)).toMatchObject({
    values: [{ key: "9", data: "CQ==" }],
  });
});

test("[SV12] a store that has no room is told to the server's publisher too", async () => {
  const gateway = make({ broker: memoryBroker({ maxBytes: 1 }) });
  const wish = { channel: "chat", params, event: "message", data: { text: "hi" } } as const;
  await expect(gateway.publish(wish)).rejects.toMatchObject({ name: "GatewayError", code: "STORAGE_FULL" });
});

test("[SV13] a client that does not offer the subprotocol is closed with 4501", async () => {
  const { url } = await make().listen({ port: 0 });
  const client = WireClient.dial(url);
  expect(await client.closed).toMatchObject({
    code: 4501,
    reason: "This server speaks switchboard.v1+json and switchboard.v1+msgpack",
  });
  expect(client.messages).toEqual([]);
});

test("[SV14] close waits for what was accepted, acknowledges it, and closes with 1001", async () => {
  const { broker, release } = heldBroker();
  const gateway = make({ broker });
  const { port, url } = await gateway.listen({ port: 0 });
  const client = await WireClient.join(url, device);
  client.send({ type: "publish", channel: "chat/1", event: "message", messageId: "m1", data: { text: "hi" } });
  client.send({ type: "subscribe", channel: "chat/1", start: live });
  await client.next("subscribed");
  const closing = gateway.close();
  expect(gateway.close()).toBe(closing);
  expect(gateway.info().status).toBe("draining");
  expect((await get(`http://127.0.0.1:${port}/healthz`)).status).toBe(503);
  client.send({ type: "publish", channel: "chat/1", event: "message", messageId: "m2", data: { text: "late" } });
  release();
  expect(await client.next("ack")).toMatchObject({ offset: 1 });
  expect(await client.closed).toMatchObject({ code: 1001, by: "peer", reason: "The server is going away" });
  await closing;
  expect(gateway.info().status).toBe("closed");
  expect(client.messages.filter(({ type }) => type === "ack")).toHaveLength(1);
  await expect(gateway.listen({ port: 0 })).rejects.toMatchObject({ code: "CLOSED" });
});

test("[SV15] a message that is too long is answered up to twice the limit, and ends the connection beyond", async () => {
  const { url } = await make({ limits: { maxMessageBytes: 1_000 } }).listen({ port: 0 });
  const client = await WireClient.join(url, device);
  client.sendText("x".repeat(2_000));
  expect(await client.next("error")).toMatchObject({ code: "TOO_BIG" });
  client.sendText("x".repeat(2_001));
  expect(await client.closed).toMatchObject({ code: 1009 });
});

test("[SV16] 1000, 1001 and no code are a goodbye, which has left at once; a cut has not", async () => {
  const { url } = await make({ limits: { presenceGraceMs: 3_600_000 } }).listen({ port: 0 });
  const watcher = await WireClient.join(url, device);
  const visit = async (from: string): Promise<{ readonly visitor: WireClient; readonly member: string }> => {
    const visitor = await WireClient.join(url, from);
    visitor.send({ type: "subscribe", channel: "chat/1", start: live });
    const { joined } = await watcher.next("presence", (diff) => diff.joined.length > 0);
    return { visitor, member: joined[0]?.member ?? "" };
  };
  watcher.send({ type: "subscribe", channel: "chat/1", start: live });
  await watcher.next("presence", ({ joined }) => joined.length > 0);
  for (const code of [1000, 1001, undefined]) {
    const { member, visitor } = await visit(other);
    await visitor.close(code);
    expect(await watcher.next("presence")).toMatchObject({ joined: [], left: [member] });
  }
  const cut = await visit(other);
  await cut.visitor.cut();
  const { visitor } = await visit("2".repeat(32));
  expect(await visitor.next("subscribed")).toMatchObject({ members: { length: 3 } });
});

test("[SE6] a binary message is refused, whoever sends it", async () => {
  const { url } = await make().listen({ port: 0 });
  const client = await WireClient.join(url, device);
  (await client.socket).send(new Uint8Array(3));
  expect(await client.next("error")).toMatchObject({ code: "BAD_MESSAGE" });
});

test("[SE5] a connection that says nothing is closed by the clock", async () => {
  const { url } = await make({ limits: { authTimeoutMs: 20 } }).listen({ port: 0 });
  const client = await WireClient.open(url);
  expect(await client.closed).toMatchObject({ code: 4000 });
});

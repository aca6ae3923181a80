import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../../../test/gateway/wire-client.ts";
import { memoryBroker } from "../../brokers/index.ts";
import { channel } from "../channel.ts";
import { event } from "../event.ts";
import { createGateway, type Gateway, type GatewayOptions } from "../gateway.ts";

const channels = { chat: channel("chat/:room", { events: { message: event(z.string()) }, presence: true }) };
const key = "k".repeat(32);
const keys = [{ key, scopes: ["read", "publish", "admin"] }] as const;
const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === "::1"));

const gateways: Gateway[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
});

async function operate(
  options: Partial<GatewayOptions<typeof channels>> = {},
  host = "127.0.0.1",
): Promise<{ readonly gateway: Gateway<typeof channels>; readonly port: number; readonly url: string }> {
  const gateway = createGateway({ channels, broker: memoryBroker(), ...options });
  gateways.push(gateway);
  return { gateway, ...(await gateway.listenAdmin({ port: 0, keys, host })) };
}

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

test("[OP20] an answer is for nobody else to keep or to guess at, and HEAD is GET without a body", async () => {
  const { url } = await operate();
  const response = await fetch(`${url}/v1/stats`, { method: "HEAD", headers });
  expect([response.status, await response.text()]).toEqual([200, ""]);
  const names = ["content-type", "cache-control", "x-content-type-options"];
  expect(names.map((name) => response.headers.get(name))).toEqual(["application/json", "no-store", "nosniff"]);
});

test("[OP23] all that is behind the first question mark is the query", async () => {
  const { url } = await operate();
  const response = await fetch(`${url}/v1/history?channel=chat/1?count=1`, { headers });
  expect([response.status, await response.json()]).toMatchObject([400, { message: /got "chat\/1\?count=1"/ }]);
});

test("[OP23] after a body that is too much the connection ends: what is left of it is not read", async () => {
  const { url } = await operate();
  const request = httpRequest(`${url}/v1/publish`, {
    method: "POST",
    headers: { ...headers, "Content-Length": 1_048_577 },
  });
  request.flushHeaders();
  const [response] = (await once(request, "response")) as [import("node:http").IncomingMessage];
  expect([response.statusCode, response.headers.connection]).toEqual([413, "close"]);
  request.on("error", () => {}).destroy();
});

test("[OP23] a head of 16 KiB is read and a longer one is not; the 257th connection is cut", async () => {
  const { port } = await operate();
  const ask = async (bytes: number): Promise<string> => {
    const socket = await dial(port);
    const head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: ";
    socket.end(`${head.padEnd(bytes - 4, "x")}\r\n\r\n`);
    const [first] = (await once(socket, "data")) as [Buffer];
    return first.toString("latin1").slice(9, 12);
  };
  expect([await ask(16 * 1024 - 64), await ask(16 * 1024 + 64)]).toEqual(["200", "431"]);
  for (const socket of sockets.splice(0)) if (!socket.closed) await once(socket.destroy(), "close");
  const [first] = await Promise.all(Array.from({ length: 256 }, () => dial(port)));
  first?.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect(String(await once(first as Socket, "data"))).toContain("200 OK");
  const last = await dial(port);
  expect(await once(last.resume(), "close")).toEqual([false]);
});

test("[OP2] a request that is never finished does not hold up the close", async () => {
  const { gateway, port } = await operate();
  const socket = await dial(port);
  socket.write(`POST /v1/publish HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${headers.Authorization}\r\n`);
  socket.write("Content-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n{");
  await once(socket, "data"); // 100 Continue: the request is being read
  const closed = once(socket, "close");
  await gateway.close();
  await closed;
  expect(gateway.info().status).toBe("closed");
});

test("[OP28] the URL of an address of IPv6 has it in brackets", async (context) => {
  if (!hasIpv6 && process.env["CI"] === undefined) return context.skip("this machine has no ::1");
  const { url } = await operate({}, "::1");
  expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test.each([
  ["application/json; charset=utf-8", 200],
  ["Application/JSON", 200],
  ["application/json-seq", 400],
  ["text/plain", 400],
] as const)("[OP23] a body of type %s is answered with %d", async (type, status) => {
  const { url } = await operate();
  const body = JSON.stringify({ channel: "chat/1", event: "message", data: "hi" });
  const sent = { method: "POST", headers: { ...headers, "Content-Type": type }, body };
  expect((await fetch(`${url}/v1/publish`, sent)).status).toBe(status);
});

test("[OP23] a body that is not UTF-8 is refused", async () => {
  const { url } = await operate();
  const body = Buffer.from('{"channel":"chat/1","event":"message","data":"\xff"}', "latin1");
  const response = await fetch(`${url}/v1/publish`, { method: "POST", headers, body });
  expect([response.status, await response.json()]).toEqual([
    400,
    { code: "BAD_MESSAGE", message: "Cannot read the body: it is not UTF-8" },
  ]);
});

test("[OP25] of a page that is too much for its bytes, half as many entries are tried", async () => {
  const wide = createGateway({
    channels: { wide: channel("wide", { events: { item: event(z.string()) } }) },
    broker: memoryBroker(),
  });
  gateways.push(wide);
  const { url } = await wide.listenAdmin({ port: 0, keys });
  for (let index = 0; index < 8; index++) {
    await wide.publish({ channel: "wide", params: {}, event: "item", data: "x".repeat(200_000), bypassLimits: true });
  }
  const { events } = (await (await fetch(`${url}/v1/history?channel=wide`, { headers })).json()) as {
    readonly events: readonly { readonly offset: number }[];
  };
  // Five are a mebibyte: of the 8 that are asked for first, two are tried next.
  expect(events.map(({ offset }) => offset)).toEqual([7, 8]);
});

test("[OP25] without a count it is 50 entries", async () => {
  const { gateway, url } = await operate();
  for (let index = 0; index < 51; index++) {
    await gateway.publish({
      channel: "chat",
      params: { room: "1" },
      event: "message",
      data: "hi",
      bypassLimits: true,
    });
  }
  const { events, more } = (await (await fetch(`${url}/v1/history?channel=chat/1`, { headers })).json()) as {
    readonly events: readonly { readonly offset: number }[];
    readonly more: boolean;
  };
  expect([events.length, events[0]?.offset, more]).toEqual([50, 2, true]);
});

test("[OP26] where they are too many for a list, presence is their number and nothing else", async () => {
  const { gateway, url } = await operate({ limits: { maxPresenceListCount: 1 } });
  const address = await gateway.listen({ port: 0 });
  for (const digit of ["0", "1"]) {
    const client = await WireClient.join(address.url, digit.repeat(32));
    client.send({ type: "subscribe", channel: "chat/1", start: { from: "live" } });
    await client.next("subscribed");
  }
  const response = await fetch(`${url}/v1/presence?channel=chat/1`, { headers });
  expect(await response.json()).toEqual({ channel: "chat/1", count: 2 });
});

test("[OP29] that a user was disconnected is a line of the log", async () => {
  const logged: unknown[] = [];
  const log = { info: (...line: unknown[]) => void logged.push(line), warn: () => {}, error: () => {} };
  const { url } = await operate({ log });
  const body = JSON.stringify({ userId: "ada" });
  expect((await fetch(`${url}/v1/disconnect`, { method: "POST", headers, body })).status).toBe(200);
  expect(logged).toContainEqual([{ userId: "ada", connectionCount: 0 }, "An operator disconnected a user"]);
});

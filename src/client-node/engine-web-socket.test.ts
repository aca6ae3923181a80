import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type CloseInfo, createWebSocketServer, reject, type ServerOptions } from "../engine/index.ts";
import { rawAccept, serveRaw } from "../../test/raw-server.ts";
import { EngineWebSocket } from "./engine-web-socket.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(options: ServerOptions): Promise<string> {
  const server = createWebSocketServer(options);
  cleanups.push(() => server.close({ graceMs: 1 }));
  return (await server.listen({ port: 0 })).url;
}

function closeOf(socket: EngineWebSocket): Promise<{ readonly code: number; readonly reason: string }> {
  return new Promise((resolve) => socket.addEventListener("close", resolve));
}

test("[CN1] text goes both ways with the subprotocol that was offered, and the close event has the server's code and reason", async () => {
  const url = await serve({
    protocols: ["v1"],
    open: (socket) => void socket.send(socket.protocol),
    message: (socket, data) => socket.close(4500, `heard ${String(data)}`),
  });
  const socket = new EngineWebSocket(url, ["v1"]);
  socket.addEventListener("message", ({ data }) => socket.send(String(data).toUpperCase()));
  const { code, reason } = await closeOf(socket);
  expect({ code, reason }).toEqual({ code: 4500, reason: "heard V1" });
});

test("[CN1] closing tells the server 1000 and then the page", async () => {
  let tell: (info: CloseInfo) => void = () => {};
  const told = new Promise<CloseInfo>((resolve) => {
    tell = resolve;
  });
  const url = await serve({ open: (socket) => void socket.send("hi"), close: (_socket, info) => tell(info) });
  const socket = new EngineWebSocket(url);
  const closed = closeOf(socket);
  socket.addEventListener("message", () => socket.close(1000, "bye"));
  expect(await told).toEqual({ code: 1000, reason: "bye", by: "peer", wasClean: true });
  expect(await closed).toMatchObject({ code: 1000, reason: "bye" });
});

test("[CN2] a refusal, a port without a server and a bad URL end in a close event with 1006 and what went wrong", async () => {
  const url = await serve({ upgrade: () => reject(401) });
  expect(await closeOf(new EngineWebSocket(url))).toEqual({
    code: 1006,
    reason: "Cannot connect: The server answered 401, not 101",
  });
  expect((await closeOf(new EngineWebSocket("ws://127.0.0.1:1"))).reason).toContain("ECONNREFUSED");
  expect((await closeOf(new EngineWebSocket("ftp://127.0.0.1"))).reason).toContain("the scheme must be ws or wss");
});

test("[CN2] closing before it is open gives the attempt up, and the server sees it leave", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  const socket = new EngineWebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const closed = closeOf(socket);
  const [transport] = (await once(server, "connection")) as [Socket];
  transport.resume();
  const left = once(transport, "close");
  socket.send("dropped");
  socket.close();
  expect((await closed).code).toBe(1006);
  await left;
});

test("[CN3] what a gateway answers may be longer than what it takes: up to 100 MiB, and one byte more is 1009", async () => {
  const answer = "x".repeat(2 * 2 ** 20);
  const url = await serve({ open: (socket) => void socket.send(answer) });
  const socket = new EngineWebSocket(url);
  expect(await new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(data)))).toBe(answer);
  for (const [bytes, code] of [
    [100 * 2 ** 20, 1006], // it waits for the rest, which does not come
    [100 * 2 ** 20 + 1, 1009],
  ] as const) {
    const head = Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.writeBigUInt64BE(BigInt(bytes), 2);
    const server = await serveRaw((key, peer) => {
      peer.write(rawAccept(key));
      peer.write(head);
      peer.socket.end();
    });
    cleanups.push(server.end);
    expect((await closeOf(new EngineWebSocket(server.url))).code).toBe(code);
  }
});

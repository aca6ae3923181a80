import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, createWebSocketServer, type WebSocketServer } from "../../src/engine/index.ts";
import { acceptValue } from "../../src/protocol/index.ts";
import { RawPeer } from "../raw-peer.ts";
import { framing } from "./framing.ts";
import { play } from "./play.ts";
import { utf8 } from "./utf8.ts";

const cases = [...framing, ...utf8];

describe("a server", () => {
  let server: WebSocketServer;
  let port = 0;

  beforeAll(async () => {
    server = createWebSocketServer({ message: (socket, data) => void socket.send(data) });
    ({ port } = await server.listen({ port: 0, host: "127.0.0.1" }));
  });
  afterAll(() => server.close({ graceMs: 0 }));

  test.each(cases)("[AB1] Autobahn $id: $title", async (one) => {
    const peer = await RawPeer.open(port);
    await play({ peer, masks: true }, one);
    expect(await peer.readToEnd()).toBe(""); // the server ends the transport
    peer.destroy();
  });
});

describe("a client", () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket));
  let port = 0;

  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  test.each(cases)("[AB2] Autobahn $id: $title", async (one) => {
    const connected = once(server, "connection") as Promise<[Socket]>;
    const client = connect(`ws://127.0.0.1:${port}/`, { message: (socket, data) => void socket.send(data) });
    const [socket] = await connected;
    const peer = new RawPeer(socket);
    const [, key = ""] = /^Sec-WebSocket-Key: (.*)\r$/im.exec(await peer.readHead()) ?? [];
    peer.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptValue(key)}\r\n\r\n`,
    );
    await client;
    await play({ peer, masks: false }, one);
    socket.end(); // the client waits for the server to end the transport
    expect(await peer.readToEnd()).toBe("");
  });
});

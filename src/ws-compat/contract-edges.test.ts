import { Blob } from "node:buffer";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { serveWs, wsModules } from "../../test/ws-modules.ts";
import * as ours from "./index.ts";

// As in contract.test.ts, one program on both modules: here the moments and the limits, where a drop-in most easily differs.
for (const [name, Ws] of wsModules) {
  async function pair(options: ours.ServerOptions = {}) {
    const { server, port } = await serveWs(Ws, options);
    const client = new Ws(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    const connected = once(server, "connection") as Promise<[ours.WebSocket]>;
    await once(client, "open");
    return { client, peer: (await connected)[0] };
  }

  /** A connection without a client: what is written to `raw` comes to `peer`. */
  async function rawPair(options: ours.ServerOptions = {}) {
    const { server, port } = await serveWs(Ws, options);
    const connected = once(server, "connection") as Promise<[ours.WebSocket]>;
    const raw = connect(port, "127.0.0.1");
    onTestFinished(() => void raw.destroy());
    raw.write(requestHead);
    await once(raw, "data");
    return { raw, peer: (await connected)[0] };
  }

  test(`[WS4] ${name}: what is lost with the socket is called back with an error before it is CLOSED`, async () => {
    const { client } = await pair();
    const told: unknown[] = [];
    const tell = (error?: Error): unknown => told.push([error?.message, client.readyState]);
    client.send(new Blob(["lost"]), tell);
    client.send("behind it", tell);
    client.terminate();
    await once(client, "close");
    const message = "The socket was closed while the blob was being read";
    expect(told).toEqual([
      [message, 2],
      [message, 2],
    ]);
    expect(client.readyState).toBe(3);
  });

  test(`[WS20] ${name}: a Blob that cannot be read when the socket is closed is the callback's affair alone`, async () => {
    const { client, peer } = await pair();
    const errors: Error[] = [];
    client.on("error", (error) => errors.push(error));
    let fail = (_error: Error): void => {};
    class Unreadable extends Blob {
      override arrayBuffer(): Promise<ArrayBuffer> {
        return new Promise((_resolve, reject) => (fail = reject));
      }
    }
    const told = new Promise<Error | undefined>((resolve) => client.send(new Unreadable(["x"]), resolve));
    peer.terminate();
    await once(client, "close");
    fail(new Error("Not readable"));
    expect((await told)?.message).toBe("Not readable");
    expect(errors).toEqual([]);
  });

  test(`[WS25] ${name}: bufferedAmount counts messages, not the frames around them, and what came too late`, async () => {
    const { client, peer } = await pair();
    expect(client.bufferedAmount).toBe(0);
    client.close();
    expect(client.bufferedAmount).toBe(0);
    client.send("late");
    expect(client.bufferedAmount).toBe(4);
    await once(peer, "close");
    peer.send("later");
    expect(peer.bufferedAmount).toBe(5);
  });

  test(`[WS6] ${name}: a peer that does not answer is waited for closeTimeout, and no longer`, async () => {
    const { raw, peer } = await rawPair({ closeTimeout: 20 });
    raw.resume();
    peer.close(1000);
    expect((await once(peer, "close"))[0]).toBe(1006);
  });

  test(`[WS15] ${name}: a message of maxFragments passes, one with one more does not`, async () => {
    const { client, peer } = await pair({ maxFragments: 2 });
    client.send("a", { fin: false });
    client.send("b");
    expect((await once(peer, "message"))[0]).toEqual(Buffer.from("ab"));
    const failed = once(peer, "error") as Promise<[Error & { code: string }]>;
    const closed = once(client, "close");
    client.send("a", { fin: false });
    client.send("b", { fin: false });
    client.send("c");
    expect((await failed)[0]).toMatchObject({
      code: "WS_ERR_TOO_MANY_BUFFERED_PARTS",
      message: "Too many message fragments",
    });
    expect((await closed)[0]).toBe(1008);
  });

  test(`[WS14] ${name}: an error that comes while the stream is destroyed is the stream's`, async () => {
    const { raw, peer } = await rawPair();
    const stream = Ws.createWebSocketStream(peer);
    (peer._socket as Socket).on("data", () => stream.destroy());
    const failed = once(stream, "error") as Promise<[Error & { code: string }]>;
    raw.write(Buffer.from("838000000000", "hex"));
    expect((await failed)[0].code).toBe("WS_ERR_INVALID_OPCODE");
  });

  test(`[WS14] ${name}: a stream that ends while its handshake fails ends with the error`, async () => {
    const port = await listen(
      createTcpServer((socket) => {
        socket.on("error", ignore);
        socket.once("data", () => socket.write(badAnswer));
      }),
    );
    const client = new Ws(`ws://127.0.0.1:${port}`);
    const stream = Ws.createWebSocketStream(client);
    const states: unknown[] = [];
    const final = stream._final.bind(stream);
    stream._final = (done) => {
      states.push(client.readyState);
      final(done);
    };
    stream.on("finish", () => states.push("finished"));
    client.on("upgrade", () => process.nextTick(() => stream.end()));
    expect(((await once(stream, "error")) as [Error])[0].message).toBe("Invalid Sec-WebSocket-Accept header");
    expect(states).toEqual([2]);
  });

  test(`[WS13] ${name}: from wss: to ws: of the same host Host goes along, and no secret`, async () => {
    const plain = createServer();
    const server = new Ws.WebSocketServer({ server: plain });
    const connected = once(server, "connection") as Promise<[ours.WebSocket, { headers: Record<string, string> }]>;
    const secure = createTlsServer({ cert: read("cert"), key: read("key") });
    const port = await listen(
      createTcpServer((socket) => {
        // TLS begins with the byte 22.
        socket.once("data", (first) => {
          socket.pause();
          socket.unshift(first);
          (first[0] === 22 ? secure : plain).emit("connection", socket);
          process.nextTick(() => socket.resume());
        });
      }),
    );
    secure.on("upgrade", (_request, socket) =>
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ws://localhost:${port}/\r\n\r\n`),
    );
    const client = new Ws(`wss://localhost:${port}`, {
      followRedirects: true,
      rejectUnauthorized: false,
      headers: { Authorization: "secret", Cookie: "secret", Host: "mine" },
    });
    await once(client, "open");
    const { host, authorization, cookie } = (await connected)[1].headers;
    expect([host, authorization, cookie]).toEqual(["mine", undefined, undefined]);
    client.terminate();
  });

  test(`[WS26] ${name}: _receiver is null, then knows its limit and tells of the peer's close frame`, async () => {
    const { port } = await serveWs(Ws, { perMessageDeflate: true });
    const client = new Ws(`ws://127.0.0.1:${port}`, { maxPayload: 7 });
    expect(client._receiver ?? null).toBeNull();
    await once(client, "open");
    expect(client._receiver?._maxPayload).toBe(7);
    expect(client._receiver?._extensions["permessage-deflate"]?._maxPayload).toBe(7);
    const { client: other, peer } = await pair();
    const told = once(other._receiver as never, "conclude");
    peer.close(4000, "bye");
    expect(await told).toEqual([4000, Buffer.from("bye")]);
    expect(other.readyState).toBe(2);
    client.terminate();
  });
}

const requestHead = [
  "GET / HTTP/1.1",
  "Host: localhost",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
].join("\r\n");
const badAnswer = [
  "HTTP/1.1 101 Switching Protocols",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Accept: no\r\n\r\n",
].join("\r\n");

async function listen(server: Server): Promise<number> {
  server.listen(0, "localhost");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function read(file: string): Buffer {
  return readFileSync(new URL(`../../test/fixtures/tls/${file}.pem`, import.meta.url));
}

function ignore(): void {}

import { once } from "node:events";
import { readFileSync } from "node:fs";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { Connection, type ConnectionEvent } from "../protocol/index.ts";
import { accept, type CloseInfo, connect, createWebSocketServer, reject, type ServerOptions } from "./index.ts";
import { deferred } from "./deferred.ts";

const [key, cert] = ["key", "cert"].map((name) =>
  readFileSync(new URL(`../../test/fixtures/tls/${name}.pem`, import.meta.url)),
);
const tls = { key: key!, cert: cert!, allowHTTP1: true };
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Served {
  readonly http: Http2Server | Http2SecureServer;
  readonly engine: ReturnType<typeof createWebSocketServer>;
  readonly port: number;
  readonly session: ClientHttp2Session;
  readonly connectionCount: () => number;
}

async function serve(
  options: ServerOptions = {},
  http: Http2Server | Http2SecureServer = createServer(),
): Promise<Served> {
  const engine = createWebSocketServer({ message: (socket, data) => void socket.send(data), ...options });
  engine.attach(http);
  let connections = 0;
  http.on("session", () => connections++);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const scheme = "setSecureContext" in http ? "https" : "http";
  const session = connectHttp2(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false });
  await once(session, "remoteSettings");
  cleanups.push(async () => {
    session.destroy();
    await engine.close({ graceMs: 1 });
    http.close();
  });
  return { http, engine, port, session, connectionCount: () => connections };
}

function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
  const stream = session.request(
    { ":method": "CONNECT", ":protocol": "websocket", ":path": "/", "sec-websocket-version": "13", ...headers },
    { endStream: false },
  );
  stream.on("error", () => {});
  return stream;
}

async function statusOf(stream: ClientHttp2Stream): Promise<number> {
  const [headers] = (await once(stream, "response")) as [{ ":status": number }];
  return headers[":status"];
}

/** A client's end of one stream: what it reads is events. */
class Peer {
  readonly stream: ClientHttp2Stream;
  readonly connection: Connection = new Connection({ role: "client", createMaskingKey: () => 0x01020304 });
  readonly #events: ConnectionEvent[] = [];

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream;
    stream.on("data", (chunk: Buffer) => {
      this.connection.receive(chunk);
      this.#events.push(...this.connection.takeEvents());
    });
  }

  async next(): Promise<ConnectionEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      await once(this.stream, "data");
    }
  }
}

async function open(session: ClientHttp2Session, headers?: OutgoingHttpHeaders): Promise<Peer> {
  const stream = ask(session, headers);
  expect(await statusOf(stream)).toBe(200);
  return new Peer(stream);
}

for (const [name, create] of [
  ["h2c", () => createServer()],
  ["TLS", () => createSecureServer(tls)],
  ["TLS with an ordinary application", () => createSecureServer(tls, (_request, response) => response.end("page"))],
] as const) {
  test(`[HT10] several sockets share one connection: ${name}`, async () => {
    const { session, engine, connectionCount } = await serve({}, create());
    const peers = [await open(session), await open(session), await open(session)];
    for (const [index, peer] of peers.entries()) peer.stream.write(peer.connection.sendText(`hello ${index}`));
    expect(await Promise.all(peers.map((peer) => peer.next()))).toEqual(
      peers.map((_, index) => ({ type: "message", opcode: "text", data: `hello ${index}` })),
    );
    expect(engine.sockets.size).toBe(3);
    expect([...engine.sockets][0]?.remoteAddress).toBe("127.0.0.1");
    expect(connectionCount()).toBe(1);
  });
}

test("[HT10] the same server takes WebSockets over HTTP/1.1 and answers ordinary requests", async () => {
  const http = createSecureServer(tls, (_request, response) => response.end("page"));
  const { port, session } = await serve({ open: (socket) => void socket.send("hi") }, http);
  const told = deferred<unknown>();
  const socket = await connect(`wss://127.0.0.1:${port}/`, {
    tls: { rejectUnauthorized: false },
    message: (_socket, data) => told.resolve(data),
  });
  expect(await told.promise).toBe("hi");
  socket.close();
  expect(await text(session.request({ ":path": "/" }))).toBe("page");
});

test("[HT11] a subprotocol is agreed on, data and headers go along, and the hook sees the request", async () => {
  const seen: unknown[] = [];
  const { session } = await serve({
    protocols: ["b"],
    upgrade: async (request) => {
      seen.push(request.path, request.query.get("x"), request.headers.host === request.host, request.headers[":path"]);
      return accept({ data: undefined, headers: { "Set-Cookie": ["a=1", "b=2"] } });
    },
  });
  const stream = ask(session, { ":path": "/p?x=1", "sec-websocket-protocol": "a, b" });
  const [headers] = await once(stream, "response");
  expect(headers).toMatchObject({ ":status": 200, "sec-websocket-protocol": "b", "set-cookie": ["a=1", "b=2"] });
  expect(seen).toEqual(["/p", "1", true, undefined]);
});

const refusals: readonly (readonly [
  name: string,
  status: number,
  options: ServerOptions,
  headers: OutgoingHttpHeaders,
])[] = [
  ["a foreign origin", 403, {}, { origin: "https://evil.example" }],
  ["another :protocol", 501, {}, { ":protocol": "connect-udp" }],
  ["a foreign path", 404, { path: "/ws" }, {}],
  ["another version", 400, {}, { "sec-websocket-version": "8" }],
  ["the hook's word", 401, { upgrade: () => reject(401, "Who are you") }, {}],
  ["a hook that throws", 500, { upgrade: () => Promise.reject(new Error("no")), error: () => {} }, {}],
  [
    "a header that may not be sent",
    500,
    { upgrade: () => accept({ data: undefined, headers: { upgrade: "x" } }), error: () => {} },
    {},
  ],
  ["a slow hook", 503, { upgrade: () => new Promise(() => {}), handshakeTimeoutMs: 50 }, {}],
];
for (const [name, status, options, headers] of refusals) {
  test(`[HT12] ${name} is refused with ${status} and a text, and the session lives on`, async () => {
    const { session, engine } = await serve(options);
    const stream = ask(session, headers);
    const [answer] = await once(stream, "response");
    expect(answer).toMatchObject({ ":status": status, "content-type": "text/plain; charset=utf-8" });
    expect((await text(stream)).length).toBeGreaterThan(2);
    expect(engine.sockets.size).toBe(0);
    expect(session.destroyed).toBe(false);
  });
}

test("[HT12] one connection more than maxConnections gets 503", async () => {
  const { session } = await serve({ maxConnections: 1 });
  await open(session);
  expect(await statusOf(ask(session))).toBe(503);
});

test("[HT13] a foreign path is left to another stream listener, and Node does not answer 405 for us", async () => {
  const http = createServer((_request, response) => response.end("page"));
  http.on("stream", (stream, headers) => {
    if (headers[":path"] === "/theirs") stream.respond({ ":status": 418 }, { endStream: true });
  });
  const { session } = await serve({ path: "/" }, http);
  expect(await statusOf(ask(session, { ":path": "/theirs" }))).toBe(418);
  await open(session);
});

test("[HT13] a request that the application answers later, and a CONNECT of its own, are left to it", async () => {
  const http = createServer((_request, response) => setImmediate(() => response.end("page")));
  const { session } = await serve({ path: "/" }, http);
  expect(await text(session.request({ ":path": "/" }))).toBe("page");
  expect(await statusOf(ask(session, { ":path": "/theirs" }))).toBe(404);
  http.on("connect", (request, response) => {
    if (request.url === "/theirs") setImmediate(() => response.stream.respond({ ":status": 418 }, { endStream: true }));
  });
  expect(await statusOf(ask(session, { ":path": "/theirs" }))).toBe(418);
});

test("[HT13] a stream that another listener has answered or closed is left alone", async () => {
  const errors: unknown[] = [];
  const http = createServer();
  http.on("stream", (stream, headers) => {
    if (headers["x-do"] === "answer") stream.respond({ ":status": 418 }, { endStream: true });
    if (headers["x-do"] === "destroy") stream.destroy();
  });
  const { session, engine } = await serve({ error: (error) => void errors.push(error) }, http);
  expect(await statusOf(ask(session, { "x-do": "answer" }))).toBe(418);
  const destroyed = ask(session, { "x-do": "destroy", origin: "https://evil.example" });
  destroyed.resume();
  await once(destroyed, "close");
  await open(session);
  expect([engine.counters.accepted, engine.counters.refused, errors]).toEqual([1, 0, []]);
});

test("[HT16] a closed engine leaves no listener on a server", async () => {
  const http = createServer();
  const engine = createWebSocketServer();
  engine.attach(http);
  await engine.close();
  expect(["stream", "connect", "upgrade"].map((event) => http.listenerCount(event))).toEqual([0, 0, 0]);
});

test("[HT12] with TLS a page of http: is of another origin", async () => {
  const { session, port } = await serve({}, createSecureServer(tls));
  expect(await statusOf(ask(session, { origin: `http://127.0.0.1:${port}` }))).toBe(403);
  expect(await statusOf(ask(session, { origin: `https://127.0.0.1:${port}` }))).toBe(200);
});

test("[HT14] a stream that the peer resets is told by network with 1006, and the others live on", async () => {
  const closed = deferred<CloseInfo>();
  const { session } = await serve({ close: (_socket, info) => closed.resolve(info) });
  const [one, two] = [await open(session), await open(session)];
  one.stream.close(constants.NGHTTP2_CANCEL);
  expect(await closed.promise).toMatchObject({ code: 1006, by: "network", wasClean: false });
  two.stream.write(two.connection.sendText("still here"));
  expect(await two.next()).toMatchObject({ data: "still here" });
});

test("[HT14] terminate resets the stream with CANCEL", async () => {
  const { session, engine } = await serve();
  const peer = await open(session);
  for (const socket of engine.sockets) socket.terminate();
  peer.stream.resume();
  await once(peer.stream, "close");
  expect(peer.stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
});

test("[HT14] terminate closes at once, though there is something that was not read", async () => {
  const closed = deferred<CloseInfo>();
  const { session, engine } = await serve({
    open: (socket) => socket.pause(),
    close: (_socket, info) => closed.resolve(info),
  });
  const peer = await open(session);
  await new Promise((resolve) => peer.stream.write(peer.connection.sendBinary(new Uint8Array(40_000)), resolve));
  await new Promise<void>((resolve) => void session.ping(() => resolve()));
  for (const socket of engine.sockets) socket.terminate();
  expect(await closed.promise).toMatchObject({ code: 1006, by: "us" });
});

test("[HT15] a peer that does not read makes send return false, and drain follows when it reads", async () => {
  const drained = deferred<void>();
  const { session, engine } = await serve({ highWaterBytes: 100_000, drain: () => drained.resolve() });
  const peer = await open(session);
  peer.stream.pause();
  const [socket] = engine.sockets;
  let sentCount = 1;
  while (socket?.send(new Uint8Array(16_384))) sentCount++;
  expect(socket?.bufferedBytes).toBeGreaterThan(100_000);
  peer.stream.resume();
  for (let count = 0; count < sentCount; count++) expect(await peer.next()).toMatchObject({ type: "message" });
  await drained.promise;
});

test("[HT16] closing the server says 1001, ends the stream after the handshake, and leaves the session", async () => {
  const { session, engine } = await serve();
  const peer = await open(session);
  const closing = engine.close();
  expect(await peer.next()).toMatchObject({ type: "close", code: 1001 });
  for (const frame of peer.connection.takeOutput()) peer.stream.write(frame);
  peer.stream.resume();
  await once(peer.stream, "end");
  peer.stream.end();
  await closing;
  expect(session.destroyed).toBe(false);
});

test("[HT10] handleStream answers a stream of a server that is not attached", async () => {
  const http = createServer({ settings: { enableConnectProtocol: true } });
  const other = createWebSocketServer({ open: (socket) => void socket.send("by hand") });
  cleanups.push(() => other.close({ graceMs: 1 }));
  const { session } = await serve({ path: "/never" }, http);
  http.on("stream", (stream, headers) => other.handleStream(stream, headers));
  const peer = await open(session);
  expect(await peer.next()).toMatchObject({ data: "by hand" });
});

test("[HT12] compression is negotiated on a stream as on a socket", async () => {
  const { session } = await serve({ compression: { thresholdBytes: 1 } });
  const stream = ask(session, { "sec-websocket-extensions": "permessage-deflate" });
  const [headers] = (await once(stream, "response")) as [{ readonly "sec-websocket-extensions"?: string }];
  expect(headers["sec-websocket-extensions"]).toMatch(/^permessage-deflate/);
  const plain = ask(session);
  const [without] = (await once(plain, "response")) as [object];
  expect(without).not.toHaveProperty("sec-websocket-extensions");
});

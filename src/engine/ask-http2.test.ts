import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  constants,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { FakeWheelClock } from "../../test/fake-wheel-clock.ts";
import {
  accept,
  type ClientSocket,
  type CloseInfo,
  connect,
  type ConnectOptions,
  createWebSocketServer,
  type HandshakeError,
  type ServerOptions,
  TimerWheel,
} from "./index.ts";

const [key, cert] = ["key", "cert"].map((name) =>
  readFileSync(new URL(`../../test/fixtures/tls/${name}.pem`, import.meta.url)),
);
const tls = { key: key!, cert: cert! };
const trusting = { ca: tls.cert };
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Served {
  readonly url: string;
  readonly engine: ReturnType<typeof createWebSocketServer>;
  /** How many sessions there have been. */
  readonly sessionCount: () => number;
}

async function serve(
  options: ServerOptions = {},
  http: Http2Server | Http2SecureServer = createServer(),
): Promise<Served> {
  const engine = createWebSocketServer({ message: (socket, data) => void socket.send(data), ...options });
  engine.attach(http);
  let sessions = 0;
  http.on("session", () => sessions++);
  const url = await listen(http);
  cleanups.push(() => engine.close({ graceMs: 1 }));
  return { url, engine, sessionCount: () => sessions };
}

/** An HTTP/2 server that answers extended CONNECTs by hand. */
async function serveRaw(
  answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, socket: Socket) => void,
  settings = { enableConnectProtocol: true },
): Promise<string> {
  const http = createServer({ settings });
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    http.emit("connection", socket);
  });
  http.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    answer(stream, headers, sockets.at(-1)!);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** RST_STREAM alone (RFC 9113 §6.4): Node would end the stream first. */
function reset(stream: ServerHttp2Stream, socket: Socket, code: number): void {
  const frame = Buffer.from([0, 0, 4, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  frame.writeUInt32BE(stream.id!, 5);
  frame.writeUInt32BE(code, 9);
  socket.write(frame);
}

async function listen(http: Http2Server | Http2SecureServer): Promise<string> {
  const sessions = new Set<{ destroy(): void }>();
  http.on("session", (session) => sessions.add(session));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  cleanups.push(() => {
    for (const session of sessions) session.destroy();
    http.close();
  });
  return `${"setSecureContext" in http ? "wss" : "ws"}://127.0.0.1:${(http.address() as AddressInfo).port}/`;
}

async function open(url: string, options: ConnectOptions = {}): Promise<ClientSocket> {
  const socket = await connect(url, { http2: true, ...options });
  cleanups.push(() => socket.terminate());
  return socket;
}

async function fail(url: string, options: ConnectOptions = {}): Promise<HandshakeError> {
  return connect(url, { http2: true, ...options }).then(
    () => expect.unreachable("connected"),
    (error: HandshakeError) => error,
  );
}

function deferred<Value>(): { readonly promise: Promise<Value>; readonly resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((done) => (resolve = done));
  return { promise, resolve };
}

for (const [name, create, options] of [
  ["h2c, known beforehand", () => createServer(), {}],
  ["TLS", () => createSecureServer(tls), { tls: trusting }],
  ["TLS with HTTP/1.1 beside", () => createSecureServer({ ...tls, allowHTTP1: true }), { tls: trusting }],
] as const) {
  test(`[HT30] connect talks and closes over HTTP/2: ${name}`, async () => {
    const serverClosed = deferred<CloseInfo>();
    const { url } = await serve({ close: (_socket, info) => serverClosed.resolve(info) }, create());
    const sent = ["text", Uint8Array.of(1, 2), "ü".repeat(100_000)];
    const heard: unknown[] = [];
    const closed = deferred<CloseInfo>();
    const socket = await open(url, {
      ...options,
      message(self, data) {
        heard.push(data);
        if (heard.length === 3) self.close(4000, "done");
      },
      close: (_socket, info) => closed.resolve(info),
    });
    expect([socket.state, socket.remoteAddress]).toEqual(["open", "127.0.0.1"]);
    for (const data of sent) expect(socket.send(data)).toBe(true);
    expect(await closed.promise).toEqual({ code: 4000, reason: "done", by: "us", wasClean: true });
    expect(await serverClosed.promise).toEqual({ code: 4000, reason: "done", by: "peer", wasClean: true });
    expect(heard).toEqual(sent);
  });
}

test("[HT30] the request has everything that HTTP/1.1's has, and the answer is taken over", async () => {
  const seen: unknown[] = [];
  const { url } = await serve({
    protocols: ["v1"],
    compression: { thresholdBytes: 0 },
    origins: ["https://app.example"],
    upgrade(request) {
      seen.push(request.path, request.query.get("q"), request.host, request.headers.authorization);
      return accept({ data: undefined });
    },
  });
  const told = deferred<unknown>();
  const socket = await open(`${url}path?q=1`, {
    protocols: ["v0", "v1"],
    origin: "https://app.example",
    headers: { Authorization: "Bearer x" },
    compression: { thresholdBytes: 0 },
    message: (_socket, data) => told.resolve(data),
  });
  expect(seen).toEqual(["/path", "1", new URL(url).host, "Bearer x"]);
  expect(socket.protocol).toBe("v1");
  const text = "compressed ".repeat(1000);
  socket.send(text);
  expect(await told.promise).toBe(text);
});

test("[HT30] :scheme says whether there is TLS, and there is no key", async () => {
  const asked: IncomingHttpHeaders[] = [];
  const url = await serveRaw((stream, headers) => {
    asked.push(headers);
    stream.respond({ ":status": 200 });
  });
  await open(url);
  expect(asked[0]).toMatchObject({ ":scheme": "http", ":protocol": "websocket", "sec-websocket-version": "13" });
  expect(asked[0]).not.toHaveProperty("sec-websocket-key");
});

test("[HT31] sockets to one server share a session, also when they ask at the same time", async () => {
  const { url, engine, sessionCount } = await serve();
  await Promise.all([open(url), open(url), open(`${url}other`)]);
  await open(url);
  expect([engine.sockets.size, sessionCount()]).toEqual([4, 1]);
});

test("[HT31] other TLS options, or another server, are another session; the same ones in another object are not", async () => {
  const { url, sessionCount } = await serve({}, createSecureServer(tls));
  await open(url, { tls: { ca: tls.cert } });
  await open(url, { tls: { ca: Buffer.from(tls.cert) } });
  expect(sessionCount()).toBe(1);
  await open(url, { tls: { ca: tls.cert, ...tls } });
  await open(url, { tls: { rejectUnauthorized: false } });
  expect(sessionCount()).toBe(3);
  await open(url.replace("127.0.0.1", "localhost"), { tls: { ca: tls.cert } });
  expect(sessionCount()).toBe(4);
});

for (const [maxConcurrentStreams, expected] of [
  [2, 3],
  [1, 5],
] as const) {
  test(`[HT31] where a server takes ${maxConcurrentStreams} at a time, five sockets have ${expected} sessions`, async () => {
    const { url, engine, sessionCount } = await serve({}, createServer({ settings: { maxConcurrentStreams } }));
    await Promise.all([open(url), open(url), open(url), open(url)]);
    await open(url);
    expect([engine.sockets.size, sessionCount()]).toEqual([5, expected]);
  });
}

test("[HT31] a server that takes none at all ends in the deadline, on one session", async () => {
  const clock = new FakeWheelClock();
  const http = createServer({ settings: { maxConcurrentStreams: 0 } });
  const { url, sessionCount } = await serve({}, http);
  const failing = fail(url, { timers: new TimerWheel({ clock }) });
  await once(http, "session");
  for (let count = 0; count < 20; count++) await turn();
  clock.advance(10_200);
  expect((await failing).code).toBe("ERR_TIMEOUT");
  expect(sessionCount()).toBe(1);
});

test("[HT31] a session that the server is leaving takes no new sockets, and the old ones stay", async () => {
  const http = createServer();
  const { url, sessionCount } = await serve({}, http);
  const sessions: ServerHttp2Session[] = [];
  http.on("session", (session) => sessions.push(session));
  const told = deferred<unknown>();
  const old = await open(url, { message: (_socket, data) => told.resolve(data) });
  sessions[0]?.goaway();
  await open(url); // asked before the client knows of it, and once more on a new session
  expect(sessionCount()).toBe(2);
  await open(url);
  expect(sessionCount()).toBe(2);
  old.send("still here");
  expect(await told.promise).toBe("still here");
});

test("[HT31] a request refused on the way out is made once more, not for ever, and not on a session of the caller's", async () => {
  const http = createServer();
  const { url, sessionCount } = await serve({}, http);
  http.on("session", (session) => session.goaway(constants.NGHTTP2_NO_ERROR, 0));
  const session = connectHttp2(url.replace("ws:", "http:"));
  session.on("error", () => {});
  cleanups.push(() => session.destroy());
  expect((await fail(url, { http2: session })).message).toBe(
    "Cannot connect: The stream was reset with REFUSED_STREAM",
  );
  expect(sessionCount()).toBe(1);
  expect((await fail(url)).code).toBe("ERR_NETWORK");
  expect(sessionCount()).toBeLessThanOrEqual(3);
});

test("[HT31] a request that was looked at is not made again, though the server is leaving", async () => {
  let askedCount = 0;
  const url = await serveRaw((stream, _headers, socket) => {
    askedCount++;
    stream.session?.goaway();
    setImmediate(() => reset(stream, socket, constants.NGHTTP2_CANCEL));
  });
  expect((await fail(url)).message).toBe("Cannot connect: The stream was reset with CANCEL");
  expect(askedCount).toBe(1);
});

function tcpHandleCount(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
}

test("[HT32] a session without sockets keeps no process alive, serves the next one, and is closed after 10 s", async () => {
  const clock = new FakeWheelClock();
  const timers = new TimerWheel({ clock });
  const http = createServer();
  const sessionClosed = once(http, "session").then(([session]) => once(session as ClientHttp2Session, "close"));
  const { url, sessionCount } = await serve({}, http);
  const closeOne = async (): Promise<void> => {
    const closed = deferred<void>();
    const socket = await open(url, { timers, close: () => closed.resolve() });
    socket.close();
    await closed.promise;
    await turn();
  };
  await closeOne();
  const idleCount = tcpHandleCount();
  clock.advance(9_000);
  const socket = await open(url, { timers });
  expect([sessionCount(), tcpHandleCount()]).toEqual([1, idleCount + 1]);
  clock.advance(9_000); // the first timer is over: somebody is there
  expect(socket.state).toBe("open");
  await closeOne();
  socket.terminate();
  await turn();
  await turn();
  clock.advance(10_200);
  await sessionClosed;
  await open(url);
  expect(sessionCount()).toBe(2);
});

test("[HT32] a session on which nothing could be asked is not kept either", async () => {
  const [plain, speaking] = [createServer(), createServer({ settings: { enableConnectProtocol: true } })];
  for (const [http, options, reason] of [
    [plain, {}, "no SETTINGS_ENABLE_CONNECT_PROTOCOL"],
    [speaking, { headers: { Authorization: "a", authorization: "b" } }, "authorization"],
  ] as const) {
    const clock = new FakeWheelClock();
    const sessionClosed = once(http, "session").then(([session]) => once(session as ServerHttp2Session, "close"));
    const url = await listen(http);
    expect((await fail(url, { ...options, timers: new TimerWheel({ clock }) })).message).toContain(reason);
    clock.advance(10_200);
    await sessionClosed;
  }
});

test("[HT33] a session of the caller's carries many sockets and is left to the caller", async () => {
  const { url, engine, sessionCount } = await serve();
  const session = connectHttp2(url.replace("ws:", "http:"));
  cleanups.push(() => session.destroy());
  // Before the server's settings have come, and after.
  const sockets = await Promise.all([open(url, { http2: session }), open(url, { http2: session })]);
  sockets.push(await open(url, { http2: session }));
  expect([engine.sockets.size, sessionCount()]).toEqual([3, 1]);
  for (const socket of sockets) socket.terminate();
  while (engine.sockets.size > 0) await turn();
  expect([session.destroyed, session.closed]).toEqual([false, false]);
});

test("[HT33] a session that was there before, without another word from the server, is taken too", async () => {
  const { url } = await serve();
  const session = connectHttp2(url.replace("ws:", "http:"));
  cleanups.push(() => session.destroy());
  await once(session, "localSettings");
  expect((await open(url, { http2: session })).state).toBe("open");
});

test("[HT33] wss: does not go over a session without TLS, nothing over one that is gone", async () => {
  const { url } = await serve();
  const session = connectHttp2(url.replace("ws:", "http:"));
  const error = await fail(url.replace("ws:", "wss:"), { http2: session });
  expect([error.code, error.message]).toEqual([
    "ERR_NO_HTTP2",
    `Cannot connect to ${url.replace("ws:", "wss:")} over HTTP/2: the session given has no TLS`,
  ]);
  session.destroy();
  expect((await fail(url, { http2: session })).code).toBe("ERR_NETWORK");
  const early = connectHttp2(url.replace("ws:", "http:"));
  const failing = fail(url, { http2: early });
  early.destroy();
  expect((await failing).code).toBe("ERR_NETWORK");
  const closing = connectHttp2(url.replace("ws:", "http:"));
  await once(closing, "remoteSettings");
  closing.on("error", () => {});
  const held = closing.request({ ":path": "/" });
  held.on("error", () => {});
  cleanups.push(() => closing.destroy());
  closing.close();
  expect((await fail(url, { http2: closing })).code).toBe("ERR_NETWORK");
});

test("[HT33] a redirect to another server does not go over the session given", async () => {
  const url = await serveRaw((stream, headers) =>
    stream.respond(
      { ":status": 302, location: headers[":path"] === "/" ? "/there" : "ws://other.example/" },
      { endStream: true },
    ),
  );
  const session = connectHttp2(url.replace("ws:", "http:"));
  cleanups.push(() => session.destroy());
  const error = await fail(url, { http2: session, maxRedirects: 5 });
  expect(error.code).toBe("ERR_REDIRECT");
  expect(error.message).toMatch(/points to ws:\/\/other\.example\/.*the session given is for another server/);
});

test("[HT34] a server without SETTINGS_ENABLE_CONNECT_PROTOCOL is not asked", async () => {
  let askedCount = 0;
  const url = await serveRaw(() => askedCount++, { enableConnectProtocol: false });
  expect(await fail(url)).toMatchObject({
    code: "ERR_NO_HTTP2",
    message: `Cannot connect to ${url} over HTTP/2: the server does not take WebSockets there (no SETTINGS_ENABLE_CONNECT_PROTOCOL)`,
  });
  expect(askedCount).toBe(0);
});

for (const ALPNProtocols of [["http/1.1"], undefined]) {
  test(`[HT34] over TLS, a server that speaks ${ALPNProtocols?.[0] ?? "no ALPN"} is no HTTP/2 server`, async () => {
    const server = createTlsServer({ ...tls, ...(ALPNProtocols ? { ALPNProtocols } : {}) }, (socket) => {
      socket.on("error", () => {});
      socket.resume();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    expect(await fail(`wss://127.0.0.1:${port}/`, { tls: trusting })).toMatchObject({
      code: "ERR_NO_HTTP2",
      message: `Cannot connect to wss://127.0.0.1:${port}/ over HTTP/2: the server did not choose h2 (ALPN)`,
    });
  });
}

test("[HT34] a server of HTTP/1.1 on a plain port rejects with ERR_NETWORK", async () => {
  const server = createHttpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  expect((await fail(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`)).code).toBe("ERR_NETWORK");
});

test("[HT35] a refusal rejects with status, headers and body, and the session lives on", async () => {
  const { url, sessionCount } = await serve({ path: "/ws" });
  const error = await fail(url);
  expect(error).toMatchObject({
    code: "ERR_REFUSED",
    status: 404,
    message: "Cannot connect: The server answered 404, not 200",
  });
  expect(error.headers).toContainEqual(["content-type", "text/plain; charset=utf-8"]);
  expect(Buffer.from(error.body).toString()).toBe("Nothing is here\n");
  await open(`${url}ws`);
  expect(sessionCount()).toBe(1);
});

for (const [bytes, kept] of [
  [65_536, 65_536],
  [65_537, 65_536],
  [1_000_000, 65_536],
] as const) {
  test(`[HT35] of a refusal's body of ${bytes} bytes ${kept} are kept, though it does not end`, async () => {
    const url = await serveRaw((stream) => {
      stream.respond({ ":status": 403, "set-cookie": ["a=1", "b=2"] });
      stream.write(Buffer.alloc(bytes, 7));
    });
    const error = await fail(url);
    expect([error.status, error.body.length, error.body.at(-1)]).toEqual([403, kept, 7]);
    expect(error.headers).toContainEqual(["set-cookie", "b=2"]);
  });
}

test("[HT35] a refusal whose stream is reset has as much of its body as came", async () => {
  const url = await serveRaw((stream, _headers, socket) => {
    stream.respond({ ":status": 403 });
    stream.write("part", () => setImmediate(() => reset(stream, socket, constants.NGHTTP2_CANCEL)));
  });
  const error = await fail(url);
  expect([error.code, error.status, Buffer.from(error.body).toString()]).toEqual(["ERR_REFUSED", 403, "part"]);
});

for (const [name, headers] of [
  ["a subprotocol that was not offered", { "sec-websocket-protocol": "other" }],
  ["an extension that was not offered", { "sec-websocket-extensions": "foo" }],
  ["parameters that do not answer the offer", { "sec-websocket-extensions": "permessage-deflate; nonsense" }],
] as const) {
  test(`[HT35] ${name} rejects with ERR_RESPONSE, and the stream is reset with CANCEL`, async () => {
    const reset = deferred<number | undefined>();
    const url = await serveRaw((stream) => {
      stream.respond({ ":status": 200, ...headers });
      stream.once("close", () => reset.resolve(stream.rstCode));
    });
    expect(await fail(url, { protocols: ["mine"], compression: {} })).toMatchObject({
      code: "ERR_RESPONSE",
      status: 200,
    });
    expect(await reset.promise).toBe(constants.NGHTTP2_CANCEL);
  });
}

test("[HT35] another 2xx than 200 is no open connection", async () => {
  const url = await serveRaw((stream) => stream.respond({ ":status": 204 }, { endStream: true }));
  expect(await fail(url)).toMatchObject({ code: "ERR_REFUSED", status: 204 });
});

for (const [code, name] of [
  [constants.NGHTTP2_CANCEL, "The stream was reset with CANCEL"],
  [constants.NGHTTP2_REFUSED_STREAM, "The stream was reset with REFUSED_STREAM"],
] as const) {
  test(`[HT36] a reset with ${code} instead of an answer rejects with ERR_NETWORK, which says so`, async () => {
    const url = await serveRaw((stream, _headers, socket) => reset(stream, socket, code));
    const error = await fail(url);
    expect([error.code, error.message]).toEqual(["ERR_NETWORK", `Cannot connect: ${name}`]);
  });
}

test("[HT36] an attempt that is given up resets its stream with CANCEL; others on the session do not notice", async () => {
  const clock = new FakeWheelClock();
  const timers = new TimerWheel({ clock });
  const controller = new AbortController();
  const reset = deferred<number | undefined>();
  const aborted = deferred<number | undefined>();
  const url = await serveRaw((stream, headers) => {
    if (headers[":path"] === "/") return stream.respond({ ":status": 200 });
    if (headers[":path"] === "/late") {
      stream.once("close", () => reset.resolve(stream.rstCode));
      clock.advance(10_200);
    } else {
      stream.once("close", () => aborted.resolve(stream.rstCode));
      controller.abort();
    }
  });
  const socket = await open(url);
  expect((await fail(`${url}late`, { timers })).code).toBe("ERR_TIMEOUT");
  expect((await fail(`${url}aborted`, { signal: controller.signal })).code).toBe("ERR_ABORTED");
  expect([await reset.promise, await aborted.promise]).toEqual([constants.NGHTTP2_CANCEL, constants.NGHTTP2_CANCEL]);
  expect(socket.state).toBe("open");
});

test("[HT36] a session on its way is given up when nobody waits for it any more, not before", async () => {
  const ended: Promise<unknown>[] = [];
  const connected = deferred<void>();
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
    ended.push(once(socket, "close"));
    connected.resolve();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const [one, two] = [new AbortController(), new AbortController()];
  const first = fail(url, { signal: one.signal });
  const second = fail(url, { signal: two.signal });
  await connected.promise;
  one.abort();
  expect((await first).code).toBe("ERR_ABORTED");
  two.abort();
  expect((await second).code).toBe("ERR_ABORTED");
  await Promise.all(ended);
  expect(ended.length).toBe(1);
});

for (const [code, reason] of [
  [constants.NGHTTP2_CANCEL, "The stream was reset with CANCEL"],
  [constants.NGHTTP2_NO_ERROR, "The peer ended the connection without a close frame"],
  [constants.NGHTTP2_INTERNAL_ERROR, "The stream was reset with INTERNAL_ERROR"],
] as const) {
  test(`[HT37] a stream that ends with ${code} is told by network with 1006: ${reason}`, async () => {
    const closed = deferred<CloseInfo>();
    let end: () => void = () => {};
    const url = await serveRaw((stream, _headers, socket) => {
      stream.respond({ ":status": 200 });
      end = () => (code === constants.NGHTTP2_NO_ERROR ? stream.end() : reset(stream, socket, code));
    });
    await open(url, { close: (_socket, info) => closed.resolve(info) });
    end();
    expect(await closed.promise).toEqual({ code: 1006, reason, by: "network", wasClean: false });
  });
}

test("[HT37] once both close frames are there the client ends its stream, and waits for no server to do so first", async () => {
  const closed = deferred<CloseInfo>();
  const url = await serveRaw((stream) => {
    stream.respond({ ":status": 200 });
    stream.once("data", () => stream.write(Buffer.from([0x88, 2, 0x03, 0xe8])));
    stream.on("end", () => stream.end());
  });
  const timers = new TimerWheel({ clock: new FakeWheelClock() }); // no deadline passes
  const socket = await open(url, { timers, close: (_socket, info) => closed.resolve(info) });
  socket.close();
  expect(await closed.promise).toEqual({ code: 1000, reason: "", by: "us", wasClean: true });
});

test("[HT37] a session that breaks tells all its sockets, and the next connect has a new one", async () => {
  const http = createServer();
  const { url, sessionCount } = await serve({}, http);
  const server = once(http, "session");
  const told = [deferred<CloseInfo>(), deferred<CloseInfo>()];
  for (const { resolve } of told) await open(url, { close: (_socket, info) => resolve(info) });
  const [session] = (await server) as [ClientHttp2Session];
  session.destroy();
  for (const { promise } of told) expect(await promise).toMatchObject({ code: 1006, by: "network" });
  await open(url);
  expect(sessionCount()).toBe(2);
});

test("[HT37] terminate resets with CANCEL, and the session's other sockets live on", async () => {
  const closed = deferred<CloseInfo>();
  const told = deferred<unknown>();
  const { url } = await serve({ close: (_socket, info) => closed.resolve(info) });
  const one = await open(url);
  const other = await open(url, { message: (_socket, data) => told.resolve(data) });
  one.terminate();
  expect(await closed.promise).toMatchObject({ code: 1006, by: "network" });
  other.send("still here");
  expect(await told.promise).toBe("still here");
});

test("[HT37] a server that does not read makes send return false, and drain follows when it reads", async () => {
  const drained = deferred<void>();
  let receivedBytes = 0;
  const { url, engine } = await serve({
    open: (socket) => socket.pause(),
    message: (_socket, data) => void (receivedBytes += data.length),
  });
  const socket = await open(url, { highWaterBytes: 100_000, drain: () => drained.resolve() });
  const other = await open(url);
  let sentBytes = 16_384;
  while (socket.send(new Uint8Array(16_384))) sentBytes += 16_384;
  expect(socket.bufferedBytes).toBeGreaterThan(100_000);
  expect(other.bufferedBytes).toBe(0);
  for (const paused of engine.sockets) paused.resume();
  await drained.promise;
  while (receivedBytes < sentBytes) await turn();
  expect(receivedBytes).toBe(sentBytes);
});

test("[HT38] a redirect is followed over HTTP/2", async () => {
  const paths: unknown[] = [];
  const url = await serveRaw((stream, headers) => {
    paths.push(headers[":path"]);
    if (headers[":path"] === "/to") stream.respond({ ":status": 200 });
    else stream.respond({ ":status": 307, location: "/to" }, { endStream: true });
  });
  await open(url, { maxRedirects: 1 });
  expect(paths).toEqual(["/", "/to"]);
});

test("[HT38] a session goes through a proxy's tunnel, and ends when its server ends it", async () => {
  const proxy = createHttpServer();
  const targets: unknown[] = [];
  proxy.on("connect", (request: IncomingMessage, socket: Duplex) => {
    targets.push(request.url);
    const server = connectTcp(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(server).pipe(socket);
    });
    for (const end of [socket, server]) end.on("error", () => {});
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  cleanups.push(() => proxy.close());
  for (const [http, options] of [
    [createServer(), {}],
    [createSecureServer(tls), { tls: trusting }],
  ] as const) {
    const { url } = await serve({}, http);
    const session = once(http, "session");
    const closed = [deferred<CloseInfo>(), deferred<CloseInfo>()];
    for (const { resolve } of closed) {
      await open(url, {
        ...options,
        proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
        close: (_socket, info) => resolve(info),
      });
    }
    const [opened] = (await session) as [ServerHttp2Session];
    opened.destroy();
    for (const { promise } of closed) expect(await promise).toMatchObject({ code: 1006, by: "network" });
  }
  expect(targets.length).toBe(2);
});

test("[HT38] a session goes through a Unix socket", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const http = createServer();
  const engine = createWebSocketServer({ message: (socket, data) => void socket.send(data) });
  engine.attach(http);
  http.listen(join(folder, "app.sock"));
  await once(http, "listening");
  cleanups.push(async () => {
    await engine.close({ graceMs: 1 });
    http.close();
  });
  const told = deferred<unknown>();
  const socket = await open(`ws+unix:${join(folder, "app.sock")}:/`, { message: (_self, data) => told.resolve(data) });
  socket.send("through");
  expect(await told.promise).toBe("through");
});

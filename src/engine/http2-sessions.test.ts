import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer } from "node:http";
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  constants,
  createSecureServer,
  createServer,
  type ServerHttp2Session,
} from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { FakeWheelClock } from "../../test/fake-wheel-clock.ts";
import {
  cleanups,
  deferred,
  fail,
  listen,
  okFrame,
  open,
  reset,
  serve,
  serveBytes,
  serveRaw,
  settingsAck,
  settingsFrame,
  tls,
  trusting,
} from "../../test/http2-servers.ts";
import { type CloseInfo, TimerWheel } from "./index.ts";

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
  await open(url, { tls: { ca: Buffer.concat([tls.cert, Buffer.from("\n")]) } });
  expect(sessionCount()).toBe(5);
});

test("[HT31] another proxy, other credentials for it or other TLS to it are another session", async () => {
  const { url, sessionCount } = await serve();
  const [plain, secure] = [await runProxy(createHttpServer()), await runProxy(createHttpsServer(tls))];
  const [one, other] = [{ proxy: `https://a:b@${secure}` }, { proxy: `https://a:c@${secure}` }];
  const proxyTls = { ca: tls.cert };
  let expected = 0;
  for (const options of [
    {},
    { proxy: `http://${plain}` },
    { proxy: `http://${await runProxy(createHttpServer())}` },
    { ...one, proxyTls },
    { ...other, proxyTls },
    { ...other, proxyTls: { rejectUnauthorized: false } },
    { ...other, proxyTls: { rejectUnauthorized: false, servername: "localhost" } },
  ]) {
    await open(url, options);
    await open(url, options);
    expect(sessionCount()).toBe(++expected);
  }
});

async function runProxy(proxy: HttpServer): Promise<string> {
  proxy.on("connect", ({ url = "" }: IncomingMessage, socket: Duplex) => {
    const server = connectTcp(Number(url.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(server).pipe(socket);
    });
    for (const end of [socket, server]) end.on("error", () => {});
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  cleanups.push(() => proxy.close());
  return `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

test("[HT31] other Unix sockets, and wss: instead of ws:, are another session, though the URL's host is the same", async () => {
  const counts: (() => number)[] = [];
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const places = ["one.sock", "other.sock"].map((name) => join(folder, name));
  for (const place of places) counts.push((await serve({}, createServer(), place)).sessionCount);
  for (const socketPath of places) await open("ws://localhost/", { socketPath });
  expect(counts.map((count) => count())).toEqual([1, 1]);
  expect((await fail("wss://localhost/", { socketPath: places[0] ?? "" })).code).toBe("ERR_NETWORK");
});

test("[HT31] a server is told that nobody takes what it would push", async () => {
  const http = createServer();
  const told = once(http, "session").then(([session]) => once(session as ServerHttp2Session, "remoteSettings"));
  const { url } = await serve({}, http);
  await open(url);
  expect(await told).toMatchObject([{ enablePush: false }]);
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

test("[HT33] a session is taken as soon as the server has answered our settings, though its own came before", async () => {
  const { url, sockets } = await serveBytes([settingsFrame, okFrame]);
  const session = connectHttp2(url.replace("ws:", "http:"));
  cleanups.push(() => session.destroy());
  await once(session, "remoteSettings");
  const opening = open(url, { http2: session });
  for (const socket of sockets) socket.write(settingsAck);
  expect((await opening).state).toBe("open");
});

test("[HT33] many may wait for one session: it is listened to once", async () => {
  const { url, engine } = await serve();
  const session = connectHttp2(url.replace("ws:", "http:"));
  cleanups.push(() => session.destroy());
  const opening = Array.from({ length: 12 }, () => open(url, { http2: session }));
  expect(session.listenerCount("remoteSettings")).toBe(1);
  await Promise.all(opening);
  expect(engine.sockets.size).toBe(12);
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
  const never = connectHttp2(url.replace("ws:", "http:"));
  never.destroy();
  await once(never, "close");
  expect((await fail(url, { http2: never })).code).toBe("ERR_NETWORK");
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

for (const [stage, event] of [
  ["dialled", "connection"],
  ["asked for its settings", "data"],
] as const) {
  test(`[HT36] a session that is being ${stage} is given up when nobody waits for it any more, not before`, async () => {
    const ended: Promise<unknown>[] = [];
    const begun = deferred<void>();
    const server = createTcpServer((socket) => {
      socket.on("error", () => {});
      ended.push(once(socket, "close"));
      socket.on("data", () => begun.resolve());
    });
    if (event === "connection") server.on(event, () => begun.resolve());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => server.close());
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const [one, two, three] = [new AbortController(), new AbortController(), new AbortController()];
    const first = fail(url, { signal: one.signal });
    const second = fail(url, { signal: two.signal });
    await begun.promise;
    one.abort();
    expect((await first).code).toBe("ERR_ABORTED");
    two.abort();
    expect((await second).code).toBe("ERR_ABORTED");
    await Promise.all(ended);
    expect(ended.length).toBe(1);
    const anew = once(server, "connection");
    const third = fail(url, { signal: three.signal });
    await anew; // nobody is sent to the one that was given up
    three.abort();
    expect((await third).code).toBe("ERR_ABORTED");
    await Promise.all(ended);
  });
}

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
  let tunnelCount = 0;
  proxy.on("connect", () => tunnelCount++);
  const proxyHost = await runProxy(proxy);
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
        proxy: `http://${proxyHost}`,
        close: (_socket, info) => resolve(info),
      });
    }
    const [opened] = (await session) as [ServerHttp2Session];
    opened.destroy();
    for (const { promise } of closed) expect(await promise).toMatchObject({ code: 1006, by: "network" });
  }
  expect(tunnelCount).toBe(2);
});

test("[HT38] a session goes through a Unix socket", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  await serve({}, createServer(), join(folder, "app.sock"));
  const told = deferred<unknown>();
  const socket = await open(`ws+unix:${join(folder, "app.sock")}:/`, { message: (_self, data) => told.resolve(data) });
  socket.send("through");
  expect(await told.promise).toBe("through");
});

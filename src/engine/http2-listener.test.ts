import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { request as requestHttps } from "node:https";
import { connect as connectTcp, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { FakeWheelClock } from "../../test/fake-wheel-clock.ts";
import {
  type ClientSocket,
  type CloseInfo,
  connect,
  type ConnectOptions,
  createWebSocketServer,
  type ListenAddress,
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

interface Served extends ListenAddress {
  readonly engine: ReturnType<typeof createWebSocketServer>;
}

async function serve(options: ServerOptions & { readonly isSecure?: boolean } = {}): Promise<Served> {
  const { isSecure = false, ...others } = options;
  const engine = createWebSocketServer({ message: (socket, data) => void socket.send(data), ...others });
  cleanups.push(() => engine.close({ graceMs: 1 }));
  const address = await engine.listen({ port: 0, http2: true, ...(isSecure ? { tls } : {}) });
  return { engine, ...address };
}

async function join(url: string, options: ConnectOptions): Promise<ClientSocket> {
  const socket = await connect(url, { tls: trusting, ...options });
  cleanups.push(() => socket.terminate());
  return socket;
}

async function openSession(url: string): Promise<ClientHttp2Session> {
  const session = connectHttp2(url.replace(/^ws/, "http"), { ca: tls.cert });
  cleanups.push(() => session.destroy());
  session.on("error", () => {});
  await once(session, "remoteSettings");
  return session;
}

function track(socket: Socket): Socket {
  cleanups.push(() => socket.destroy());
  return socket.on("error", () => {});
}

async function exchange(url: string, options: ConnectOptions): Promise<unknown> {
  const heard = new Promise((resolve) => {
    void join(url, { ...options, message: (_socket, data) => resolve(data) }).then((socket) => socket.send("hello"));
  });
  return heard;
}

test("[HT17] listen with http2 serves HTTP/2 alone on a plain port, on one session for all", async () => {
  const { url, engine } = await serve();
  expect(url).toMatch(/^ws:/);
  expect(await exchange(url, { http2: true })).toBe("hello");
  const session = await openSession(url);
  expect(await exchange(url, { http2: session })).toBe("hello");
  expect(engine.sockets.size).toBe(2);
  await expect(connect(url)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_(NETWORK|RESPONSE)$/) });
});

test("[HT17] with tls it serves HTTP/2 and HTTP/1.1 on one port", async () => {
  const { url, engine } = await serve({ isSecure: true });
  expect(url).toMatch(/^wss:/);
  expect(await exchange(url, { http2: true })).toBe("hello");
  expect(await exchange(url, {})).toBe("hello");
  expect(engine.sockets.size).toBe(2);
});

test("[HT17] a plain request is answered with 405 over HTTP/2, with 426 over HTTP/1.1; HEAD without a text", async () => {
  const { url } = await serve({ isSecure: true });
  const session = await openSession(url);
  for (const [method, length] of [
    ["GET", 57],
    ["POST", 57],
    ["HEAD", 0],
  ] as const) {
    const stream = session.request({ ":method": method, ":path": "/" }, { endStream: method !== "POST" });
    const [headers] = await once(stream, "response");
    expect(headers).toMatchObject({ ":status": 405, allow: "CONNECT", "content-type": "text/plain; charset=utf-8" });
    expect(await text(stream)).toHaveLength(length);
  }
  const request = requestHttps(url.replace(/^wss/, "https"), { ca: tls.cert });
  request.end();
  const [response] = await once(request, "response");
  response.resume();
  expect(response.statusCode).toBe(426);
});

test("[HT17] a head over HTTP/1.1 that takes longer than handshakeTimeoutMs is answered with 408", async () => {
  const { port } = await serve({ isSecure: true, handshakeTimeoutMs: 50 });
  const socket = track(connectTls({ port, host: "127.0.0.1", ALPNProtocols: ["http/1.1"], ...trusting }));
  socket.write("GET / HTTP/1.1\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
});

test("[HT17] a connection that says nothing is cut after handshakeTimeoutMs", async () => {
  for (const isSecure of [true, false]) {
    const { port } = await serve({ isSecure, handshakeTimeoutMs: 50 });
    const silent = track(connectTcp(port, "127.0.0.1"));
    silent.resume();
    await once(silent, "close");
    expect(silent.bytesWritten).toBe(0);
  }
});

test("[HT18] a session without a stream for handshakeTimeoutMs is closed; one with a stream, or that had one since, is not", async () => {
  const clock = new FakeWheelClock();
  const timers = new TimerWheel({ clock });
  const { url, port, engine } = await serve({ handshakeTimeoutMs: 1000, timers, pingAfterMs: Infinity });
  const [used, unused] = [await openSession(url), await openSession(url)];
  const silent = track(connectTcp(port, "127.0.0.1"));
  await once(silent, "data"); // the server's settings
  const other = await join(url, { http2: used });
  const socket = await join(url, { http2: used });
  const ends = [once(unused, "close"), once(silent, "end")];
  clock.advance(1200);
  await Promise.all(ends);
  expect([used.closed, socket.state]).toEqual([false, "open"]);

  other.terminate();
  await roundTrip(used);
  clock.advance(1200);
  expect(used.closed).toBe(false);
  socket.terminate();
  await roundTrip(used); // the server has read the reset before it answers this
  clock.advance(900);
  const again = await join(url, { http2: used });
  clock.advance(1200);
  expect(used.closed).toBe(false);

  const left = once(used, "goaway");
  again.terminate();
  await roundTrip(used);
  clock.advance(1200);
  expect((await left)[0]).toBe(constants.NGHTTP2_NO_ERROR);
  const last = await openSession(url);
  last.destroy();
  await engine.close();
  while (timers.pendingCount > 0) await turn(); // of sessions that are gone nothing is kept
  expect(timers.pendingCount).toBe(0);
});

function roundTrip(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve) => void session.ping(() => resolve()));
}

test("[HT19] closing says GOAWAY and 1001 at once, waits for the close handshakes, and ends the sessions", async () => {
  const { url, engine } = await serve({ isSecure: true });
  const session = await openSession(url);
  const closes: Promise<CloseInfo>[] = [];
  for (const http2 of [session, true, false]) {
    closes.push(new Promise((resolve) => void join(url, { http2, close: (_socket, info) => resolve(info) })));
  }
  while (engine.sockets.size < 3) await turn();
  const goaway = once(session, "goaway");
  const ended = once(session, "close");
  const late = track(
    connectTls({ port: Number(new URL(url).port), host: "127.0.0.1", ALPNProtocols: ["http/1.1"], ...trusting }),
  );
  await once(late, "secureConnect");
  const cut = once(late, "close");
  await engine.close({ graceMs: 60_000 });
  expect((await goaway)[0]).toBe(constants.NGHTTP2_NO_ERROR);
  await Promise.all([ended, cut]);
  expect(await Promise.all(closes)).toMatchObject(closes.map(() => ({ code: 1001, by: "peer", wasClean: true })));
});

test("[HT19] what does not end within graceMs is cut: a socket that does not answer, a connection that says nothing and does not end", async () => {
  for (const isSecure of [false, true]) {
    const { url, port, engine } = await serve({ isSecure });
    const session = await openSession(url);
    const stream = session.request(
      { ":method": "CONNECT", ":protocol": "websocket", ":path": "/", "sec-websocket-version": "13" },
      { endStream: false },
    );
    stream.on("error", () => {});
    await once(stream, "response");
    const silent = track(connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true }));
    silent.resume();
    await once(silent, "connect");
    await engine.close({ graceMs: 1 });
    await expect(connect(url, { http2: true })).rejects.toMatchObject({ code: "ERR_NETWORK" });
    expect(engine.sockets.size).toBe(0);
  }
});

test("[HT17] without handshakeTimeoutMs nothing is cut", async () => {
  const { url } = await serve({ isSecure: true, handshakeTimeoutMs: Infinity });
  expect([await exchange(url, { http2: true }), await exchange(url, {})]).toEqual(["hello", "hello"]);
});

test("[HT17] a port that is taken rejects, and close() does not wait for it", async () => {
  const { port, engine } = await serve();
  await expect(engine.listen({ port, http2: true })).rejects.toMatchObject({ code: "EADDRINUSE" });
  await engine.close();
});

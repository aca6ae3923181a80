import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { FakeWheelClock } from "../../test/fake-wheel-clock.ts";
import { rawFrame, rawHandshake, RawPeer, sampleKey } from "../../test/raw-peer.ts";
import { ask, cleanups, createEngine, open, serveHttp } from "../../test/server-setup.ts";
import { type Accept, connect, createWebSocketServer, reject, TimerWheel } from "./index.ts";

// ---- attaching

test("[EN1] alone on an HTTP server the engine answers its path, 404s foreign ones, and leaves ordinary requests alone", async () => {
  const port = await serveHttp((http) => createEngine({ path: "/ws" }).attach(http));
  await open(port, { line: "GET /ws HTTP/1.1" });
  await open(port, { line: "GET /ws?room=1 HTTP/1.1" });
  expect(await ask(port, rawHandshake({ line: "GET /other HTTP/1.1" }))).toMatch(
    /^HTTP\/1\.1 404 .*Connection: close/s,
  );
  expect(await ask(port, rawHandshake({ line: "GET /ws/ HTTP/1.1" }))).toMatch(/^HTTP\/1\.1 404 /);
  expect(await (await fetch(`http://127.0.0.1:${port}/ws`)).text()).toBe("an ordinary answer");
});

test("[EN1] a foreign path is left to another upgrade listener", async () => {
  const port = await serveHttp((http) => {
    createEngine().attach(http, { path: "/ws" });
    http.on("upgrade", (request, socket) => {
      if (request.url === "/theirs") socket.end("HTTP/1.1 418 Theirs\r\n\r\n");
    });
  });
  expect(await ask(port, rawHandshake({ line: "GET /theirs HTTP/1.1" }))).toBe("HTTP/1.1 418 Theirs\r\n\r\n");
  await open(port, { line: "GET /ws HTTP/1.1" });
});

test("[EN1] several engines share an HTTP server, and one that is closed leaves it to the others", async () => {
  const [one, two] = [
    createEngine({ open: (socket) => void socket.send("one") }),
    createEngine({ open: (socket) => void socket.send("two") }),
  ];
  const port = await serveHttp((http) => {
    one.attach(http, { path: "/one" });
    two.attach(http, { path: "/two" });
  });
  expect(await (await open(port, { line: "GET /one HTTP/1.1" })).readText()).toBe("one");
  const peer = await open(port, { line: "GET /two HTTP/1.1" });
  expect(await peer.readText()).toBe("two");
  expect(await ask(port, rawHandshake({ line: "GET /three HTTP/1.1" }))).toMatch(/^HTTP\/1\.1 404 /);
  await one.close({ graceMs: 1 });
  expect(await ask(port, rawHandshake({ line: "GET /one HTTP/1.1" }))).toMatch(/^HTTP\/1\.1 404 /);
});

test("[EN1] an HTTP server whose engines are closed has no listener of theirs left", async () => {
  const engine = createEngine();
  const http = createServer();
  engine.attach(http, { path: "/a" });
  engine.attach(http, { path: "/b" });
  expect(http.listenerCount("upgrade")).toBe(1);
  await engine.close();
  expect(http.listenerCount("upgrade")).toBe(0);
});

test("[EN1] an absolute target is matched by its path", async () => {
  const port = await serveHttp((http) => createEngine({ path: "/ws" }).attach(http));
  await open(port, { line: "GET http://localhost/ws?x HTTP/1.1" });
  expect(await ask(port, rawHandshake({ line: "GET http://localhost HTTP/1.1" }))).toMatch(/^HTTP\/1\.1 404 /);
});

// ---- faults

const faults: readonly (readonly [name: string, request: string, status: number])[] = [
  ["HTTP/1.0", rawHandshake({ line: "GET / HTTP/1.0" }), 505],
  ["no Host", rawHandshake({ headers: { Host: undefined } }), 400],
  ["POST", rawHandshake({ line: "POST / HTTP/1.1" }), 405],
  ["a body by Content-Length", `${rawHandshake({ headers: { "Content-Length": "5" } })}hello`, 400],
  ["a chunked body", `${rawHandshake({ headers: { "Transfer-Encoding": "chunked" } })}5\r\nhello\r\n0\r\n\r\n`, 400],
  ["version 14", rawHandshake({ headers: { "Sec-WebSocket-Version": "14" } }), 426],
  ["version 8", rawHandshake({ headers: { "Sec-WebSocket-Version": "8" } }), 426],
  ["no version", rawHandshake({ headers: { "Sec-WebSocket-Version": undefined } }), 426],
  ["no key", rawHandshake({ headers: { "Sec-WebSocket-Key": undefined } }), 400],
  ["a key of 15 bytes", rawHandshake({ headers: { "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAA" } }), 400],
  [
    "a key that is not canonical base64",
    rawHandshake({ headers: { "Sec-WebSocket-Key": `${sampleKey.slice(0, 21)}R==` } }),
    400,
  ],
  ["two keys", rawHandshake({ headers: { "sec-websocket-key": sampleKey } }), 400],
  ["another upgrade", rawHandshake({ headers: { Upgrade: "h2c" } }), 426],
  ["a subprotocol twice", rawHandshake({ headers: { "Sec-WebSocket-Protocol": "a, a" } }), 400],
  ["a foreign origin", rawHandshake({ headers: { Origin: "http://evil.example" } }), 403],
];

for (const [name, request, status] of faults) {
  test(`[EN2, EN3] ${name} is refused with ${status} by an engine on node:http, whole, and nothing behind it is parsed`, async () => {
    let openedCount = 0;
    const port = await serveHttp((http) => createEngine({ open: () => void openedCount++ }).attach(http));
    const answer = await ask(port, `${request}GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain("Connection: close");
    expect(head).toContain(`Content-Length: ${body.length}`);
    expect(body.length).toBeGreaterThan(0);
    expect(answer).not.toContain("ordinary");
    expect(openedCount).toBe(0);
  });
}

test("[EN3] a refused peer that does not end too is cut after closeTimeoutMs", async () => {
  const clock = new FakeWheelClock();
  const sockets: Socket[] = [];
  const port = await serveHttp((http) => {
    createEngine({ timers: new TimerWheel({ clock }), upgrade: () => reject(401, "Sign in first") }).attach(http);
    http.on("connection", (socket) => sockets.push(socket));
  });
  const peer = await RawPeer.connect(port);
  cleanups.push(() => peer.destroy());
  peer.write(rawHandshake());
  expect(await peer.readToEnd()).toMatch(/^HTTP\/1\.1 401 .*Sign in first\n$/s);
  clock.advance(4_900);
  expect(sockets.map((socket) => socket.destroyed)).toEqual([false]);
  clock.advance(300);
  expect(sockets.map((socket) => socket.destroyed)).toEqual([true]);
});

test("[EN3] what a refused peer goes on sending is read and thrown away, so that it gets its answer and not a reset", async () => {
  const port = await serveHttp((http) => createEngine({ upgrade: () => reject(401, "Sign in first") }).attach(http));
  const peer = await RawPeer.connect(port);
  cleanups.push(() => peer.destroy());
  peer.write(rawHandshake());
  const isTaken = new Promise<void>((resolve) => peer.socket.end(new Uint8Array(20_000_000), resolve));
  expect(await peer.readToEnd()).toMatch(/Sign in first\n$/);
  await isTaken;
});

test("[EN46] closing waits for refused peers too, at most graceMs", async () => {
  const clock = new FakeWheelClock();
  const engine = createEngine({ timers: new TimerWheel({ clock }), upgrade: () => reject(401) });
  const port = await serveHttp((http) => engine.attach(http));
  const peer = await RawPeer.connect(port);
  cleanups.push(() => peer.destroy());
  peer.write(rawHandshake());
  await peer.readToEnd();
  let isClosed = false;
  const closed = engine.close({ graceMs: 1000 }).then(() => (isClosed = true));
  await turn();
  expect(isClosed).toBe(false);
  clock.advance(1_200);
  await closed;
  expect(clock.isTicking).toBe(false);
});

test("[EN11] 3000 headers, of which Node drops some, are refused and nothing throws (CVE-2024-37890)", async () => {
  const filler = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`x${index}`, ""]));
  const [before, behind] = [
    rawHandshake({ headers: filler }),
    rawHandshake().replace("Upgrade:", `${Object.keys(filler).join(":\r\n")}:\r\nUpgrade:`),
  ];
  const http = createServer({ maxHeaderSize: 1024 * 1024 });
  const engine = createEngine();
  engine.attach(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  cleanups.push(() => http.close());
  for (const request of [before, behind]) {
    expect(await ask((http.address() as AddressInfo).port, request)).toMatch(/^HTTP\/1\.1 431 /);
  }
});

// ---- a port of its own

test("[EN4] a port of its own tells where it is, and answers 426 to a plain request and 405 to another method", async () => {
  const { port, host, url } = await createEngine({ path: "/ws" }).listen({ port: 0 });
  expect([host, url]).toEqual(["127.0.0.1", `ws://127.0.0.1:${port}/ws`]);
  const plain = await fetch(`http://127.0.0.1:${port}/ws`);
  expect([plain.status, plain.headers.get("upgrade"), plain.headers.get("connection")]).toEqual([
    426,
    "websocket",
    "close",
  ]);
  expect(await plain.text()).toContain("Cannot answer a plain request");
  expect((await fetch(`http://127.0.0.1:${port}/ws`, { method: "POST" })).status).toBe(405);
  expect(await ask(port, "GET /ws HTTP/1.1\r\n\r\n")).toContain("Cannot accept a request without Host");
});

test("[EN4] a head that takes too long gets 408, also one that never begins", async () => {
  const { port } = await createEngine({ handshakeTimeoutMs: 50 }).listen({ port: 0 });
  expect(await ask(port, "GET / HTTP/1.1\r\nHost: loc")).toMatch(/^HTTP\/1\.1 408 /);
  expect(await ask(port, "")).toMatch(/^HTTP\/1\.1 408 /);
});

test("[EN4] a port in use rejects with Node's own error, IPv6 is written in brackets", async () => {
  const engine = createEngine();
  const { port, url } = await engine.listen({ port: 0, host: "::1" });
  expect(url).toBe(`ws://[::1]:${port}/`);
  await expect(engine.listen({ port, host: "::1" })).rejects.toMatchObject({ code: "EADDRINUSE" });
});

test("[EN13, EN25] a connection that is paused in open is told nothing, glued or not, before it is resumed", async () => {
  const seen: unknown[] = [];
  const engine = createEngine({
    open: (socket) => socket.pause(),
    message(socket, data) {
      seen.push(data);
      socket.send(data);
    },
  });
  const { port } = await engine.listen({ port: 0 });
  const peer = await RawPeer.connect(port);
  cleanups.push(() => peer.destroy());
  peer.write(Buffer.concat([Buffer.from(rawHandshake()), rawFrame(1, "glued")]));
  await peer.readHead();
  peer.write(rawFrame(1, "later"));
  for (let count = 0; count < 20; count++) await turn();
  expect(seen).toEqual([]);
  for (const socket of engine.sockets) socket.resume();
  expect([await peer.readText(), await peer.readText()]).toEqual(["glued", "later"]);
});

test("[EN14] a server speaks first, and its words leave in one write with the 101", async () => {
  const { port } = await createEngine({ open: (socket) => void socket.send("welcome") }).listen({ port: 0 });
  const peer = await open(port);
  expect(await peer.readText()).toBe("welcome");
  expect(peer.chunkCount).toBe(1);
});

// ---- closing the server

test("[EN46] closing sends every connection 1001, waits for their answers, and resolves when all is gone", async () => {
  const clock = new FakeWheelClock();
  const told: unknown[] = [];
  const engine = createEngine({ timers: new TimerWheel({ clock }), close: (_socket, info) => void told.push(info) });
  const { port } = await engine.listen({ port: 0 });
  const peers = [await open(port), await open(port)];
  const closed = engine.close({ reason: "restart" });
  for (const peer of peers) {
    expect((await peer.readFrame()).payload).toEqual(
      Buffer.concat([Buffer.from([0x03, 0xe9]), Buffer.from("restart")]),
    );
    expect(engine.sockets.size).toBeGreaterThan(0);
    peer.write(rawFrame(8, Buffer.from([0x03, 0xe9])));
    expect(await peer.readToEnd()).toBe("");
    peer.socket.end();
  }
  await closed;
  expect(told).toEqual(Array(2).fill({ code: 1001, reason: "restart", by: "us", wasClean: true }));
  expect([engine.sockets.size, clock.isTicking]).toEqual([0, false]);
  await expect(RawPeer.connect(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("[EN46] those that do not answer within graceMs are cut", async () => {
  const clock = new FakeWheelClock();
  const told: unknown[] = [];
  const engine = createEngine({ timers: new TimerWheel({ clock }), close: (_socket, info) => void told.push(info) });
  const { port } = await engine.listen({ port: 0 });
  const peer = await open(port);
  const closed = engine.close({ code: 1012, graceMs: 1000 });
  await peer.readFrame();
  clock.advance(900);
  expect(told).toEqual([]);
  clock.advance(200);
  await closed;
  expect(told).toEqual([{ code: 1012, reason: "", by: "us", wasClean: false }]);
});

test("[EN46] handshakes that are being decided, or still come, get 503", async () => {
  let isAsked: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const engine = createEngine({ upgrade: () => new Promise<Accept<undefined>>(() => isAsked()) });
  const port = await serveHttp((http) => {
    engine.attach(http);
    http.on(
      "upgrade",
      (request, socket, head) => request.url === "/late" && engine.handleUpgrade(request, socket, head),
    );
  });
  const answer = ask(port, rawHandshake());
  await asked;
  await engine.close({ graceMs: 50 });
  expect(await answer).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 5\r\n/s);
  expect(await ask(port, rawHandshake({ line: "GET /late HTTP/1.1" }))).toMatch(/^HTTP\/1\.1 503 .*closing\n$/s);
});

test("[EN136] closing undoes a listen() that is under way, and a closed server takes no port and no other server", async () => {
  const engine = createEngine();
  const listening = engine.listen({ port: 0 });
  await engine.close();
  const { port } = await listening;
  await expect(RawPeer.connect(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  await expect(engine.listen({ port: 0 })).rejects.toThrow("Cannot listen: the server is closed");
  expect(() => engine.attach(createServer())).toThrow("Cannot attach: the server is closed");
});

test("[EN47] a server is not closed with a code or reason that may not be sent", async () => {
  const engine = createEngine();
  const { port } = await engine.listen({ port: 0 });
  await expect(engine.close({ code: 1006 })).rejects.toMatchObject({ code: "ERR_CLOSE_CODE" });
  await expect(engine.close({ reason: "x".repeat(124) })).rejects.toMatchObject({ code: "ERR_CLOSE_REASON" });
  await open(port);
});

test("[EN67] a limit that is not a positive integer or Infinity is refused", async () => {
  for (const value of [0, -1, 1.5, Number.NaN, "5" as never]) {
    expect(() => createWebSocketServer({ pingAfterMs: value })).toThrow(RangeError);
    expect(() => createWebSocketServer({ maxConnections: value })).toThrow(`Cannot use ${value} as maxConnections`);
    await expect(connect("ws://127.0.0.1:1", { handshakeTimeoutMs: value })).rejects.toThrow(RangeError);
  }
  expect(createWebSocketServer({ deadAfterMs: Infinity, handshakeTimeoutMs: Infinity }).sockets.size).toBe(0);
});

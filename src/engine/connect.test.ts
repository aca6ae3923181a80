import { getEventListeners, once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { accepting, cleanups, fail, serve, serveRaw } from "../../test/connect-setup.ts";
import { FakeWheelClock } from "../../test/fake-wheel-clock.ts";
import { rawFrame } from "../../test/raw-peer.ts";
import { type CloseInfo, connect, TimerWheel } from "./index.ts";

test("[EN60] a client and a server talk, and both are told a clean close", async () => {
  let tell: (info: CloseInfo) => void = () => {};
  const serverClosed = new Promise<CloseInfo>((resolve) => {
    tell = resolve;
  });
  const url = await serve({
    protocols: ["v1"],
    message: (socket, data) => void socket.send(data),
    close: (_socket, info) => tell(info),
  });
  const sent = ["text", Uint8Array.of(1, 2), "ü".repeat(100_000)];
  const heard: unknown[] = [];
  let tellClient: (info: CloseInfo) => void = () => {};
  const clientClosed = new Promise<CloseInfo>((resolve) => {
    tellClient = resolve;
  });
  const socket = await connect(url, {
    protocols: ["v0", "v1"],
    message(self, data) {
      heard.push(data);
      if (heard.length === 3) self.close(4000, "done");
    },
    close: (_socket, info) => tellClient(info),
  });
  expect([socket.protocol, socket.state, socket.remoteAddress]).toEqual(["v1", "open", "127.0.0.1"]);
  for (const data of sent) expect(socket.send(data)).toBe(true);
  expect(await clientClosed).toEqual({ code: 4000, reason: "done", by: "us", wasClean: true });
  expect(await serverClosed).toEqual({ code: 4000, reason: "done", by: "peer", wasClean: true });
  expect(heard).toEqual(sent);
});

test("[EN60] open is called before connect resolves, what is glued behind the 101 is told after the waiting code has run", async () => {
  const { url } = await serveRaw(({ key: clientKey, peer }) =>
    peer.write(
      Buffer.concat([
        Buffer.from(accepting(clientKey)),
        rawFrame(1, "glued", { maskingKey: undefined }),
        rawFrame(1, "cut", { maskingKey: undefined }).subarray(0, 3),
      ]),
    ),
  );
  const order: string[] = [];
  let done: () => void = () => {};
  const glued = new Promise<void>((resolve) => {
    done = resolve;
  });
  const socket = await connect(url, {
    open: () => void order.push("open"),
    message(_socket, data) {
      order.push(String(data));
      done();
    },
  });
  order.push("resolved");
  await glued;
  expect(order).toEqual(["open", "resolved", "glued"]);
  socket.terminate();
});

test("[EN60] the request is the RFC's, with the caller's headers behind", async () => {
  const { url, asked } = await serveRaw(({ key: clientKey, peer }) => peer.write(accepting(clientKey)));
  const socket = await connect(url, {
    protocols: ["a", "b"],
    origin: "https://app.example",
    headers: { Authorization: "Bearer x" },
  });
  const { head } = await asked;
  const { host } = new URL(url);
  expect(head.replace(/Key: [A-Za-z0-9+/]{22}==/, "Key: K")).toBe(
    `GET /path?q=1 HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: K\r\nSec-WebSocket-Version: 13\r\n` +
      "Sec-WebSocket-Protocol: a, b\r\nOrigin: https://app.example\r\nAuthorization: Bearer x\r\n\r\n",
  );
  socket.terminate();
});

test("[EN61] a refusal rejects with the server's status, headers and body", async () => {
  const { url, sockets } = await serveRaw(({ peer }) =>
    peer.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 13\r\nWWW-Authenticate: Bearer\r\n\r\nSign in first"),
  );
  const error = await fail(url);
  expect(error).toMatchObject({
    name: "HandshakeError",
    code: "ERR_REFUSED",
    status: 401,
    message: "Cannot connect: The server answered 401, not 101",
  });
  expect(error.headers).toContainEqual(["WWW-Authenticate", "Bearer"]);
  expect(Buffer.from(error.body).toString()).toBe("Sign in first");
  await once(sockets[0]!, "end");
});

test("[EN61] an engine's refusal arrives whole", async () => {
  const url = await serve({ path: "/elsewhere" });
  const error = await fail(url.replace("/elsewhere", "/"));
  expect([error.code, error.status, Buffer.from(error.body).toString()]).toEqual([
    "ERR_REFUSED",
    404,
    "Nothing is here\n",
  ]);
});

const broken: readonly (readonly [name: string, answer: (key: string) => string, status: number])[] = [
  ["another key's accept", () => accepting("AAAAAAAAAAAAAAAAAAAAAA=="), 101],
  ["a subprotocol that was not offered", (clientKey) => accepting(clientKey, "Sec-WebSocket-Protocol: other\r\n"), 101],
  [
    "an extension that was not offered",
    (clientKey) => accepting(clientKey, "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
    101,
  ],
  ["no HTTP at all", () => "SSH-2.0-OpenSSH_9.2\r\n\r\n", 0],
];

for (const [name, answer, status] of broken) {
  test(`[EN61] ${name} rejects with ERR_RESPONSE`, async () => {
    const { url } = await serveRaw(({ key: clientKey, peer }) => peer.write(answer(clientKey)));
    expect(await fail(url, { protocols: ["mine"] })).toMatchObject({ code: "ERR_RESPONSE", status });
  });
}

test("[EN62] no answer rejects with ERR_TIMEOUT at the deadline, and leaves no socket", async () => {
  const clock = new FakeWheelClock();
  const { url, asked, sockets } = await serveRaw();
  const failing = fail(url, { timers: new TimerWheel({ clock }), handshakeTimeoutMs: 3_000 });
  await asked;
  const ended = once(sockets[0]!, "end");
  clock.advance(3_200);
  expect(await failing).toMatchObject({ code: "ERR_TIMEOUT", message: "Cannot connect: no answer within 3000 ms" });
  await ended;
  expect(clock.isTicking).toBe(false);
});

test("[EN62] a port where nobody listens, or a peer that leaves, rejects with ERR_NETWORK or ERR_RESPONSE", async () => {
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, "close");
  const refused = await fail(`ws://127.0.0.1:${port}`);
  expect([refused.code, (refused.cause as NodeJS.ErrnoException).code]).toEqual(["ERR_NETWORK", "ECONNREFUSED"]);
  const reset = await serveRaw(({ peer }) => peer.socket.resetAndDestroy());
  expect((await fail(reset.url)).code).toBe("ERR_NETWORK");
  const ended = await serveRaw(({ peer }) => peer.socket.end("HTTP/1.1 10"));
  expect((await fail(ended.url)).code).toBe("ERR_RESPONSE");
});

test("[EN62] an aborted attempt rejects with ERR_ABORTED and leaves no socket; an open connection does not mind", async () => {
  const early = await fail("ws://127.0.0.1:1", { signal: AbortSignal.abort("changed my mind") });
  expect([early.code, early.cause]).toEqual(["ERR_ABORTED", "changed my mind"]);
  const controller = new AbortController();
  const silent = await serveRaw();
  const failing = fail(silent.url, { signal: controller.signal });
  await silent.asked;
  const ended = once(silent.sockets[0]!, "end");
  controller.abort();
  expect((await failing).code).toBe("ERR_ABORTED");
  await ended;
});

test("[EN62] neither a late abort nor the deadline touches a connection that is open", async () => {
  const clock = new FakeWheelClock();
  const controller = new AbortController();
  const url = await serve({ message: (socket, data) => socket.send(data) });
  let tell: (data: unknown) => void = () => {};
  const echoed = new Promise((resolve) => {
    tell = resolve;
  });
  const socket = await connect(url, {
    timers: new TimerWheel({ clock }),
    signal: controller.signal,
    message: (_socket, data) => tell(data),
  });
  controller.abort();
  clock.advance(11_000);
  expect(socket.send("still here")).toBe(true);
  expect(await echoed).toBe("still here");
  socket.terminate();
});

test("[EN62] an attempt that succeeded leaves neither timer nor listener, one that failed neither", async () => {
  const timers = new TimerWheel({ clock: new FakeWheelClock() });
  const { signal } = new AbortController();
  const options = { timers, signal, pingAfterMs: Infinity, deadAfterMs: Infinity, stalledAfterMs: Infinity };
  const socket = await connect(await serve(), options);
  cleanups.push(() => socket.terminate());
  expect([timers.pendingCount, getEventListeners(signal, "abort").length]).toEqual([0, 0]);
  await expect(connect("ws://127.0.0.1:1/", options)).rejects.toMatchObject({ code: "ERR_NETWORK" });
  expect([timers.pendingCount, getEventListeners(signal, "abort").length]).toEqual([0, 0]);
});

test("[EN63] each frame has a mask of its own, and the caller's bytes are not changed", async () => {
  const { url, asked } = await serveRaw(({ key: clientKey, peer }) => peer.write(accepting(clientKey)));
  const socket = await connect(url);
  const bytes = new Uint8Array(5000).fill(0x55);
  for (let count = 0; count < 3; count++) socket.send(bytes);
  socket.ping();
  const { peer } = await asked;
  for (let count = 0; count < 3; count++) {
    expect(await peer.readFrame()).toMatchObject({ isMasked: true, payload: Buffer.from(bytes) });
  }
  expect(await peer.readFrame()).toMatchObject({ opcode: 9, isMasked: true });
  expect(bytes.every((byte) => byte === 0x55)).toBe(true);
  socket.terminate();
});

test("[EN64] a masked frame of a server is closed with 1002", async () => {
  const { url, asked } = await serveRaw(({ key: clientKey, peer }) => peer.write(accepting(clientKey)));
  const closed = new Promise<CloseInfo>((resolve) => void connect(url, { close: (_socket, info) => resolve(info) }));
  const { peer } = await asked;
  peer.write(rawFrame(1, "masked"));
  const frame = await peer.readFrame();
  expect([frame.opcode, frame.payload.readUInt16BE()]).toEqual([8, 1002]);
  expect(await peer.readToEnd()).toBe("");
  peer.socket.end();
  expect(await closed).toMatchObject({ code: 1002, by: "us", wasClean: false });
});

test("[EN22] a client does not send a prepared message: it would not be masked", async () => {
  const socket = await connect(await serve());
  const { prepareMessage } = await import("./index.ts");
  expect(() => socket.send(prepareMessage("x") as never)).toThrow("Cannot send a server's frame to a server");
  socket.terminate();
});

test("[EN40] a client waits for the server to end the transport, and cuts it when it does not", async () => {
  const clock = new FakeWheelClock();
  const { url, asked, sockets } = await serveRaw(({ key: clientKey, peer }) => peer.write(accepting(clientKey)));
  let told: CloseInfo | undefined;
  const socket = await connect(url, {
    timers: new TimerWheel({ clock }),
    close: (_socket, info) => void (told = info),
  });
  const { peer } = await asked;
  peer.write(rawFrame(8, Buffer.from([0x03, 0xe8]), { maskingKey: undefined }));
  expect((await peer.readFrame()).opcode).toBe(8);
  for (let count = 0; count < 20; count++) await turn(); // an end behind the frame would be here by now
  expect([socket.state, sockets[0]?.readableEnded, told]).toEqual(["closing", false, undefined]);
  clock.advance(5_200);
  await peer.readToEnd();
  while (told === undefined) await turn();
  expect(told).toEqual({ code: 1000, reason: "", by: "peer", wasClean: true });
});

test("[EN41] a server that closes and ends at once still gets the client's close frame", async () => {
  const { url, asked } = await serveRaw(({ key: clientKey, peer }) => peer.write(accepting(clientKey)));
  const closed = new Promise<CloseInfo>((resolve) => void connect(url, { close: (_socket, info) => resolve(info) }));
  const { peer } = await asked;
  peer.socket.end(rawFrame(8, Buffer.from([0x03, 0xe9]), { maskingKey: undefined }));
  expect(await peer.readFrame()).toMatchObject({ opcode: 8, payload: Buffer.from([0x03, 0xe9]) });
  expect(await closed).toEqual({ code: 1001, reason: "", by: "peer", wasClean: true });
});

test("[EN66] URLs and headers that may not be are refused before anything is sent", async () => {
  const urls = ["ftp://127.0.0.1/", "ws://127.0.0.1/#x", "ws://user@127.0.0.1/", "ws://:pass@127.0.0.1/", "not a url"];
  for (const url of urls) await expect(connect(url)).rejects.toBeInstanceOf(TypeError);
  await expect(connect("ws://127.0.0.1:1", { headers: { "X-A": "1\r\nX-B: 2" } })).rejects.toMatchObject({
    code: "ERR_HEADER",
  });
  await expect(connect("ws://127.0.0.1:1", { protocols: ["a b"] })).rejects.toMatchObject({ code: "ERR_SUBPROTOCOL" });
});

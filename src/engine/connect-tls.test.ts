import { once } from "node:events";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { expect, test, vi } from "vitest";
import { cleanups, fail, serve, tls } from "../../test/connect-setup.ts";
import { FakeWheelClock } from "../../test/fake-wheel-clock.ts";
import { rawHandshake, RawPeer } from "../../test/raw-peer.ts";
import { type CloseInfo, connect, createWebSocketServer, TimerWheel } from "./index.ts";

test("[EN60] small messages are not held back by TCP (Nagle), and an address is no name for TLS (RFC 6066 §3)", async () => {
  const setNoDelay = vi.spyOn(Socket.prototype, "setNoDelay");
  cleanups.push(() => setNoDelay.mockRestore());
  const server = createHttpsServer(tls);
  const engine = createWebSocketServer();
  engine.attach(server);
  cleanups.push(() => engine.close({ graceMs: 1 }).then(() => server.close()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  for (const [host, name] of [
    ["127.0.0.1", false],
    ["localhost", "localhost"],
  ] as const) {
    const secured = once(server, "secureConnection");
    const { port } = server.address() as AddressInfo;
    const socket = await connect(`wss://${host}:${port}/`, { tls: { ca: tls.cert } });
    cleanups.push(() => socket.terminate());
    expect((await secured)[0]).toMatchObject({ servername: name });
  }
  expect(setNoDelay.mock.calls.filter(([isOff]) => isOff).length).toBeGreaterThanOrEqual(4); // at both ends
});

test("[EN65] wss: does not take a certificate nobody vouches for, and takes it with its ca", async () => {
  const url = await serve({ isSecure: true, message: (socket, data) => void socket.send(data) });
  expect(url).toMatch(/^wss:/);
  const refused = await fail(url);
  expect([refused.code, (refused.cause as NodeJS.ErrnoException).code]).toEqual([
    "ERR_NETWORK",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
  ]);
  for (const trusted of [url, url.replace("127.0.0.1", "localhost")]) {
    const echoed = new Promise<unknown>((resolve, reject) => {
      connect(trusted, { tls: { ca: tls.cert }, message: (_socket, data) => resolve(data) }).then((socket) => {
        cleanups.push(() => socket.terminate());
        socket.send("x".repeat(100_000));
      }, reject);
    });
    expect(await echoed).toBe("x".repeat(100_000));
  }
});

test("[EN65, EN40, EN23] over TLS closing is clean, backpressure is told, and the merged writes arrive whole", async () => {
  const told: CloseInfo[] = [];
  let drainedCount = 0;
  const http = createHttpsServer(tls);
  const server = createWebSocketServer({
    highWaterBytes: 100_000,
    open(socket) {
      expect(socket.send(new Uint8Array(3_000_000))).toBe(false);
    },
    drain(socket) {
      drainedCount++;
      socket.close(4002, "drained");
    },
    close: (_socket, info) => void told.push(info),
  });
  server.attach(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  cleanups.push(() => http.close());
  let receivedBytes = 0;
  const closed = new Promise<CloseInfo>((resolve) => {
    void connect(`wss://127.0.0.1:${(http.address() as AddressInfo).port}`, {
      maxMessageBytes: 3_000_000,
      tls: { rejectUnauthorized: false },
      message: (_socket, data) => void (receivedBytes += data.length),
      close: (_socket, info) => resolve(info),
    });
  });
  expect(await closed).toEqual({ code: 4002, reason: "drained", by: "peer", wasClean: true });
  while (told.length === 0) await turn();
  expect(told).toEqual([{ code: 4002, reason: "drained", by: "us", wasClean: true }]);
  expect([receivedBytes, drainedCount]).toEqual([3_000_000, 1]);
});

test("[EN51] over TLS a silent peer is cut too, though small writes to it still succeed", async () => {
  const clock = new FakeWheelClock();
  let told: CloseInfo | undefined;
  const server = createWebSocketServer({
    timers: new TimerWheel({ clock }),
    close: (_socket, info) => void (told = info),
  });
  cleanups.push(() => server.close({ graceMs: 1 }));
  const { port } = await server.listen({ port: 0, tls });
  const peer = new RawPeer(connectTls({ port, host: "127.0.0.1", ca: tls.cert }));
  cleanups.push(() => peer.destroy());
  peer.write(rawHandshake());
  await peer.readHead();
  const [line] = server.sockets;
  const texts: string[] = [];
  for (let count = 0; count < 9; count++) {
    line?.send(`${count}`);
    texts.push(await peer.readText());
    while (line?.bufferedBytes !== 0) await turn();
    clock.advance(4_400);
  }
  // One of the ten is the ping, after 25 s.
  texts.push(await peer.readText());
  expect(texts.toSorted()).toEqual(["", "0", "1", "2", "3", "4", "5", "6", "7", "8"]);
  expect(told).toBe(undefined);
  clock.advance(800);
  while (told === undefined) await turn();
  expect(told).toMatchObject({ code: 1006, by: "timeout" });
});

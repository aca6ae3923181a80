import { channel } from "node:diagnostics_channel";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { FakeWheelClock } from "../../test/fake-wheel-clock.ts";
import { RawPeer, rawClose, rawFrame, rawHandshake } from "../../test/raw-peer.ts";
import {
  createWebSocketServer,
  prepareMessage,
  reject,
  type ServerOptions,
  type ServerSocket,
  TimerWheel,
  type WebSocketServer,
} from "./index.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Setup {
  readonly server: WebSocketServer;
  readonly port: number;
  /** Opens a raw peer, and gives its socket of the server too. */
  open(): Promise<{ peer: RawPeer; socket: ServerSocket }>;
}

async function setUp(options: ServerOptions = {}): Promise<Setup> {
  const server = createWebSocketServer(options);
  const http = createServer();
  server.attach(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  cleanups.push(async () => {
    await server.close({ graceMs: 1 });
    http.close();
  });
  return {
    server,
    port,
    async open() {
      const peer = await RawPeer.open(port);
      cleanups.push(() => peer.destroy());
      const socket = [...server.sockets].at(-1);
      if (socket === undefined) throw new Error("Cannot set up: no connection was made");
      return { peer, socket };
    },
  };
}

/** Collects what a channel publishes until the test is over. */
function listenTo(name: string): unknown[] {
  const told: unknown[] = [];
  const source = channel(name);
  const listener = (message: unknown): unknown => told.push(message);
  source.subscribe(listener);
  cleanups.push(() => source.unsubscribe(listener));
  return told;
}

// ---- rooms

test("[EN110] what is published reaches every subscriber of the topic once, of its type, and nobody else", async () => {
  const { server, open } = await setUp();
  const [ada, bob, carl] = [await open(), await open(), await open()];
  expect([ada.socket.subscribe("news"), ada.socket.subscribe("news"), bob.socket.subscribe("news")]).toEqual([
    true,
    true,
    true,
  ]);
  carl.socket.subscribe("weather");
  expect(server.publish("news", "one")).toBe(2);
  expect(server.publish("news", Uint8Array.of(2))).toBe(2);
  expect(server.publish("news", prepareMessage("three"))).toBe(2);
  expect(server.publish("nothing", "four")).toBe(0);
  expect(server.publish("weather", "sun")).toBe(1);
  for (const { peer } of [ada, bob]) {
    expect(await peer.readText()).toBe("one");
    expect(await peer.readFrame()).toMatchObject({ opcode: 2, isMasked: false, payload: Buffer.from([2]) });
    expect(await peer.readText()).toBe("three");
  }
  expect(await carl.peer.readText()).toBe("sun");
});

test("[EN110] the sender can be left out, and whoever unsubscribed hears nothing more", async () => {
  const { server, open } = await setUp();
  const [ada, bob] = [await open(), await open()];
  for (const { socket } of [ada, bob]) socket.subscribe("news");
  expect(server.publish("news", "of ada", { except: ada.socket })).toBe(1);
  expect(await bob.peer.readText()).toBe("of ada");
  expect([bob.socket.unsubscribe("news"), bob.socket.unsubscribe("news")]).toEqual([true, false]);
  expect(server.publish("news", "to ada")).toBe(1);
  expect(await ada.peer.readText()).toBe("to ada");
});

test("[EN110] what cannot be sent is refused and nobody gets it", async () => {
  const { server, open } = await setUp();
  const { peer, socket } = await open();
  socket.subscribe("news");
  for (const wrong of [12, null, new Float32Array(1), { type: "prepared", frame: "no" }]) {
    expect(() => server.publish("news", wrong as never)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD_TYPE" }));
  }
  server.publish("news", "right");
  expect(await peer.readText()).toBe("right");
});

test("[EN111] by default a socket has 256 topics and not 257, and the limit can be set", async () => {
  const { open } = await setUp();
  const { socket } = await open();
  for (let index = 0; index < 256; index++) expect(socket.subscribe(`topic ${index}`)).toBe(true);
  expect(socket.subscribe("one too many")).toBe(false);
  expect(socket.subscribe("topic 0")).toBe(true);
  const small = await setUp({ maxTopicsPerSocket: 1 });
  const other = await small.open();
  expect([other.socket.subscribe("a"), other.socket.subscribe("b")]).toEqual([true, false]);
  expect(() => createWebSocketServer({ maxTopicsPerSocket: 0 })).toThrow(RangeError);
});

test("[EN112] a socket that is closing is not published to, and one that is closed has left its topics", async () => {
  const left: boolean[] = [];
  const { server, open } = await setUp({ close: (socket) => void left.push(socket.unsubscribe("news")) });
  const [ada, bob] = [await open(), await open()];
  for (const { socket } of [ada, bob]) socket.subscribe("news");
  ada.socket.close(4000);
  expect(server.publish("news", "one")).toBe(1);
  expect(ada.socket.subscribe("other")).toBe(false);
  expect((await ada.peer.readFrame()).opcode).toBe(8);
  ada.peer.write(rawClose(4000));
  await ada.peer.readToEnd();
  ada.peer.destroy();
  bob.peer.destroy();
  while (server.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(left).toEqual([false, false]);
  expect(server.publish("news", "two")).toBe(0);
});

// ---- counters and diagnostics

test("[EN120] the counters tell handshakes, connections, messages and bytes; a copy does not change", async () => {
  const { server, port, open } = await setUp({ message: (socket, data) => void socket.send(data) });
  const before = server.counters;
  const { peer, socket } = await open();
  const { bytesOut } = server.counters;
  peer.write(rawFrame(1, "hello"));
  expect(await peer.readText()).toBe("hello");
  socket.subscribe("news");
  server.publish("news", "news");
  expect(await peer.readText()).toBe("news");
  const refused = await RawPeer.connect(port);
  refused.write(rawHandshake({ headers: { "Sec-WebSocket-Version": "12" } }));
  await refused.readToEnd();
  refused.destroy();
  expect(server.counters).toEqual({
    accepted: 1,
    refused: 1,
    closed: 0,
    messagesIn: 1,
    messagesOut: 2,
    bytesIn: 11,
    bytesOut: bytesOut + 7 + 6,
    backpressured: 0,
  });
  peer.write(rawClose(1000));
  await peer.readToEnd();
  peer.destroy();
  await server.close({ graceMs: 100 });
  expect(server.counters.closed).toBe(1);
  expect(before).toMatchObject({ accepted: 0, refused: 0, closed: 0, messagesIn: 0, bytesOut: 0 });
});

test("[EN121] handshakes, openings and closings are published with who, why and the codes", async () => {
  const [handshakes, opened, closed] = ["handshake", "open", "close"].map((name) => listenTo(`switchboard:${name}`));
  const { port } = await setUp({
    upgrade: (request) => (request.path === "/no" ? reject(403, "Not you") : reject(9, "no status")),
    error() {},
  });
  for (const [path, status] of [
    ["/no", 403],
    ["/fault", 500],
  ] as const) {
    const peer = await RawPeer.connect(port);
    peer.write(rawHandshake({ line: `GET ${path} HTTP/1.1` }));
    expect(await peer.readToEnd()).toMatch(`HTTP/1.1 ${status}`);
    peer.destroy();
  }
  const other = await setUp();
  const { peer, socket } = await other.open();
  peer.write(rawClose(4001, "bye"));
  await peer.readToEnd();
  peer.destroy();
  await other.server.close({ graceMs: 100 });
  expect(handshakes).toEqual([
    { remoteAddress: "127.0.0.1", status: 403, reason: "Not you" },
    { remoteAddress: "127.0.0.1", status: 500, reason: "Internal error" },
    { remoteAddress: "127.0.0.1", status: 101, reason: "" },
  ]);
  expect(opened).toEqual([{ role: "server", socket }]);
  const info = { code: 4001, reason: "bye", by: "peer", wasClean: true };
  expect(closed).toEqual([{ role: "server", socket, info }]);
});

test("[EN122] backpressure is published when send first returns false, not with every send", async () => {
  const told = listenTo("switchboard:backpressure");
  const { server, open } = await setUp({ highWaterBytes: 100 });
  const { socket } = await open();
  expect(socket.send("x".repeat(98))).toBe(true);
  expect([socket.send("y"), socket.send("z")]).toEqual([false, false]);
  expect(told).toEqual([{ role: "server", socket, bufferedBytes: 103, highWaterBytes: 100 }]);
  expect(server.counters.backpressured).toBe(1);
});

test("[EN123] the round trip is measured from the heartbeat's ping to the next pong", async () => {
  const clock = new FakeWheelClock();
  let told = (): void => {};
  const { open } = await setUp({ timers: new TimerWheel({ clock }), pong: () => told() });
  const { peer, socket } = await open();
  async function pong(): Promise<void> {
    const arrived = new Promise<void>((resolve) => (told = resolve));
    peer.write(rawFrame(10));
    await arrived;
  }
  await pong();
  expect(socket.roundTripMs).toBeUndefined();
  clock.advance(25_100);
  expect((await peer.readFrame()).opcode).toBe(9);
  clock.advance(37);
  await pong();
  expect(socket.roundTripMs).toBeGreaterThanOrEqual(37);
  const measured = socket.roundTripMs;
  expect(measured).toBeLessThanOrEqual(137);
  clock.advance(500);
  await pong();
  expect(socket.roundTripMs).toBe(measured);
});

test("[EN123] a pong that waited for us to read is no measurement", async () => {
  const clock = new FakeWheelClock();
  let told = (): void => {};
  const { open } = await setUp({ timers: new TimerWheel({ clock }), pong: () => told() });
  const { peer, socket } = await open();
  clock.advance(25_100);
  expect((await peer.readFrame()).opcode).toBe(9);
  socket.pause();
  const arrived = new Promise<void>((resolve) => (told = resolve));
  peer.write(rawFrame(10));
  clock.advance(5_000);
  socket.resume();
  await arrived;
  expect(socket.roundTripMs).toBeUndefined();
});

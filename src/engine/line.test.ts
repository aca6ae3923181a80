import { once } from "node:events";
import type { Socket } from "node:net";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { FakeWheelClock } from "../../test/fake-wheel-clock.ts";
import { RawPeer, rawClose, rawFrame } from "../../test/raw-peer.ts";
import {
  type CloseInfo,
  createWebSocketServer,
  prepareMessage,
  type ServerOptions,
  type ServerSocket,
  TimerWheel,
} from "./index.ts";
import { deferred } from "./deferred.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Setup {
  readonly clock: FakeWheelClock;
  readonly peer: RawPeer;
  /** The server's side of `peer`. */
  readonly line: ServerSocket;
  /** The transport of `line`. */
  readonly transport: Socket;
  readonly port: number;
  readonly sockets: ReadonlySet<ServerSocket>;
  /** What `close` was told, when it is. */
  readonly closed: Promise<CloseInfo>;
}

/** A server, and one raw peer that has shaken hands with it. */
async function setUp(options: ServerOptions = {}): Promise<Setup> {
  const clock = new FakeWheelClock();
  const opened = deferred<ServerSocket>();
  const closed = deferred<CloseInfo>();
  const server = createWebSocketServer({
    timers: new TimerWheel({ clock }),
    ...options,
    open(socket) {
      opened.resolve(socket);
      return options.open?.(socket);
    },
    close(socket, info) {
      closed.resolve(info);
      return options.close?.(socket, info);
    },
  });
  const transports: Socket[] = [];
  const http = createServer().on("connection", (socket) => transports.push(socket));
  server.attach(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const peer = await RawPeer.open(port);
  cleanups.push(() => {
    peer.destroy();
    for (const socket of transports) socket.destroy();
    http.close();
  });
  const [transport] = transports;
  if (transport === undefined) throw new Error("Cannot set up: no connection was made");
  return { clock, peer, line: await opened.promise, transport, port, sockets: server.sockets, closed: closed.promise };
}

/** Collects what `message` is told, and says when a given text came. */
function collect(): {
  messages: (string | Uint8Array)[];
  message: (socket: ServerSocket, data: string | Uint8Array) => void;
  until: (last: string) => Promise<void>;
} {
  const messages: (string | Uint8Array)[] = [];
  const waiting = new Map<string, () => void>();
  return {
    messages,
    message(_socket, data) {
      messages.push(data);
      if (typeof data === "string") waiting.get(data)?.();
    },
    until: (last) => new Promise((resolve) => waiting.set(last, resolve)),
  };
}

// ---- messages

test("[EN20] text is told as a string, binary as bytes that nothing else refers to", async () => {
  const { messages, message, until } = collect();
  const { peer } = await setUp({ message });
  const done = until("done");
  const long = "ü".repeat(50_000);
  peer.write(
    Buffer.concat([rawFrame(1, "grüße"), rawFrame(2, Buffer.from([1, 2, 3])), rawFrame(1, long), rawFrame(1, "done")]),
  );
  await done;
  expect(messages).toEqual(["grüße", Uint8Array.of(1, 2, 3), long, "done"]);
  expect((messages[1] as Uint8Array).buffer.byteLength).toBe(3);
});

test("[EN21] a hundred answers to what came in one chunk arrive in one", async () => {
  const { peer } = await setUp({ message: (socket, data) => void socket.send(data) });
  peer.chunkCount = 0;
  peer.write(Buffer.concat(Array.from({ length: 100 }, (_, index) => rawFrame(1, `message ${index}`))));
  for (let index = 0; index < 100; index++) expect(await peer.readText()).toBe(`message ${index}`);
  expect(peer.chunkCount).toBe(1);
});

test("[EN21, EN22] strings, arrays, Buffers and prepared messages keep their order", async () => {
  const { peer, line } = await setUp();
  const large = new Uint8Array(100_000).fill(9);
  line.send("one");
  line.send(Uint8Array.of(2));
  line.send(Buffer.from("three"));
  line.send(large);
  line.send(prepareMessage("five"));
  line.send(prepareMessage(Uint8Array.of(6)));
  const frames = [];
  for (let count = 0; count < 6; count++) frames.push(await peer.readFrame());
  expect(frames.map((frame) => frame.opcode)).toEqual([1, 2, 2, 2, 1, 2]);
  expect(frames.map((frame) => frame.payload)).toEqual([
    Buffer.from("one"),
    Buffer.from([2]),
    Buffer.from("three"),
    Buffer.from(large),
    Buffer.from("five"),
    Buffer.from([6]),
  ]);
});

test("[EN22] views of other kinds, numbers and look-alikes are refused and nothing is sent (CVE-2026-45736)", async () => {
  const { peer, line } = await setUp();
  const wrong: unknown[] = [
    new Float32Array(4),
    new DataView(new ArrayBuffer(8)),
    new ArrayBuffer(8),
    12,
    [1],
    null,
    undefined,
    {},
    { type: "prepared", frame: "x" },
  ];
  for (const data of wrong) {
    expect(() => line.send(data as never)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD_TYPE" }));
  }
  expect(() => line.ping(new Float32Array(4) as never)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD_TYPE" }));
  expect(() => line.ping(new Uint8Array(126))).toThrow(expect.objectContaining({ code: "ERR_CONTROL_TOO_BIG" }));
  for (const reason of wrong.filter((value) => value !== undefined)) {
    expect(() => line.close(1000, reason as never)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD_TYPE" }));
  }
  expect(line.state).toBe("open");
  line.send("first");
  expect(await peer.readText()).toBe("first");
});

test("[EN28] a message of exactly the limits is delivered", async () => {
  const { messages, message, until } = collect();
  const { peer } = await setUp({ message, maxMessageBytes: 10, maxFragmentCount: 3 });
  const done = until("end");
  peer.write(
    Buffer.concat([
      rawFrame(1, "0123456789"),
      rawFrame(1, "012", { isFinal: false }),
      rawFrame(0, "345", { isFinal: false }),
      rawFrame(0, "6789"),
      rawFrame(1, "end"),
    ]),
  );
  await done;
  expect(messages).toEqual(["0123456789", "0123456789", "end"]);
});

test("[EN28] one byte more is 1009, one frame more is 1008", async () => {
  const tooLong = await setUp({ maxMessageBytes: 10 });
  tooLong.peer.write(rawFrame(1, "0123456789a"));
  expect((await tooLong.peer.readFrame()).payload.readUInt16BE()).toBe(1009);
  const tooMany = await setUp({ maxFragmentCount: 2 });
  tooMany.peer.write(
    Buffer.concat([rawFrame(1, "a", { isFinal: false }), rawFrame(0, "b", { isFinal: false }), rawFrame(0, "c")]),
  );
  expect((await tooMany.peer.readFrame()).payload.readUInt16BE()).toBe(1008);
});

// ---- backpressure

/** A peer that does not read, and sends until its side is full. */
async function fill({ peer, line }: Setup, untilBytes: number): Promise<void> {
  peer.socket.pause();
  while (line.bufferedBytes < untilBytes && line.state === "open") {
    line.send(new Uint8Array(64 * 1024));
    await turn();
  }
}

test("[EN23] send is false above the high-water mark, and drain follows once when the peer has read", async () => {
  let drainedCount = 0;
  let bufferedAtDrain = Infinity;
  const drained = deferred<void>();
  const setup = await setUp({
    highWaterBytes: 400_000,
    drain(socket) {
      drainedCount++;
      bufferedAtDrain = socket.bufferedBytes;
      drained.resolve();
    },
  });
  await fill(setup, 300_000);
  const { line, peer } = setup;
  // To the mark exactly: header of 4 bytes.
  while (line.bufferedBytes < 400_000) {
    const missingBytes = 400_000 - line.bufferedBytes;
    expect(line.send(new Uint8Array(missingBytes < 50_000 ? missingBytes - 4 : 49_000))).toBe(true);
  }
  expect(line.bufferedBytes).toBe(400_000);
  expect(line.send("")).toBe(false);
  expect(line.send("")).toBe(false);
  await turn();
  expect(drainedCount).toBe(0);
  peer.socket.resume();
  await drained.promise;
  expect(bufferedAtDrain).toBeLessThanOrEqual(100_000);
  expect(line.send("")).toBe(true);
  await turn();
  expect(drainedCount).toBe(1);
});

test("[EN23] a mark that was only passed within a turn is told too", async () => {
  const drained = deferred<void>();
  const { line } = await setUp({ highWaterBytes: 1000, drain: () => drained.resolve() });
  expect(line.send(new Uint8Array(998))).toBe(false);
  await drained.promise;
  expect(line.bufferedBytes).toBe(0);
});

test("[EN24] exactly maxQueuedBytes stay, one byte more closes with 1013", async () => {
  const setup = await setUp({ highWaterBytes: 1000, maxQueuedBytes: 200_000 });
  await fill(setup, 130_000);
  const { line, peer, closed, clock } = setup;
  while (line.bufferedBytes < 200_000) {
    const missingBytes = 200_000 - line.bufferedBytes;
    line.send(new Uint8Array(missingBytes < 50_000 ? missingBytes - 4 : 49_000));
  }
  expect([line.bufferedBytes, line.state]).toEqual([200_000, "open"]);
  expect(line.send("")).toBe(false);
  expect(line.state).toBe("closing");
  clock.advance(5_200);
  expect(await closed).toEqual({
    code: 1013,
    reason: "More than 200000 bytes were waiting to be read",
    by: "us",
    wasClean: false,
  });
  peer.destroy();
});

test("[EN25] between pause and resume nothing is told, in the middle of a chunk too, and nothing is lost", async () => {
  const { messages, message, until } = collect();
  const paused = deferred<ServerSocket>();
  const setup = await setUp({
    message(socket, data) {
      message(socket, data);
      if (data !== "2") return;
      socket.pause();
      paused.resolve(socket);
    },
  });
  const { peer } = setup;
  peer.write(Buffer.concat(["1", "2", "3", "4"].map((text) => rawFrame(1, text))));
  const line = await paused.promise;
  peer.write(rawFrame(1, "5"));
  await turn();
  await turn();
  expect(messages).toEqual(["1", "2"]);
  const done = until("5");
  line.resume();
  expect(messages).toEqual(["1", "2"]);
  await done;
  expect(messages).toEqual(["1", "2", "3", "4", "5"]);
});

test("[EN25] a handler that pauses and resumes at once changes nothing", async () => {
  const { messages, message, until } = collect();
  const { peer } = await setUp({
    message(socket, data) {
      socket.pause();
      socket.resume();
      message(socket, data);
    },
  });
  const done = until("3");
  peer.write(Buffer.concat(["1", "2", "3"].map((text) => rawFrame(1, text))));
  await done;
  expect(messages).toEqual(["1", "2", "3"]);
});

test("[EN25] what a peer said before it left is told after resume, then its close", async () => {
  const { messages, message } = collect();
  const paused = deferred<ServerSocket>();
  const { peer, closed } = await setUp({
    message(socket, data) {
      message(socket, data);
      if (messages.length > 1) return;
      socket.pause();
      paused.resolve(socket);
    },
  });
  peer.write(Buffer.concat([rawFrame(1, "1"), rawFrame(1, "2"), rawClose(1000, "bye")]));
  const line = await paused.promise;
  expect(line.state).toBe("open"); // the end is not told yet
  line.resume();
  expect((await peer.readFrame()).opcode).toBe(8);
  peer.socket.end();
  expect(await closed).toEqual({ code: 1000, reason: "bye", by: "peer", wasClean: true });
  expect(messages).toEqual(["1", "2"]);
});

test("[EN25, EN40] closing a paused line reads on for the peer's close frame, and tells no more messages", async () => {
  const { messages, message } = collect();
  const { peer, line, closed } = await setUp({ message });
  line.pause();
  peer.write(rawFrame(1, "unheard"));
  line.close(4000, "enough");
  await peer.readFrame();
  peer.write(rawClose(4000));
  await peer.readToEnd();
  peer.socket.end();
  expect(await closed).toEqual({ code: 4000, reason: "enough", by: "us", wasClean: true });
  expect(messages).toEqual([]);
});

// ---- failures

for (const [name, fail] of [
  [
    "throws",
    () => {
      throw new Error("boom");
    },
  ],
  ["rejects", () => Promise.reject(new Error("boom"))],
] as const) {
  test(`[EN30] a message handler that ${name} is told to error and closes its connection with 1011, and no other`, async () => {
    const errors: unknown[] = [];
    const { peer, port, closed, line } = await setUp({
      message: (socket, data) => (data === "fail" ? fail() : void socket.send(data)),
      error: (error, socket) => void errors.push(error, socket),
    });
    const other = await RawPeer.open(port);
    cleanups.push(() => other.destroy());
    // A second one in the same chunk is not told to a handler that has thrown.
    peer.write(Buffer.concat(name === "throws" ? [rawFrame(1, "fail"), rawFrame(1, "fail")] : [rawFrame(1, "fail")]));
    expect((await peer.readFrame()).payload.toString("latin1")).toBe("\x03\xf3Internal error");
    other.write(rawFrame(1, "still here"));
    expect(await other.readText()).toBe("still here");
    peer.write(rawClose(1011));
    peer.socket.end();
    expect(await closed).toMatchObject({ code: 1011, by: "us", wasClean: true });
    expect(errors).toEqual([new Error("boom"), line]);
  });
}

test("[EN30] every handler is guarded", async () => {
  const errors: unknown[] = [];
  const closed = deferred<void>();
  const fail = (name: string) => () => {
    if (name === "close") closed.resolve();
    throw new Error(name);
  };
  const { peer, port } = await setUp({
    ping: fail("ping"),
    close: fail("close"),
    error: (error) => void errors.push((error as Error).message),
  });
  peer.write(rawFrame(9));
  peer.destroy();
  await closed.promise;
  const server = createWebSocketServer({
    open: fail("open"),
    error: (error) => void errors.push((error as Error).message),
  });
  const { port: otherPort } = await server.listen({ port: 0 });
  cleanups.push(() => server.close({ graceMs: 1 }));
  const other = await RawPeer.open(otherPort);
  expect((await other.readFrame()).payload.readUInt16BE()).toBe(1011);
  other.destroy();
  expect(errors).toContain("open");
  expect(errors).toContain("close");
  expect(port).not.toBe(otherPort);
});

test("[EN30] without an error handler, or with one that throws, a failure is a process warning", async () => {
  for (const error of [
    undefined,
    () => {
      throw new Error("from error");
    },
  ]) {
    const warned = once(process, "warning");
    const { peer } = await setUp({
      message: () => {
        throw new Error("from message");
      },
      ...(error === undefined ? {} : { error }),
    });
    peer.write(rawFrame(1, "x"));
    expect((await peer.readFrame()).payload.readUInt16BE()).toBe(1011);
    const [warning] = await warned;
    expect((warning as Error).message).toBe(error === undefined ? "from message" : "from error");
  }
});

test("[EN31] an unmasked frame is answered with 1002 and the end, and the rest is thrown away", async () => {
  const { messages, message } = collect();
  const { peer, closed, sockets } = await setUp({ message });
  peer.write(Buffer.concat([rawFrame(1, "good"), rawFrame(1, "bad", { maskingKey: undefined }), rawFrame(1, "after")]));
  const frame = await peer.readFrame();
  expect([frame.opcode, frame.payload.readUInt16BE()]).toEqual([8, 1002]);
  expect(await peer.readToEnd()).toBe("");
  peer.write(rawFrame(1, "even later"));
  peer.socket.end();
  expect(await closed).toMatchObject({ code: 1002, by: "us", wasClean: false });
  expect(messages).toEqual(["good"]);
  expect(sockets.size).toBe(0);
});

// ---- closing

test("[EN40] close sends what was sent before, then the close frame; the server ends first; then it is clean", async () => {
  const { peer, line, closed } = await setUp();
  line.send("last words");
  line.close(4001, "done");
  expect(line.state).toBe("closing");
  expect(await peer.readText()).toBe("last words");
  expect((await peer.readFrame()).payload.toString("latin1")).toBe("\x0f\xa1done");
  peer.write(rawClose(4001));
  expect(await peer.readToEnd()).toBe("");
  peer.socket.end();
  expect(await closed).toEqual({ code: 4001, reason: "done", by: "us", wasClean: true });
  expect(line.state).toBe("closed");
});

test("[EN40] messages that cross our close frame are told", async () => {
  const { messages, message, until } = collect();
  const { peer, line, closed } = await setUp({ message });
  line.close();
  const crossing = until("crossing");
  peer.write(Buffer.concat([rawFrame(1, "crossing"), rawClose(1000)]));
  await crossing;
  peer.socket.end();
  expect(await closed).toMatchObject({ wasClean: true });
  expect(messages).toEqual(["crossing"]);
});

test("[EN41] a peer's close frame is answered with its code, and the server ends the transport", async () => {
  const { peer, closed } = await setUp();
  peer.write(rawClose(4999, "leaving"));
  const answer = await peer.readFrame();
  expect([answer.opcode, answer.payload.readUInt16BE()]).toEqual([8, 4999]);
  expect(await peer.readToEnd()).toBe("");
  peer.socket.end();
  expect(await closed).toEqual({ code: 4999, reason: "leaving", by: "peer", wasClean: true });
});

test("[EN41] a close frame without a code is told as 1005", async () => {
  const { peer, closed } = await setUp();
  peer.write(rawFrame(8));
  peer.socket.end();
  expect(await closed).toEqual({ code: 1005, reason: "", by: "peer", wasClean: true });
});

test("[EN42] a peer that does not answer the close frame is cut after closeTimeoutMs", async () => {
  const { peer, line, closed, clock, transport } = await setUp({ closeTimeoutMs: 2_000 });
  line.close(1000, "hello?");
  await peer.readFrame();
  clock.advance(1_900);
  expect(transport.destroyed).toBe(false);
  clock.advance(200);
  expect(transport.destroyed).toBe(true);
  expect(await closed).toEqual({ code: 1000, reason: "hello?", by: "us", wasClean: false });
});

test("[EN42] a peer that answers but does not end the transport is cut too, and it was clean", async () => {
  const { peer, closed, clock, transport } = await setUp();
  peer.write(rawClose(1000));
  await peer.readToEnd();
  clock.advance(4_900);
  expect(transport.destroyed).toBe(false);
  clock.advance(200);
  expect(await closed).toMatchObject({ by: "peer", wasClean: true });
});

test("[EN43] a transport that ends without a close frame is told by network, and our half does not stay open", async () => {
  const { peer, closed, transport, sockets } = await setUp();
  peer.socket.end();
  expect(await closed).toEqual({
    code: 1006,
    reason: "The peer ended the connection without a close frame",
    by: "network",
    wasClean: false,
  });
  expect([transport.destroyed, sockets.size]).toEqual([true, 0]);
});

test("[EN43] a reset is told by network with what the operating system said", async () => {
  const { peer, closed } = await setUp();
  peer.socket.resetAndDestroy();
  expect(await closed).toEqual({ code: 1006, reason: "read ECONNRESET", by: "network", wasClean: false });
});

test("[EN43] an end that comes while we are paused is told after what came before it", async () => {
  const { messages, message } = collect();
  const paused = deferred<ServerSocket>();
  const { peer, closed, transport } = await setUp({
    directIo: false, // with it, a paused socket's end is not even read
    message(socket, data) {
      message(socket, data);
      if (messages.length > 1) return;
      socket.pause();
      paused.resolve(socket);
    },
  });
  peer.write(Buffer.concat([rawFrame(1, "1"), rawFrame(1, "2")]));
  const line = await paused.promise;
  const ended = once(transport, "end");
  peer.socket.end();
  await ended;
  line.resume();
  expect(await closed).toMatchObject({ code: 1006, by: "network" });
  expect(messages).toEqual(["1", "2"]);
});

test("[EN44] terminate cuts at once, without a close frame", async () => {
  const { peer, line, closed } = await setUp();
  line.send("lost");
  line.terminate();
  expect(await peer.readToEnd()).toBe("");
  expect(await closed).toEqual({ code: 1006, reason: "The connection was terminated", by: "us", wasClean: false });
});

test("[EN44] what came in the same chunk is not told after terminate", async () => {
  const messages: unknown[] = [];
  const { peer, closed } = await setUp({
    message(socket, data) {
      messages.push(data);
      socket.terminate();
    },
  });
  peer.write(Buffer.concat([rawFrame(1, "1"), rawFrame(1, "2"), rawClose(1000)]));
  expect(await closed).toMatchObject({ code: 1006, by: "us", wasClean: false });
  expect(messages).toEqual(["1"]);
});

test("[EN45] close is told once and last, and the connection is in sockets until then", async () => {
  const told: string[] = [];
  const { peer, line, sockets, closed } = await setUp({
    open: () => void told.push("open"),
    message: (_socket, data) => void told.push(String(data)),
    close: (socket) => void told.push(`close, ${socket.state}, ${sockets.has(socket)}`),
  });
  expect([...sockets]).toEqual([line]);
  peer.write(Buffer.concat([rawFrame(1, "hi"), rawClose(1000), rawFrame(1, "too late")]));
  peer.socket.end();
  await closed;
  line.terminate();
  line.close();
  await turn();
  expect(told).toEqual(["open", "hi", "close, closed, false"]);
});

test("[EN45] a connection that is gone leaves no timer behind, whatever it was waiting for", async () => {
  const idle = await setUp();
  idle.peer.destroy();
  await idle.closed;
  const closing = await setUp();
  closing.line.close();
  closing.peer.destroy();
  await closing.closed;
  const stalled = await setUp();
  await fill(stalled, 1_000_000);
  stalled.peer.destroy();
  await stalled.closed;
  expect([idle.clock.isTicking, closing.clock.isTicking, stalled.clock.isTicking]).toEqual([false, false, false]);
});

test("[EN26] on a closed connection nothing does harm, and send is false", async () => {
  const { peer, line, closed } = await setUp();
  peer.destroy();
  await closed;
  expect([
    line.send("x"),
    line.send(new Uint8Array(100_000)),
    line.state,
    line.remoteAddress,
    line.bufferedBytes,
  ]).toEqual([false, false, "closed", "127.0.0.1", 0]);
  line.ping();
  line.close();
  line.terminate();
  line.pause();
  line.resume();
  await turn();
});

test("[EN26] on a closing connection nothing is sent behind the close frame", async () => {
  const { peer, line } = await setUp();
  line.close();
  expect(line.send("x")).toBe(false);
  line.ping();
  line.close(4000);
  line.pause();
  expect((await peer.readFrame()).opcode).toBe(8);
  peer.write(rawClose(1000));
  expect(await peer.readToEnd()).toBe("");
});

test("[EN47] a close code or reason that may not be sent throws and closes nothing", async () => {
  const { line } = await setUp();
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5]) {
    expect(() => line.close(code)).toThrow(expect.objectContaining({ code: "ERR_CLOSE_CODE" }));
  }
  expect(() => line.close(1000, "x".repeat(124))).toThrow(expect.objectContaining({ code: "ERR_CLOSE_REASON" }));
  expect(line.state).toBe("open");
});

// ---- deadlines

test("[EN50] a silent peer is sent one ping after pingAfterMs; a byte of any kind puts it off", async () => {
  const { peer, clock } = await setUp({ message: (socket) => void socket.send("heard") });
  clock.advance(24_900);
  peer.write(rawFrame(1, "here I am"));
  expect(await peer.readText()).toBe("heard");
  clock.advance(24_900);
  peer.write(rawFrame(1, "x").subarray(0, 1));
  peer.write(rawFrame(1, "x").subarray(1));
  expect(await peer.readText()).toBe("heard");
  clock.advance(25_200);
  expect(await peer.readFrame()).toMatchObject({ opcode: 9, payload: Buffer.alloc(0) });
  peer.write(rawFrame(10));
  peer.write(rawFrame(1, "x"));
  expect(await peer.readText()).toBe("heard");
  clock.advance(24_800);
  peer.write(rawFrame(1, "x"));
  expect(await peer.readText()).toBe("heard");
});

test("[EN51] a peer that was silent for deadAfterMs is cut", async () => {
  const { peer, clock, closed, transport } = await setUp();
  clock.advance(25_100);
  expect((await peer.readFrame()).opcode).toBe(9);
  clock.advance(14_800);
  expect(transport.destroyed).toBe(false);
  clock.advance(300);
  expect(await closed).toEqual({
    code: 1006,
    reason: "Nothing was received for 40000 ms",
    by: "timeout",
    wasClean: false,
  });
  expect(await peer.readToEnd()).toBe("");
});

test("[EN51] without pings a silent peer is still cut, with Infinity never", async () => {
  const noPing = await setUp({ pingAfterMs: Infinity, deadAfterMs: 1_000 });
  noPing.clock.advance(1_200);
  expect(await noPing.closed).toMatchObject({ by: "timeout" });
  const never = await setUp({ pingAfterMs: Infinity, deadAfterMs: Infinity });
  never.clock.advance(10_000_000);
  expect(never.transport.destroyed).toBe(false);
});

test("[EN52] a peer that talks but takes nothing for stalledAfterMs is cut", async () => {
  const setup = await setUp({ pingAfterMs: 1_000_000, deadAfterMs: 1_000_000 });
  await fill(setup, 2_000_000);
  setup.clock.advance(29_900);
  setup.peer.write(rawFrame(1, "but I am here"));
  await turn();
  expect(setup.transport.destroyed).toBe(false);
  setup.clock.advance(200);
  expect(await setup.closed).toEqual({
    code: 1006,
    reason: "Nothing of what was sent was taken for 30000 ms",
    by: "timeout",
    wasClean: false,
  });
});

test("[EN53] while we are paused silence is not death, and after resume the time begins anew", async () => {
  const { clock, line, transport } = await setUp();
  line.pause();
  clock.advance(200_000);
  expect(transport.destroyed).toBe(false);
  line.resume();
  clock.advance(39_800);
  expect(transport.destroyed).toBe(false);
  clock.advance(300);
  expect(transport.destroyed).toBe(true);
});

test("[EN53] a peer that makes room by reading is alive, though it says nothing", async () => {
  const drained = deferred<void>();
  const setup = await setUp({ highWaterBytes: 1000, drain: () => drained.resolve() });
  await fill(setup, 1_000_000);
  setup.clock.advance(20_000);
  setup.peer.socket.resume();
  await drained.promise;
  setup.clock.advance(39_800);
  expect(setup.transport.destroyed).toBe(false);
  setup.clock.advance(300);
  expect(setup.transport.destroyed).toBe(true);
});

test("[EN50] pings are told and answered, pongs are told", async () => {
  const told: string[] = [];
  const ponged = deferred<void>();
  const { peer, line } = await setUp({
    ping: (_socket, data) => void told.push(`ping ${Buffer.from(data).toString()}`),
    pong(_socket, data) {
      told.push(`pong ${Buffer.from(data).toString()}`);
      ponged.resolve();
    },
  });
  peer.write(rawFrame(9, "a"));
  expect(await peer.readFrame()).toMatchObject({ opcode: 10, payload: Buffer.from("a") });
  line.ping(Buffer.from("b"));
  expect(await peer.readFrame()).toMatchObject({ opcode: 9, payload: Buffer.from("b") });
  peer.write(rawFrame(10, "b"));
  await ponged.promise;
  expect(told).toEqual(["ping a", "pong b"]);
});

/** Sends bytes and resolves when the server has read them. */
async function arrive(transport: Socket, peer: RawPeer, bytes: Uint8Array): Promise<void> {
  const untilBytes = transport.bytesRead + bytes.length;
  peer.write(bytes);
  while (transport.bytesRead < untilBytes) await turn();
}

test("[EN57] a message that takes longer than messageTimeoutMs to come is refused with 1008, however steadily it drips", async () => {
  const { clock, peer, transport, closed } = await setUp({ messageTimeoutMs: 3000 });
  const frame = rawFrame(0x1, "slowly");
  for (const byte of frame.subarray(0, 5)) {
    await arrive(transport, peer, Buffer.from([byte]));
    clock.advance(700);
  }
  await peer.readToEnd();
  peer.socket.end();
  expect(await closed).toMatchObject({ code: 1008, by: "us", reason: "A message took longer than 3000 ms to come" });
});

test("[EN57] the time of one message is not the next one's, and there is no deadline between messages or while we do not read", async () => {
  const heard: unknown[] = [];
  const { clock, line, peer, transport } = await setUp({
    messageTimeoutMs: 3000,
    message: (_socket, data) => heard.push(data),
  });
  const [head, tail] = [rawFrame(0x1, "ab").subarray(0, 4), rawFrame(0x1, "ab").subarray(4)];
  await arrive(transport, peer, head);
  clock.advance(2000);
  await arrive(transport, peer, Buffer.concat([tail, head]));
  clock.advance(2000);
  line.pause();
  clock.advance(9000);
  line.resume();
  await arrive(transport, peer, tail);
  clock.advance(9000);
  expect(heard).toEqual(["ab", "ab"]);
  expect(line.state).toBe("open");
});

test("[EN58] a peer may ping maxPingCount times in 10 s; one more is refused with 1008", async () => {
  const { clock, line, peer, transport, closed } = await setUp({ maxPingCount: 3 });
  const ping = rawFrame(0x9, "");
  for (let round = 0; round < 2; round++) {
    await arrive(transport, peer, Buffer.concat([ping, ping, ping]));
    clock.advance(10_000);
  }
  expect(line.state).toBe("open");
  peer.write(Buffer.concat([ping, ping, ping, ping]));
  await peer.readToEnd();
  peer.socket.end();
  expect(await closed).toMatchObject({ code: 1008, by: "us", reason: "More than 3 pings came within 10000 ms" });
});

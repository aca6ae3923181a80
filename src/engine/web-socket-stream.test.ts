import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { deferred } from "./deferred.ts";
import {
  createWebSocketServer,
  reject,
  type ServerOptions,
  type ServerSocket,
  WebSocketError,
  WebSocketStream,
  type WebSocketStreamOptions,
  type WritableMessage,
} from "./index.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(options: ServerOptions = {}): Promise<string> {
  const server = createWebSocketServer({
    protocols: ["alpha", "beta"],
    message: (socket, data) => void socket.send(data),
    maxMessageBytes: Infinity,
    maxQueuedBytes: Infinity,
    ...options,
  });
  cleanups.push(() => server.close({ graceMs: 1 }));
  return (await server.listen({ port: 0 })).url;
}

function expectDomException(name: string, run: () => unknown): void {
  expect(run).toThrow(expect.objectContaining({ name, constructor: DOMException }));
}

const mebibyte = 2 ** 20;

test("[ST40] the constructor refuses what the standard does", () => {
  const Untyped = WebSocketStream as unknown as new (...values: unknown[]) => WebSocketStream;
  expect(() => new Untyped()).toThrow(TypeError);
  expect(() => new Untyped("ws://127.0.0.1:1/", true)).toThrow(TypeError);
  expect(() => new Untyped("ws://127.0.0.1:1/", { protocols: "hi" })).toThrow(TypeError);
  expectDomException("SyntaxError", () => new WebSocketStream("invalid:"));
  expectDomException("SyntaxError", () => new WebSocketStream("ws://127.0.0.1:1/", { protocols: ["a", "a"] }));
  expect(Object.prototype.toString.call(new WebSocketStream("ws://127.0.0.1:1/"))).toBe("[object WebSocketStream]");
});

test("[ST40] opened gives the streams, the protocol and the extensions; messages cross as strings and Uint8Arrays", async () => {
  const url = await serve();
  const stream = new WebSocketStream(url, { protocols: ["beta", "alpha"] });
  const { readable, writable, protocol, extensions } = await stream.opened;
  expect([stream.url, protocol, extensions]).toEqual([url, "alpha", ""]);
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  const sent: WritableMessage[] = ["text", Uint8Array.of(1, 2), new DataView(new ArrayBuffer(3)), 7 as never];
  for (const message of sent) await writer.write(message);
  const received: (string | Uint8Array | undefined)[] = [];
  for (const _ of sent) received.push((await reader.read()).value);
  expect(received).toEqual(["text", Uint8Array.of(1, 2), new Uint8Array(3), "7"]);
  expect((received[1] as Uint8Array).constructor).toBe(Uint8Array);
  stream.close();
  expect(await stream.closed).toEqual({ closeCode: 1005, reason: "" });
});

test("[ST41] a reader that does not read stops the socket one message ahead", async () => {
  const sockets: ServerSocket[] = [];
  const url = await serve({ open: (socket) => void sockets.push(socket) });
  const { readable } = await new WebSocketStream(url).opened;
  const message = new Uint8Array(mebibyte);
  for (let count = 0; count < 32; count++) sockets[0]?.send(message);
  let [before, after] = [-1, -2];
  while (before !== after) {
    before = after;
    for (let count = 0; count < 100; count++) await turn();
    after = sockets[0]?.bufferedBytes ?? 0;
  }
  expect(after).toBeGreaterThan(16 * mebibyte);
  const reader = readable.getReader();
  for (let count = 0; count < 32; count++) expect((await reader.read()).value?.length).toBe(mebibyte);
  expect(sockets[0]?.bufferedBytes).toBe(0);
});

test("[ST42] a write is done when the peer has taken it, and desiredSize says so", async () => {
  const sockets: ServerSocket[] = [];
  const url = await serve({
    open(socket) {
      sockets.push(socket);
      socket.pause();
    },
  });
  const { writable } = await new WebSocketStream(url).opened;
  const writer = writable.getWriter();
  await writer.write("small");
  expect(writer.desiredSize).toBe(1);
  let isDone = false;
  const written = writer.write(new Uint8Array(16 * mebibyte)).then(() => {
    isDone = true;
  });
  for (let count = 0; count < 200; count++) await turn();
  expect([isDone, writer.desiredSize]).toEqual([false, 0]);
  sockets[0]?.resume();
  await written;
  await writer.ready;
  expect(writer.desiredSize).toBe(1);
});

test("[ST42] what cannot be written rejects its write with a TypeError", async () => {
  const url = await serve();
  const resizable = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }]) as ArrayBuffer;
  const odd = {
    toString(): unknown {
      return this;
    },
  };
  for (const message of [odd, new Uint8Array(new SharedArrayBuffer(8)), resizable, new Uint8Array(resizable)]) {
    const { writable } = await new WebSocketStream(url).opened;
    await expect(writable.getWriter().write(message as never)).rejects.toThrow(TypeError);
  }
});

test("[ST43] close() sends code and reason, an empty frame, or 1000 with a reason alone; invalid ones throw", async () => {
  const url = await serve();
  const cases = [
    [
      { closeCode: 3456, reason: "pizza" },
      { closeCode: 3456, reason: "pizza" },
    ],
    [undefined, { closeCode: 1005, reason: "" }],
    [{}, { closeCode: 1005, reason: "" }],
    [{ reason: "" }, { closeCode: 1005, reason: "" }],
    [{ reason: "why" }, { closeCode: 1000, reason: "" }],
  ] as const;
  for (const [given, told] of cases) {
    const stream = new WebSocketStream(url);
    await stream.opened;
    stream.close(given);
    expect((await stream.closed).closeCode).toBe(told.closeCode);
  }
  const stream = new WebSocketStream(url);
  await stream.opened;
  expect(() => stream.close(true as never)).toThrow(TypeError);
  expect(() => stream.close({ closeCode: 70_000 })).toThrow(TypeError);
  for (const closeCode of [999, 1001, 2999, 5000]) {
    expectDomException("InvalidAccessError", () => stream.close({ closeCode }));
  }
  expectDomException("SyntaxError", () => stream.close({ reason: "x".repeat(124) }));
  stream.close(null as never);
  await expect(stream.closed).resolves.toMatchObject({ closeCode: 1005 });
});

test("[ST43] closing the writable waits for the peer's close frame; aborting and cancelling close too, with what a WebSocketError says", async () => {
  const url = await serve();
  for (const method of ["close", "abort", "cancel"] as const) {
    const stream = new WebSocketStream(url);
    const { readable, writable } = await stream.opened;
    if (method === "close") await writable.getWriter().close();
    else if (method === "abort") await writable.abort({ closeCode: 3456 });
    else await readable.cancel({ closeCode: 3456 });
    expect(await stream.closed).toEqual({ closeCode: 1005, reason: "" });
  }
  for (const method of ["abort", "cancel"] as const) {
    const stream = new WebSocketStream(url);
    const { readable, writable } = await stream.opened;
    const error = new WebSocketError("", { closeCode: 3333, reason: "set" });
    await (method === "abort" ? writable.abort(error) : readable.cancel(error));
    expect((await stream.closed).closeCode).toBe(3333);
  }
});

test("[ST43] close() is answered though nobody reads what lies before the answer", async () => {
  const url = await serve({
    open(socket) {
      for (let count = 0; count < 10; count++) socket.send("unread");
    },
  });
  const stream = new WebSocketStream(url);
  await stream.opened;
  for (let count = 0; count < 10; count++) await turn();
  stream.close();
  expect(await stream.closed).toEqual({ closeCode: 1005, reason: "" });
});

test("[ST44] a clean close of the peer ends the readable, fails the writable with InvalidStateError, and tells code and reason", async () => {
  const url = await serve({
    open(socket) {
      socket.send("last");
      socket.close(4000, "ロボット");
    },
  });
  const stream = new WebSocketStream(url);
  const { readable, writable } = await stream.opened;
  const reader = readable.getReader();
  expect(await reader.read()).toEqual({ done: false, value: "last" });
  expect(await reader.read()).toEqual({ done: true, value: undefined });
  expect(await stream.closed).toEqual({ closeCode: 4000, reason: "ロボット" });
  await expect(writable.getWriter().closed).rejects.toMatchObject({ name: "InvalidStateError" });
});

test("[ST44] a connection that breaks fails closed and both streams with the same WebSocketError, 1006", async () => {
  const url = await serve({ open: (socket) => void setImmediate(() => socket.terminate()) });
  const stream = new WebSocketStream(url);
  const { readable, writable } = await stream.opened;
  const error: unknown = await stream.closed.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(WebSocketError);
  expect(error).toMatchObject({ name: "WebSocketError", closeCode: 1006 });
  await expect(readable.getReader().read()).rejects.toBe(error);
  await expect(writable.getWriter().closed).rejects.toBe(error);
});

test("[ST44] a close with something unwritten is not clean: the write and closed reject, with the peer's code", async () => {
  const url = await serve({
    open(socket) {
      socket.pause();
      setImmediate(() => socket.close(4567));
    },
  });
  const stream = new WebSocketStream(url);
  const { writable } = await stream.opened;
  const write = writable.getWriter().write(new Uint8Array(20 * mebibyte));
  const written = write.catch((error: unknown) => error);
  await expect(stream.closed).rejects.toMatchObject({ closeCode: 4567 });
  expect(await written).toBeInstanceOf(WebSocketError);
});

test("[ST45] a refused handshake, and close() during one, reject opened and closed with a WebSocketError", async () => {
  const refused = new WebSocketStream(await serve({ upgrade: () => reject(404) }));
  const given = new WebSocketStream(await serve({ upgrade: () => new Promise(() => {}) }));
  given.close();
  for (const stream of [refused, given, new WebSocketStream("ws://127.0.0.1:22/")]) {
    await expect(stream.opened).rejects.toBeInstanceOf(WebSocketError);
    await expect(stream.closed).rejects.toBeInstanceOf(WebSocketError);
  }
});

test("[ST45] an aborted signal rejects both with its reason, before any connection is made or during the handshake; later it does nothing", async () => {
  let connectionCount = 0;
  const arrived = deferred<Socket>();
  const silent = createServer((socket) => {
    connectionCount++;
    arrived.resolve(socket);
  }).listen(0, "127.0.0.1");
  cleanups.push(() => silent.close());
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}/`;
  async function expectAborted(options: WebSocketStreamOptions): Promise<void> {
    const stream = new WebSocketStream(url, options);
    await expect(stream.opened).rejects.toMatchObject({ name: "AbortError" });
    await expect(stream.closed).rejects.toMatchObject({ name: "AbortError" });
  }
  await expectAborted({ signal: AbortSignal.abort() });
  expect(connectionCount).toBe(0);
  const during = new AbortController();
  void arrived.promise.then(() => during.abort());
  await expectAborted({ signal: during.signal });
  (await arrived.promise).destroy();
  const after = new AbortController();
  const { readable, writable } = await new WebSocketStream(await serve(), { signal: after.signal }).opened;
  after.abort();
  await writable.getWriter().write("connected");
  expect((await readable.getReader().read()).value).toBe("connected");
});

test("[ST46] WebSocketError is a DOMException with code and reason, checked as close() checks them", () => {
  const empty = new WebSocketError();
  expect([empty.name, empty.code, empty.message, empty.closeCode, empty.reason]).toEqual([
    "WebSocketError",
    0,
    "",
    null,
    "",
  ]);
  expect(empty).toBeInstanceOf(DOMException);
  const full = new WebSocketError("message", { closeCode: 3456, reason: "reason" });
  expect([full.message, full.closeCode, full.reason]).toEqual(["message", 3456, "reason"]);
  expect(new WebSocketError("", { reason: "specified" }).closeCode).toBe(1000);
  for (const closeCode of [999, 1001, 2999, 5000]) {
    expectDomException("InvalidAccessError", () => new WebSocketError("", { closeCode }));
  }
  expectDomException("SyntaxError", () => new WebSocketError("", { reason: "🔌".repeat(32) }));
});

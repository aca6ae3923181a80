import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { randomBytes } from "node:crypto";
import { constants, deflateRawSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { RawPeer, rawFrame, rawHandshake } from "../../test/raw-peer.ts";
import { writeAccept } from "../protocol/index.ts";
import {
  accept,
  type ClientSocket,
  CompressionBudget,
  connect,
  type ConnectOptions,
  createWebSocketServer,
  prepareMessage,
  type ServerOptions,
  type ServerSocket,
} from "./index.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function listen(
  options: ServerOptions,
  { http2 = false }: { readonly http2?: boolean } = {},
): Promise<{ readonly port: number; readonly url: string }> {
  const server = createWebSocketServer(options);
  cleanups.push(() => server.close({ graceMs: 1 }));
  return server.listen({ port: 0, http2 });
}

async function join(url: string, options: ConnectOptions): Promise<ClientSocket> {
  const socket = await connect(url, options);
  cleanups.push(() => socket.terminate());
  return socket;
}

async function openRaw(port: number, offer: string): Promise<RawPeer> {
  const peer = await RawPeer.open(port, { headers: { "Sec-WebSocket-Extensions": offer } });
  cleanups.push(() => peer.destroy());
  return peer;
}

/** The frame that a client sends a compressed message in. */
function compressedFrame(bytes: Uint8Array): Buffer {
  const frame = rawFrame(2, deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4));
  frame[0] = 0xc2;
  return frame;
}

const long = "The same words in every message of a channel. ".repeat(100);

test("[PD21] messages of every kind cross compressed, both ways, in order and whole", async () => {
  const compression = { contextTakeover: true, windowBits: 10 };
  const { url } = await listen({ compression, message: (socket, data) => void socket.send(data) });
  const received: (string | Uint8Array)[] = [];
  const messages = [long, "short", new TextEncoder().encode(long), new Uint8Array(100_000), "", long];
  let socket: ClientSocket | undefined;
  await new Promise<void>((resolve, reject) => {
    join(url, {
      compression,
      message: (_own, data) => {
        if (received.push(data) === messages.length) resolve();
      },
    }).then((opened) => {
      socket = opened;
      for (const message of messages) opened.send(message);
      // All of it together is shorter than one message would be as it is.
      expect(opened.bufferedBytes).toBeLessThan(long.length);
    }, reject);
  });
  expect(socket?.state).toBe("open");
  expect(received.map((data) => data.length)).toEqual(messages.map((data) => data.length));
  expect(received[0]).toBe(long);
  expect(Buffer.from(received[2] as Uint8Array).toString()).toBe(long);
});

test("[PD13] a message is compressed from the threshold on, or as it is said of it", async () => {
  const { port } = await listen({
    compression: { thresholdBytes: 20 },
    open(socket) {
      for (const length of [19, 20]) {
        for (const options of [undefined, { compress: true }, { compress: false }]) {
          for (const data of ["a".repeat(length), new Uint8Array(length), prepareMessage("a".repeat(length))]) {
            socket.send(data, options);
          }
        }
      }
    },
  });
  const peer = await openRaw(port, "permessage-deflate");
  const told: boolean[] = [];
  for (let count = 0; count < 18; count++) told.push((await peer.readFrame()).isCompressed ?? false);
  const [no, yes] = [Array(3).fill(false), Array(3).fill(true)];
  expect(told).toEqual([no, yes, no, yes, yes, no].flat());
});

test("[PD23] a streamed message is compressed if it is said so, and its receiver has the whole", async () => {
  const pieces = [long, long, "ü".repeat(70_000)];
  const { port, url } = await listen({
    compression: { contextTakeover: true },
    async open(socket) {
      await socket.sendStream(pieces, { compress: true });
      await socket.sendStream([long]);
    },
  });
  const peer = await openRaw(port, "permessage-deflate");
  const first = await peer.readFrame();
  expect([first.isCompressed, first.isFinal]).toEqual([true, false]);
  expect(first.payload.length).toBeLessThan(200);
  const received: unknown[] = [];
  await new Promise<void>((resolve) => {
    void join(url, {
      compression: { contextTakeover: true },
      maxMessageBytes: Infinity,
      message: (_socket, data) => {
        if (received.push(data) === 2) resolve();
      },
    });
  });
  expect(received).toEqual([pieces.join(""), long]);
});

test("[PD13] what is no message is refused with compression too, and nothing is sent", async () => {
  const errors: unknown[] = [];
  const { port } = await listen({
    compression: {},
    error: (error) => void errors.push(error),
    open: (socket) => void socket.send(new Float32Array(1000) as never),
  });
  const peer = await openRaw(port, "permessage-deflate");
  expect((await peer.readFrame()).opcode).toBe(8);
  expect(errors).toMatchObject([{ code: "ERR_PAYLOAD_TYPE" }]);
});

test("[PD14] a message that is prepared is compressed once for all", async () => {
  const peerCount = 20;
  const { url } = await listen({
    compression: {},
    message(socket) {
      const message = prepareMessage(long);
      let count = 0;
      const counted = Object.freeze({
        ...message,
        compressedFrame: (deflater: Parameters<typeof message.compressedFrame>[0]) =>
          message.compressedFrame({ deflate: (bytes) => (count++, deflater.deflate(bytes)) }),
      });
      for (let copy = 0; copy < peerCount; copy++) socket.send(message);
      socket.send(counted);
      socket.send(String(count));
    },
  });
  const received = await new Promise<(string | Uint8Array)[]>((resolve) => {
    const all: (string | Uint8Array)[] = [];
    void join(url, {
      compression: {},
      message: (_socket, data) => {
        if (all.push(data) === peerCount + 2) resolve(all);
      },
    }).then((socket) => socket.send("go"));
  });
  expect(received.slice(0, -1)).toEqual(Array(peerCount + 1).fill(long));
});

test("[PD21] without the option no offer is answered, and none is made", async () => {
  const { port } = await listen({});
  const raw = await RawPeer.connect(port);
  cleanups.push(() => raw.destroy());
  raw.write(rawHandshake({ headers: { "Sec-WebSocket-Extensions": "permessage-deflate" } }));
  expect(await raw.readHead()).not.toContain("Extensions");
  const requests: string[] = [];
  const server = createWebSocketServer({
    upgrade: (request) => {
      requests.push(request.headers["sec-websocket-extensions"] ?? "none");
      return accept();
    },
  });
  cleanups.push(() => server.close({ graceMs: 1 }));
  const { url } = await server.listen({ port: 0 });
  await join(url, {});
  await join(url, { compression: {} });
  expect(requests).toEqual(["none", "permessage-deflate; client_no_context_takeover; client_max_window_bits"]);
});

test("[PD21] a client whose offer is not answered sends as ever", async () => {
  const { url } = await listen({ message: (socket, data) => void socket.send(data) });
  const received = await new Promise((resolve) => {
    void join(url, { compression: {}, message: (_socket, data) => resolve(data) }).then((socket) => socket.send(long));
  });
  expect(received).toBe(long);
});

test("[PD3] offers that cannot be accepted leave the connection open, without compression", async () => {
  const { port } = await listen({ compression: {}, open: (socket) => void socket.send(long) });
  const peer = await openRaw(port, "permessage-deflate; x=1, permessage-deflate; server_max_window_bits=7");
  expect((await peer.readFrame()).isCompressed).toBeUndefined();
});

test("[PD5] a client refuses an answer that it did not offer, and destroys the socket", async () => {
  const server = createServer((socket) => {
    cleanups.push(() => socket.destroy());
    socket.once("data", (request: Buffer) => {
      const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(request.toString())?.[1] ?? "";
      const extensions = "permessage-deflate; server_max_window_bits=16";
      socket.write(Buffer.from(writeAccept({ key, protocols: [], extensions })));
    });
  });
  server.listen(0, "127.0.0.1");
  cleanups.push(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await expect(connect(`ws://127.0.0.1:${port}`, { compression: {} })).rejects.toMatchObject({
    name: "HandshakeError",
    code: "ERR_RESPONSE",
    status: 101,
  });
});

test("[PD17] an option out of its range is refused where it is given", async () => {
  expect(() => createWebSocketServer({ compression: { windowBits: 16 } })).toThrow(RangeError);
  await expect(connect("ws://127.0.0.1:1", { compression: { level: 10 } })).rejects.toThrow(RangeError);
});

test("[PD12] a bomb closes its own connection with 1009, and the server goes on", async () => {
  const { port, url } = await listen({ compression: {}, message: (socket, data) => void socket.send(data) });
  const peer = await openRaw(port, "permessage-deflate");
  peer.write(compressedFrame(new Uint8Array(2 ** 20 + 1)));
  expect((await peer.readFrame()).payload.readUInt16BE()).toBe(1009);
  const ok = await openRaw(port, "permessage-deflate");
  ok.write(compressedFrame(new Uint8Array(2 ** 20)));
  expect((await ok.readFrame()).isCompressed).toBe(true);
  await join(url, { compression: {} });
});

test("[PD20] bombs that paused connections hold are bounded together, and given back when they are delivered or lost", async () => {
  const budget = new CompressionBudget({ maxInflatedBytes: 200_000 });
  const sockets: ServerSocket[] = [];
  let deliveredCount = 0;
  const { port } = await listen({
    compression: { budget },
    message(socket) {
      deliveredCount++;
      // The first message of each connection is delivered; the others of the same chunk are held.
      if (sockets.includes(socket)) return;
      sockets.push(socket);
      socket.pause();
    },
  });
  const bombs = Buffer.concat([1, 2].map(() => compressedFrame(new Uint8Array(90_000))));
  const [first, second] = [await openRaw(port, "permessage-deflate"), await openRaw(port, "permessage-deflate")];
  first.write(bombs);
  await vi.waitFor(() => expect(sockets).toHaveLength(1));
  second.write(bombs);
  await vi.waitFor(() => expect(budget.inflatedRoomBytes).toBeLessThan(90_000));
  expect((await second.readFrame()).payload.readUInt16BE()).toBe(1013);
  for (const socket of sockets) socket.resume();
  await vi.waitFor(() => expect(budget.inflatedRoomBytes).toBe(Infinity));
  expect(deliveredCount).toBe(2);
  first.destroy();
});

test("[PD19] a connection that is gone gives its history back", async () => {
  const budget = new CompressionBudget({ maxHistoryBytes: 2 ** 15 });
  const { port } = await listen({ compression: { budget } });
  const peer = await openRaw(port, "permessage-deflate");
  expect(budget.historyRoomBytes).toBe(0);
  const other = await RawPeer.connect(port);
  cleanups.push(() => other.destroy());
  other.write(rawHandshake({ headers: { "Sec-WebSocket-Extensions": "permessage-deflate" } }));
  expect(await other.readHead()).toContain(
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n",
  );
  peer.destroy();
  await vi.waitFor(() => expect(budget.historyRoomBytes).toBe(2 ** 15));
});

for (const http2 of [false, true]) {
  test(`[EN15] both ends tell the extensions agreed on, over HTTP/${http2 ? 2 : 1.1}`, async () => {
    const told: string[] = [];
    const { url } = await listen({ compression: {}, open: ({ extensions }) => void told.push(extensions) }, { http2 });
    const compressing = await join(url, { http2, compression: { windowBits: 11 } });
    expect(compressing.extensions).toMatch(/^permessage-deflate; .*client_max_window_bits=11/);
    const plain = await join(url, { http2 });
    expect(plain.extensions).toBe("");
    expect(told).toEqual([compressing.extensions, ""]);
  });
}
test("[EN124] each message that was compressed or inflated is told, with its socket and what it saved", async () => {
  const told: unknown[] = [];
  const source = channel("switchboard:compression");
  const listener = (message: unknown): unknown => told.push(message);
  source.subscribe(listener);
  cleanups.push(() => source.unsubscribe(listener));
  const noise = randomBytes(200);
  const sockets: ServerSocket[] = [];
  const { port } = await listen({
    compression: { thresholdBytes: 100 },
    open: (socket) => void sockets.push(socket),
    message(socket) {
      socket.send("short");
      socket.send(long);
      socket.send(noise);
      for (const data of [long, "a".repeat(200), noise, randomBytes(70_000)]) socket.send(prepareMessage(data));
    },
  });
  const peer = await openRaw(port, "permessage-deflate; client_no_context_takeover; server_no_context_takeover");
  const frame = compressedFrame(new Uint8Array(5_000));
  peer.write(frame);
  const sent: number[] = [];
  while (sent.length < 7) sent.push((await peer.readFrame()).payload.length);
  const of = { role: "server", socket: sockets[0] };
  const [short, text, bytes, prepared, small, preparedNoise, large] = sent;
  expect([short, bytes, preparedNoise, large]).toEqual([5, 200, 200, 70_000]);
  expect(text).toBeLessThan(200);
  expect(told).toEqual([
    { ...of, direction: "in", messageBytes: 5_000, payloadBytes: frame.length - 6 },
    { ...of, direction: "out", messageBytes: long.length, payloadBytes: text },
    { ...of, direction: "out", messageBytes: 200, payloadBytes: 200 },
    { ...of, direction: "out", messageBytes: long.length, payloadBytes: prepared },
    { ...of, direction: "out", messageBytes: 200, payloadBytes: small },
    { ...of, direction: "out", messageBytes: 200, payloadBytes: 200 },
    { ...of, direction: "out", messageBytes: 70_000, payloadBytes: 70_000 },
  ]);
});

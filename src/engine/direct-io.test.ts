import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Socket,
  Socket as Plain,
} from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { connectPair as connectSockets, readBytes, type SocketPair } from "../../test/socket-pair.ts";
import { RawPeer, rawFrame } from "../../test/raw-peer.ts";
import { isPlain, readDirectly } from "./direct-io.ts";
import { DirectSocket } from "./direct-socket.ts";
import { connect, createWebSocketServer, type ServerOptions } from "./index.ts";
import { deferred } from "./deferred.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function connectPair(): Promise<SocketPair> {
  const pair = await connectSockets();
  cleanups.push(() => pair.close());
  return pair;
}

test("[EN130] this Node has the parts: an accepted socket and an upgraded one are read and written past their streams", async () => {
  const { ours, theirs } = await connectPair();
  const heard: string[] = [];
  ours.on("data", () => heard.push("the stream"));
  expect(isPlain(ours)).toBe(true);
  expect(readDirectly(ours, (buffer, byteCount) => heard.push(buffer.toString("utf8", 0, byteCount)))).toBe(true);
  ours.resume();
  theirs.write("hello");
  while (heard.length === 0) await turn();
  expect(heard).toEqual(["hello"]);
  const direct = new DirectSocket(ours, { settle() {} });
  expect(direct.write([Buffer.from("a"), Buffer.from("b")])).toBe(2);
  expect(direct.write([Buffer.from("c")])).toBe(1);
  expect((await readBytes(theirs, 3)).toString()).toBe("abc");
  theirs.end();
  await once(ours, "end");
});

test("[EN130] an upgraded socket of node:http is read so too", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const peer = await RawPeer.connect((server.address() as AddressInfo).port);
  cleanups.push(() => {
    peer.destroy();
    server.close();
  });
  peer.write("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
  const [, socket] = (await once(server, "upgrade")) as [IncomingMessage, Socket];
  const heard: string[] = [];
  expect(readDirectly(socket, (buffer, byteCount) => heard.push(buffer.toString("utf8", 0, byteCount)))).toBe(true);
  socket.resume();
  peer.write("hello");
  while (heard.length === 0) await turn();
  expect(heard).toEqual(["hello"]);
  socket.pause();
  peer.write(" again");
  for (let count = 0; count < 20; count++) await turn();
  expect(heard).toEqual(["hello"]);
  socket.resume();
  while (heard.length === 1) await turn();
  expect(heard).toEqual(["hello", " again"]);
  socket.destroy();
});

test("[EN130] what encrypts, what is no socket, and what the stream holds already, are left to the stream", async () => {
  const { ours, theirs } = await connectPair();
  const tls = new TLSSocket(ours);
  const duplex = new Duplex({ read() {} });
  for (const socket of [tls, duplex]) {
    expect(isPlain(socket)).toBe(false);
    expect(readDirectly(socket, () => {})).toBe(false);
  }
  theirs.unshift(Buffer.from("early"));
  expect(readDirectly(theirs, () => {})).toBe(false);
});

/** The value that Node keeps on a socket under a symbol of this name. */
function findSymbol(socket: Socket, name: string): symbol {
  return Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === name) as symbol;
}

test("[EN130] where this Node or this socket lacks a part, nothing is changed", async () => {
  for (const name of ["kBuffer", "kBufferCb", "kBufferGen"]) {
    const { ours } = await connectPair();
    const others = ["kBuffer", "kBufferCb"].filter((other) => other !== name).map((other) => findSymbol(ours, other));
    const before = others.map((symbol) => Reflect.get(ours, symbol) as unknown);
    Reflect.deleteProperty(ours, findSymbol(ours, name));
    expect(readDirectly(ours, () => {})).toBe(false);
    expect(others.map((symbol) => Reflect.get(ours, symbol) as unknown)).toEqual(before);
  }
  const { ours } = await connectPair();
  Object.assign((ours as unknown as { _handle: object })._handle, { useUserBuffer: undefined });
  expect(readDirectly(ours, () => {})).toBe(false);
  expect(isPlain(new Plain())).toBe(false);
});

test("[EN130] a Unix socket is read so too, into the buffer that all share, with the receiver's one function", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  const server = createTcpServer({ pauseOnConnect: true }).listen(join(folder, "s"));
  await once(server, "listening");
  const theirs = connectTcp(join(folder, "s"));
  const [unix] = (await once(server, "connection")) as [Socket];
  cleanups.push(() => {
    for (const socket of [unix, theirs]) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const { ours } = await connectPair();
  const receive = (): void => {};
  expect([isPlain(unix), readDirectly(unix, receive), readDirectly(ours, receive)]).toEqual([true, true, true]);
  for (const name of ["kBuffer", "kBufferCb"]) {
    expect(Reflect.get(unix, findSymbol(unix, name))).toBe(Reflect.get(ours, findSymbol(ours, name)));
  }
});

describe.each([{ directIo: true }, { directIo: false }])("with directIo $directIo", ({ directIo }) => {
  async function listen(options: ServerOptions): Promise<{ url: string; port: number }> {
    const server = createWebSocketServer({ ...options, directIo });
    cleanups.push(() => server.close({ graceMs: 100 }));
    return server.listen({ port: 0 });
  }

  test("[EN130, EN131] messages of all sizes come back whole and in order, to a peer that reads late", async () => {
    const messages = [0, 1, 4096, 4097, 70_000, 1_000_000, 3, 3_000_000, 65_536].map((count) => randomBytes(count));
    const { url } = await listen({
      maxMessageBytes: 2 ** 22,
      message: (socket, data) => socket.send(data),
    });
    const back: Uint8Array[] = [];
    const done = deferred<void>();
    const client = await connect(url, {
      directIo,
      maxMessageBytes: 2 ** 22,
      message(_socket, data) {
        back.push(data as Uint8Array);
        if (back.length === 2 * messages.length) done.resolve();
      },
    });
    client.pause();
    for (const message of [...messages, ...messages]) client.send(message);
    for (let count = 0; count < 50; count++) await turn();
    expect(back).toEqual([]);
    client.resume();
    await done.promise;
    const sent = [...messages, ...messages];
    expect(back.map((data, index) => sent[index]?.equals(data))).toEqual(sent.map(() => true));
    client.close();
  });

  test("[EN43, EN130] an end that comes while we are paused is told after what came before it", async () => {
    const told: unknown[] = [];
    const paused = deferred<() => void>();
    const closed = deferred<number>();
    const { port } = await listen({
      message(socket, data) {
        told.push(data);
        socket.pause();
        paused.resolve(() => socket.resume());
      },
      close: (_socket, { code }) => closed.resolve(code),
    });
    const peer = await RawPeer.open(port);
    peer.write(Buffer.concat([rawFrame(1, "1"), rawFrame(1, "2")]));
    const resume = await paused.promise;
    peer.socket.end();
    expect(told).toEqual(["1"]);
    resume();
    while (told.length === 1) await turn();
    resume();
    expect(await closed.promise).toBe(1006);
    expect(told).toEqual(["1", "2"]);
  });

  test("[EN23, EN130] send is false for a peer that does not read, and drain follows when it does", async () => {
    const drained = deferred<number>();
    const counts: boolean[] = [];
    const { port } = await listen({
      highWaterBytes: 100_000,
      open(socket) {
        while (counts.length < 200 && counts.at(-1) !== false) counts.push(socket.send(Buffer.alloc(60_000)));
      },
      drain: (socket) => drained.resolve(socket.bufferedBytes),
    });
    const peer = await RawPeer.open(port);
    cleanups.push(() => peer.destroy());
    for (let count = 0; count < counts.length; count++) expect((await peer.readFrame()).payload).toHaveLength(60_000);
    expect(counts.at(-1)).toBe(false);
    expect(await drained.promise).toBeLessThanOrEqual(25_000);
  });

  test("[EN27, EN131] messages of many turns, the last of them cut by a full socket, come whole and in order", async () => {
    const sent = deferred<number>();
    const { port } = await listen({
      async message(socket, data) {
        if (data === "go") return void socket.send("z".repeat(30_000));
        let count = 0;
        for (; socket.bufferedBytes === 0; count++) {
          socket.send(`${count}`.padStart(30_000));
          await turn();
        }
        socket.send("last");
        sent.resolve(count);
      },
    });
    const peer = await RawPeer.open(port);
    cleanups.push(() => peer.destroy());
    peer.socket.pause();
    peer.write(rawFrame(1, "fill"));
    const count = await sent.promise;
    const other = await RawPeer.open(port);
    cleanups.push(() => other.destroy());
    for (let turns = 0; turns < 5; turns++) {
      other.write(rawFrame(1, "go"));
      expect((await other.readFrame()).payload).toHaveLength(30_000);
    }
    peer.socket.resume();
    for (let at = 0; at < count; at++) expect((await peer.readFrame()).payload.toString().trim()).toBe(`${at}`);
    expect((await peer.readFrame()).payload.toString()).toBe("last");
  });

  test("[EN27] what a drain handler sends is not overwritten by what is sent behind it", async () => {
    const second = deferred<{ send(data: string): void }>();
    const { port } = await listen({
      highWaterBytes: 10,
      open: (socket) => (socket.id === 2 ? second.resolve(socket) : undefined),
      message: (socket) => void socket.send("more than ten bytes"),
      async drain(socket) {
        socket.send("ten bytes.");
        (await second.promise).send("z".repeat(1000));
      },
    });
    const [peer, other] = [await RawPeer.open(port), await RawPeer.open(port)];
    cleanups.push(() => peer.destroy());
    cleanups.push(() => other.destroy());
    await second.promise;
    peer.write(rawFrame(1, "go"));
    expect((await peer.readFrame()).payload.toString()).toBe("more than ten bytes");
    expect((await peer.readFrame()).payload.toString()).toBe("ten bytes.");
    expect((await other.readFrame()).payload.toString()).toBe("z".repeat(1000));
  });

  test("[EN130] a mark passed within a turn is told, from the turn's end, not from within send", async () => {
    const told: string[] = [];
    const drained = deferred<void>();
    const { port } = await listen({
      highWaterBytes: 10,
      message(socket) {
        told.push(`${socket.send("more than ten bytes")}`, `${socket.send(Buffer.alloc(70_000))}`, "returned");
      },
      drain() {
        told.push("drain");
        drained.resolve();
      },
    });
    const peer = await RawPeer.open(port);
    cleanups.push(() => peer.destroy());
    peer.write(rawFrame(1, "go"));
    await drained.promise;
    expect(told.slice(0, 1)).toEqual(["false"]);
    expect(told.slice(2)).toEqual(["returned", "drain"]);
  });
});

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createWebSocketServer, type CompressionOptions } from "switchboard/engine";
import { afterAll, expect, test } from "vitest";
import { WebSocket, WebSocketServer, type PerMessageDeflateOptions } from "ws";

// ws is there for the bench; what it makes of our compression is found out here.

const cleanups: (() => unknown)[] = [];

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const words = "The same words in every message of a channel, é and all. ";
const messages: readonly (string | Uint8Array)[] = [
  "",
  "Hello",
  words,
  words,
  new TextEncoder().encode(words.repeat(20)),
  words.repeat(2000),
  Uint8Array.from({ length: 5000 }, (_none, index) => (index * index * 31) >> 3),
  words,
];

const ours: readonly CompressionOptions[] = [true, false].flatMap((contextTakeover) =>
  [true, false].flatMap((peerContextTakeover) =>
    [9, 15].flatMap((windowBits) =>
      [9, 12, 15].map((peerWindowBits) => ({
        thresholdBytes: 0,
        contextTakeover,
        peerContextTakeover,
        windowBits,
        peerWindowBits,
      })),
    ),
  ),
);

/**
 * What ws may be told, for either of its roles. `undefined` leaves it open. 9 bits are the least: as a server ws answers 400 to a client
 * that offers a smaller window than it was told, instead of taking the smaller.
 */
const theirs: readonly PerMessageDeflateOptions[] = [true, undefined].flatMap((serverNoContextTakeover) =>
  [true, undefined].flatMap((clientNoContextTakeover) =>
    [9, undefined].flatMap((serverMaxWindowBits) =>
      [9, undefined].map((clientMaxWindowBits) =>
        withoutUndefined({
          threshold: 0,
          serverNoContextTakeover,
          clientNoContextTakeover,
          serverMaxWindowBits,
          clientMaxWindowBits,
        }),
      ),
    ),
  ),
);

function withoutUndefined(options: Readonly<Record<string, number | boolean | undefined>>): PerMessageDeflateOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function isSame(one: string | Uint8Array | undefined, other: string | Uint8Array | undefined): boolean {
  return typeof one === typeof other && Buffer.compare(Buffer.from(one ?? ""), Buffer.from(other ?? "")) === 0;
}

test("[PD21] ws, as a client with any parameters, gets every message back from our server with any options", async () => {
  for (const compression of ours) {
    const server = createWebSocketServer({ compression, message: (socket, data) => void socket.send(data) });
    const { url } = await server.listen({ port: 0 });
    await Promise.all(
      theirs.map(async (perMessageDeflate) => {
        const client = new WebSocket(url, { perMessageDeflate });
        const received: (string | Uint8Array)[] = [];
        client.on("message", (data, isBinary) => {
          received.push(isBinary ? (data as Buffer) : (data as Buffer).toString());
          if (received.length === messages.length) client.close();
        });
        await once(client, "open");
        expect(client.extensions).toBe("permessage-deflate");
        for (const message of messages) client.send(message);
        const [code] = (await once(client, "close")) as [number];
        const name = JSON.stringify({ compression, perMessageDeflate });
        expect(code, name).toBe(1005);
        expect(
          messages.map((message, index) => isSame(message, received[index])),
          name,
        ).not.toContain(false);
      }),
    );
    await server.close({ graceMs: 1 });
  }
});

test("[PD21] ws, as a server with any parameters, echoes every message of our client with any options", async () => {
  for (const perMessageDeflate of theirs) {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate });
    cleanups.push(() => server.close());
    server.on("connection", (socket) =>
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
    );
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const told = await Promise.all(ours.map((compression) => talk(`ws://127.0.0.1:${port}`, compression)));
    expect(told, JSON.stringify(perMessageDeflate)).toEqual(ours.map(() => ({ code: 1000, isEchoed: true })));
  }
});

async function talk(
  url: string,
  compression: CompressionOptions,
): Promise<{ readonly code: number; readonly isEchoed: boolean }> {
  const received: (string | Uint8Array)[] = [];
  const { promise: closed, resolve } = withResolvers<number>();
  const socket = await connect(url, {
    compression,
    message(own, data) {
      received.push(data);
      if (received.length === messages.length) own.close();
    },
    close: (_own, info) => resolve(info.code),
  });
  for (const message of messages) socket.send(message);
  const code = await closed;
  return { code, isEchoed: messages.every((message, index) => isSame(message, received[index])) };
}

function withResolvers<Value>(): { readonly promise: Promise<Value>; readonly resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}

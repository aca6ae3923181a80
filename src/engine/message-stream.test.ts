import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { deferred } from "./deferred.ts";
import { cleanups, setUp } from "../../test/line-setup.ts";
import { rawClose, rawFrame } from "../../test/raw-peer.ts";
import { connect, createWebSocketServer, type MessageStream } from "./index.ts";

const mebibyte = 2 ** 20;

/** What `messageStream` was given, one array of pieces for each message; `until` waits for the end of the nth. */
function collect(): {
  readonly messages: (string | Uint8Array)[][];
  readonly types: string[];
  readonly messageStream: (socket: unknown, message: MessageStream) => Promise<void>;
  readonly until: (count: number) => Promise<void>;
} {
  const [messages, types]: [(string | Uint8Array)[][], string[]] = [[], []];
  const ends = Array.from({ length: 10 }, () => deferred());
  let endCount = 0;
  return {
    messages,
    types,
    async messageStream(_socket, message) {
      const pieces: (string | Uint8Array)[] = [];
      messages.push(pieces);
      types.push(message.type);
      for await (const piece of message) pieces.push(piece);
      ends[endCount++]?.resolve();
    },
    until: async (count) => ends[count - 1]?.promise,
  };
}

test("[ST10] messages are told by their type and in their order, in pieces of whole characters, empty ones without a piece", async () => {
  const { messages, types, messageStream, until } = collect();
  const { peer } = await setUp({ messageStream });
  const text = Buffer.from("grüße");
  peer.write(rawFrame(1, text.subarray(0, 3), { isFinal: false }));
  peer.write(Buffer.concat([rawFrame(0, text.subarray(3)), rawFrame(2), rawFrame(2, Buffer.from([1])), rawFrame(1)]));
  await until(4);
  expect(types).toEqual(["text", "binary", "binary", "text"]);
  expect(messages.map((pieces) => (typeof pieces[0] === "string" ? pieces.join("") : pieces))).toEqual([
    "grüße",
    [],
    [Uint8Array.of(1)],
    [],
  ]);
});

test("[ST10] the first piece is told before the frame it is of has come to its end", async () => {
  const first = deferred<string | Uint8Array>();
  const { peer } = await setUp({
    async messageStream(_socket, message) {
      for await (const piece of message) first.resolve(piece);
    },
  });
  peer.write(rawFrame(1, "the beginning and the end").subarray(0, 6 + 13));
  expect(await first.promise).toBe("the beginning");
});

test("[ST11] who does not read is not sent to: the socket is paused, the peer's bytes stay with the peer", async () => {
  const opened = deferred<MessageStream>();
  const { peer, transport, closed } = await setUp({
    messageStream: (_socket, message) => opened.resolve(message),
    maxStreamedMessageBytes: 32 * mebibyte,
  });
  peer.write(rawFrame(2, new Uint8Array(32 * mebibyte), { maskingKey: 0 }));
  const message = await opened.promise;
  await turn();
  expect(transport.isPaused()).toBe(true);
  expect(transport.bytesRead).toBeLessThan(mebibyte / 2);
  expect(peer.socket.writableLength).toBeGreaterThan(mebibyte);
  const reader = message[Symbol.asyncIterator]();
  let byteCount = 0;
  for (let count = 0; count < 5; count++) byteCount += ((await reader.next()).value as Uint8Array).length;
  await turn();
  expect(transport.isPaused()).toBe(true);
  expect(transport.bytesRead).toBeLessThan(byteCount + mebibyte / 2);
  for (;;) {
    const { done, value } = await reader.next();
    if (done === true) break;
    byteCount += value.length;
  }
  expect(byteCount).toBe(32 * mebibyte);
  peer.write(rawClose(1000));
  peer.socket.end();
  expect(await closed).toMatchObject({ code: 1000, by: "peer" });
});

test("[ST11] a peer that waits for us is not dead, and its message is not late", async () => {
  const opened = deferred<MessageStream>();
  const { peer, line, clock } = await setUp({
    messageStream: (_socket, message) => opened.resolve(message),
    messageTimeoutMs: 1000,
  });
  peer.write(rawFrame(1, "ab").subarray(0, 7));
  const message = await opened.promise;
  clock.advance(120_000);
  expect(line.state).toBe("open");
  peer.write(rawFrame(1, "ab").subarray(7));
  expect(await readAll(message)).toBe("ab");
});

test("[ST11] a message that is read as it comes may take as long as it likes", async () => {
  const done = deferred<string>();
  const first = deferred();
  const { peer, clock } = await setUp({
    async messageStream(_socket, message) {
      let text = "";
      for await (const piece of message) {
        text += piece as string;
        first.resolve();
      }
      done.resolve(text);
    },
    messageTimeoutMs: 1000,
  });
  const frame = rawFrame(1, "ab");
  peer.write(frame.subarray(0, 7));
  await first.promise;
  clock.advance(20_000);
  peer.write(frame.subarray(7));
  expect(await done.promise).toBe("ab");
});

async function readAll(message: MessageStream): Promise<string> {
  let text = "";
  for await (const piece of message) text += piece as string;
  return text;
}

test("[ST12] what is not read is thrown away: by leaving the loop, by cancel(), or when the handler is done", async () => {
  const seen: string[] = [];
  let rest: string | undefined;
  const last = deferred();
  const { peer } = await setUp({
    async messageStream(_socket, message) {
      seen.push("begun");
      if (seen.length === 1) for await (const piece of message) if (seen.push(piece as string) > 0) break;
      if (seen.length === 3) {
        message.cancel();
        rest = await readAll(message);
      }
      if (seen.length === 5) last.resolve();
      await turn();
    },
  });
  for (let count = 0; count < 3; count++) {
    peer.write(rawFrame(1, "first", { isFinal: false }));
    peer.write(rawFrame(0, "second".repeat(100_000)));
  }
  peer.write(rawFrame(1));
  await last.promise;
  expect(rest).toBe("");
  expect(seen[0]).toBe("begun");
  expect(seen[1]?.startsWith("first")).toBe(true);
  expect(seen.slice(2)).toEqual(["begun", "begun", "begun"]);
});

test("[ST12] a message can be read once, and one piece at a time", async () => {
  const checked = deferred();
  const { peer } = await setUp({
    async messageStream(_socket, message) {
      const reader = message[Symbol.asyncIterator]();
      expect(() => message[Symbol.asyncIterator]()).toThrow(TypeError);
      expect((await reader.next()).value).toBe("a");
      const waiting = reader.next();
      await expect(reader.next()).rejects.toThrow("the last read has not ended");
      message.cancel();
      expect(await waiting).toEqual({ done: true, value: undefined });
      checked.resolve();
    },
  });
  peer.write(rawFrame(1, "a", { isFinal: false }));
  await expect(checked.promise).resolves.toBeUndefined();
});

test("[ST13] the next message is delivered when the last is read to its end and its handler is done", async () => {
  const order: string[] = [];
  const [gate, last] = [deferred(), deferred()];
  const { peer } = await setUp({
    async messageStream(_socket, message) {
      const text = await readAll(message);
      order.push(`read ${text}`);
      if (text === "one") await gate.promise;
      order.push(`done ${text}`);
      if (text === "two") last.resolve();
    },
    ping: () => void order.push("ping"),
  });
  peer.write(Buffer.concat([rawFrame(1, "one"), rawFrame(1, "two")]));
  while (order.length === 0) await turn();
  await turn();
  expect(order).toEqual(["read one"]);
  gate.resolve();
  await last.promise;
  expect(order).toEqual(["read one", "done one", "read two", "done two"]);
});

test("[ST14] a text that is not UTF-8 fails at its first wrong byte, in mid-frame: 1007 to the peer, an error to the reader", async () => {
  const failure = deferred<unknown>();
  const errors: unknown[] = [];
  const { peer, closed } = await setUp({
    messageStream: (_socket, message) => readAll(message).then(failure.reject, failure.resolve),
    error: (error) => void errors.push(error),
  });
  peer.write(rawFrame(1, "begun", { isFinal: false }));
  peer.write(rawFrame(0, Buffer.concat([Buffer.from([0xff]), Buffer.alloc(1000)])).subarray(0, 100));
  expect(await failure.promise).toMatchObject({ name: "StreamError", code: "ERR_INCOMPLETE" });
  expect((await peer.readFrame()).payload.readUInt16BE()).toBe(1007);
  peer.destroy();
  expect(await closed).toMatchObject({ code: 1007, by: "us" });
  expect(errors).toEqual([]);
});

test("[ST14] a connection that ends or closes in mid-message is told to the reader and to close, not to error", async () => {
  for (const leave of ["destroy", "close"] as const) {
    const errors: unknown[] = [];
    const failure = deferred<unknown>();
    const begun = deferred();
    const { peer, closed } = await setUp({
      async messageStream(_socket, message) {
        try {
          for await (const piece of message) if (piece === "a") begun.resolve();
        } catch (error) {
          failure.resolve(error);
          throw error;
        }
      },
      error: (error) => void errors.push(error),
    });
    peer.write(rawFrame(1, "a", { isFinal: false }));
    await begun.promise;
    if (leave === "destroy") peer.destroy();
    else peer.write(rawClose(1001));
    expect(await failure.promise).toMatchObject({ code: "ERR_INCOMPLETE" });
    peer.destroy();
    await closed;
    expect(errors).toEqual([]);
  }
});

test("[ST14] a reader that comes back to a message after the connection was lost is told, and not that it ended", async () => {
  const opened = deferred<MessageStream>();
  const { peer, transport, closed } = await setUp({ messageStream: (_socket, message) => opened.resolve(message) });
  peer.write(rawFrame(1, "a", { isFinal: false }));
  const reader = (await opened.promise)[Symbol.asyncIterator]();
  expect((await reader.next()).value).toBe("a");
  transport.destroy();
  await closed;
  await expect(reader.next()).rejects.toMatchObject({ code: "ERR_INCOMPLETE" });
  await expect(reader.next()).rejects.toMatchObject({ code: "ERR_INCOMPLETE" });
});

test("[ST14] a handler that fails closes with 1011, and what it was reading ends", async () => {
  const errors: unknown[] = [];
  const failure = deferred<unknown>();
  const { peer, line } = await setUp({
    messageStream: (_socket, message) => void readAll(message).catch(failure.resolve),
    ping() {
      throw new Error("from ping");
    },
    error: (error) => void errors.push(error),
  });
  peer.write(Buffer.concat([rawFrame(1, "a", { isFinal: false }), rawFrame(9)]));
  expect(await failure.promise).toMatchObject({ code: "ERR_INCOMPLETE", message: expect.stringContaining("handler") });
  expect(errors).toHaveLength(1);
  expect(line.state).toBe("closing");
});

test("[ST15] maxStreamedMessageBytes in any number of fragments pass; one byte more is closed with 1009", async () => {
  const { messages, messageStream, until } = collect();
  const { peer } = await setUp({
    messageStream,
    maxStreamedMessageBytes: 2000,
    maxFragmentCount: 2,
    maxMessageBytes: 1,
  });
  const fragments = Array.from({ length: 2000 }, (_, index) =>
    rawFrame(index === 0 ? 2 : 0, "x", { isFinal: index === 1999 }),
  );
  peer.write(Buffer.concat(fragments));
  await until(1);
  expect(messages[0]?.reduce((count, piece) => count + piece.length, 0)).toBe(2000);
  peer.write(rawFrame(2, new Uint8Array(2001)));
  expect((await peer.readFrame()).payload.readUInt16BE()).toBe(1009);
});

test("[ST16] 256 MiB cross in one message, and nobody holds more than a few of them", async () => {
  const size = 256 * mebibyte;
  const received = deferred<number>();
  let mostBytes = 0;
  const baseBytes = heldBytes();
  const server = createWebSocketServer({
    async messageStream(_socket, message) {
      let byteCount = 0;
      for await (const piece of message) {
        byteCount += piece.length;
        mostBytes = Math.max(mostBytes, heldBytes() - baseBytes);
      }
      received.resolve(byteCount);
    },
  });
  const { url } = await server.listen({ port: 0 });
  cleanups.push(() => server.close({ graceMs: 1 }));
  const socket = await connect(url);
  const chunk = new Uint8Array(mebibyte).fill(7);
  let queuedBytes = 0;
  await socket.sendStream(
    (function* () {
      for (let sent = 0; sent < size; sent += chunk.length) {
        queuedBytes = Math.max(queuedBytes, socket.bufferedBytes);
        yield chunk;
      }
    })(),
  );
  expect(await received.promise).toBe(size);
  expect(queuedBytes).toBeLessThan(mebibyte);
  expect(mostBytes).toBeLessThan(size / 2); // the collector is late, but what it may collect is not held
}, 60_000);

function heldBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

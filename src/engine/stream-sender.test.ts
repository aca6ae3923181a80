import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { deferred } from "./deferred.ts";
import { cleanups, setUp } from "../../test/line-setup.ts";
import { rawClose, rawFrame } from "../../test/raw-peer.ts";
import { connect, createWebSocketServer, type MessageSource, prepareMessage } from "./index.ts";

const mebibyte = 2 ** 20;

/** A source that is asked, and answers when it is told to. */
function handDriven(): {
  source: MessageSource;
  give: (piece: string) => void;
  finish: () => void;
  isLeft: () => boolean;
} {
  const waiting: (() => void)[] = [];
  const given: IteratorResult<string>[] = [];
  let isLeft = false;
  async function next(): Promise<IteratorResult<string>> {
    while (given.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    return given.shift() as IteratorResult<string>;
  }
  async function leave(): Promise<IteratorResult<string>> {
    isLeft = true;
    return { done: true, value: undefined };
  }
  function tell(result: IteratorResult<string>): void {
    given.push(result);
    for (const wake of waiting.splice(0)) wake();
  }
  return {
    source: { [Symbol.asyncIterator]: () => ({ next, return: leave }) },
    give: (value) => tell({ done: false, value }),
    finish: () => tell({ done: true, value: undefined }),
    isLeft: () => isLeft,
  };
}

test("[ST20] a message leaves in fragments as its source gives pieces, with pings between, and ends with an empty one", async () => {
  const { peer, line } = await setUp();
  const { source, give, finish } = handDriven();
  const sent = line.sendStream(source);
  give("one");
  expect(await peer.readFrame()).toMatchObject({ opcode: 1, isFinal: false, payload: Buffer.from("one") });
  line.ping(Uint8Array.of(1));
  expect((await peer.readFrame()).opcode).toBe(9);
  give("two");
  expect(await peer.readFrame()).toMatchObject({ opcode: 0, isFinal: false, payload: Buffer.from("two") });
  finish();
  await sent;
  expect(await peer.readFrame()).toMatchObject({ opcode: 0, isFinal: true, payload: Buffer.alloc(0) });
});

test("[ST20] arrays, generators, web streams and Node streams are sources; bytes in a text may cut a character", async () => {
  const received: (string | Uint8Array)[] = [];
  const last = deferred();
  const server = createWebSocketServer({
    message(_socket, data) {
      received.push(data);
      if (received.length === 7) last.resolve();
    },
  });
  const { url } = await server.listen({ port: 0 });
  cleanups.push(() => server.close({ graceMs: 1 }));
  const socket = await connect(url);
  const bytes = Buffer.from("grüße 😀");
  const cut = Array.from(bytes, (byte) => Uint8Array.of(byte));
  await socket.sendStream(["gr", "üße \ud83d", "\ude00"]);
  await socket.sendStream(cut, { type: "text" });
  await socket.sendStream(cut);
  await socket.sendStream(ReadableStream.from(cut), { type: "text" });
  await socket.sendStream(Readable.from(cut), { type: "text" });
  await socket.sendStream([], { type: "text" });
  await socket.sendStream([]);
  await last.promise;
  const text = "grüße 😀";
  expect(received).toEqual([text, text, new Uint8Array(bytes), text, text, "", new Uint8Array()]);
});

test("[ST21] what is sent during a stream follows it in order, further streams too; nothing gets between its fragments", async () => {
  const { peer, line } = await setUp({ compression: { thresholdBytes: 0 } });
  const [first, second] = [handDriven(), handDriven()];
  const firstSent = line.sendStream(first.source);
  first.give("a");
  line.send("b");
  const secondSent = line.sendStream(second.source);
  line.send(prepareMessage("e"));
  expect(() => line.send(7 as never)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD_TYPE" }));
  second.give("c");
  const thirdSent = line.sendStream(["f"]);
  first.finish();
  await firstSent;
  line.send("g");
  second.finish();
  await secondSent;
  await thirdSent;
  const texts: string[] = [];
  while (texts.join("") !== "abcefg") {
    const { payload } = await peer.readFrame();
    texts.push(payload.toString());
  }
  expect(texts).toEqual(["a", "", "b", "c", "", "e", "f", "", "g"]);
});

test("[ST21] what waits behind a stream counts in bufferedBytes, and too much of it is closed with 1013", async () => {
  const { line, closed, peer } = await setUp({ highWaterBytes: 100, maxQueuedBytes: 1000 });
  const { source, give, isLeft } = handDriven();
  const sent = line.sendStream(source);
  give("a");
  expect(line.send("x".repeat(100))).toBe(true);
  expect(line.bufferedBytes).toBeGreaterThanOrEqual(100);
  expect(line.send(new Uint8Array(100))).toBe(false);
  expect(line.state).toBe("open");
  line.send("x".repeat(1000));
  expect(line.state).toBe("closing");
  await expect(sent).rejects.toMatchObject({ code: "ERR_CLOSED" });
  expect(isLeft()).toBe(true);
  peer.destroy();
  expect(await closed).toMatchObject({ code: 1013 });
});

test("[ST21] more waits behind a stream than it may run ahead, and it still goes on", async () => {
  const { peer, line } = await setUp();
  const { source, give, finish } = handDriven();
  const sent = line.sendStream(source);
  line.send(new Uint8Array(mebibyte));
  give("a");
  give("b");
  finish();
  await sent;
  expect(await peer.readText()).toBe("a");
  expect(await peer.readText()).toBe("b");
});

test("[ST21] sixty-four streams wait at most; one more is refused", async () => {
  const { line } = await setUp();
  const { source } = handDriven();
  const sent = [line.sendStream(source), ...Array.from({ length: 64 }, () => line.sendStream(["x"]))];
  await expect(line.sendStream(["y"])).rejects.toMatchObject({ name: "StreamError", code: "ERR_QUEUE_FULL" });
  line.terminate();
  for (const result of await Promise.allSettled(sent)) expect(result.status).toBe("rejected");
});

test("[ST22] a source is not asked for more than the peer takes, and a large piece is not copied at once", async () => {
  const { peer, line } = await setUp();
  peer.socket.pause();
  let askedBytes = 0;
  const sent = line.sendStream(
    (function* () {
      for (let count = 0; count < 64; count++) {
        askedBytes += mebibyte;
        yield new Uint8Array(mebibyte);
      }
    })(),
  );
  let seenBytes = -1;
  while (seenBytes < askedBytes) {
    seenBytes = askedBytes;
    for (let count = 0; count < 100; count++) await turn();
  }
  expect(askedBytes).toBeLessThan(16 * mebibyte); // what the sockets of both sides hold, and one piece
  expect(line.bufferedBytes).toBeLessThan(mebibyte / 2);
  let receivedBytes = 0;
  peer.socket.removeAllListeners("data").on("data", (chunk: Buffer) => {
    receivedBytes += chunk.length;
  });
  peer.socket.resume();
  await sent;
  expect(askedBytes).toBe(64 * mebibyte);
  while (receivedBytes < askedBytes) await turn();
});

test("[ST23] a source that fails, or gives what cannot be sent, closes with 1011 and rejects; the message is not finished", async () => {
  async function* failing(): AsyncGenerator<string> {
    yield "begun";
    throw new Error("from the source");
  }
  const cases: [MessageSource, { type?: "text" | "binary" }, string][] = [
    [failing(), {}, "from the source"],
    [[Uint8Array.of(0x61, 0xff)], { type: "text" }, "valid"],
    [[Uint8Array.of(0xe2)], { type: "text" }, "valid"],
    [["text"], { type: "binary" }, "Cannot send a string"],
    [[7 as never], {}, "Cannot send a number"],
  ];
  for (const [source, options, message] of cases) {
    const { peer, line, closed } = await setUp();
    await expect(line.sendStream(source, options)).rejects.toThrow(message);
    for (;;) {
      const frame = await peer.readFrame();
      expect(frame.isFinal).toBe(frame.opcode === 8);
      if (frame.opcode !== 8) continue;
      expect(frame.payload.readUInt16BE()).toBe(1011);
      expect(frame.payload.subarray(2).toString()).toBe("The source of a message failed");
      break;
    }
    peer.write(rawClose(1011));
    peer.socket.end();
    expect(await closed).toMatchObject({ code: 1011, by: "us" });
  }
  const { line } = await setUp();
  await expect(line.sendStream(7 as never)).rejects.toThrow(TypeError);
  expect(line.state).toBe("open");
});

test("[ST24] a connection that closes, whoever does it, rejects with ERR_CLOSED and tells the source that nobody reads on", async () => {
  for (const leave of ["close", "terminate", "peer", "full"] as const) {
    const { peer, line } = await setUp();
    const { source, give, isLeft } = handDriven();
    if (leave === "full") peer.socket.pause();
    const sent = leave === "full" ? line.sendStream([new Uint8Array(64 * mebibyte)]) : line.sendStream(source);
    const failure = sent.catch((error: unknown) => error);
    give("a");
    for (let count = 0; count < 20; count++) await turn();
    if (leave === "peer") peer.write(rawClose(1000));
    else if (leave === "close") line.close();
    else line.terminate();
    expect(await failure).toMatchObject({ code: "ERR_CLOSED" });
    expect(isLeft()).toBe(leave !== "full");
  }
});

test("[ST24] on a connection that is not open nothing is begun, and a Node stream is destroyed", async () => {
  const { line } = await setUp();
  line.close();
  const file = Readable.from(["a"]);
  await expect(line.sendStream(file)).rejects.toMatchObject({ code: "ERR_CLOSED" });
  expect(file.destroyed).toBe(true);
  const source = Readable.from(
    (async function* () {
      yield rawFrame(1);
      throw new Error("too late");
    })(),
  );
  await expect(line.sendStream(source)).rejects.toMatchObject({ code: "ERR_CLOSED" });
});

import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { cleanups, createEngine, open } from "../../test/server-setup.ts";
import { type RawPeer, rawFrame } from "../../test/raw-peer.ts";
import { deferred } from "./deferred.ts";
import { connect, type MessageBytes, type ServerOptions, type ServerSocket } from "./index.ts";

async function listen(options: ServerOptions): Promise<{ port: number; url: string }> {
  return createEngine({ origins: "any", ...options }).listen({ port: 0 });
}

/** A message of `bytes` bytes that is like no other. */
function numbered(number: number, bytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, index) => (index * 7 + number * 13) & 0xff));
}

describe.each([{ directIo: true }, { directIo: false }])("with directIo $directIo", ({ directIo }) => {
  test("[EN134] a messageBytes handler gets text and bytes as they came, whole or in fragments, and message is not called", async () => {
    const heard: [string, string][] = [];
    const { port } = await listen({
      directIo,
      message: () => expect.unreachable(),
      messageBytes(socket, message) {
        heard.push([message.opcode, Buffer.from(message.data).toString("hex")]);
        socket.send(message);
      },
    });
    const peer = await open(port);
    peer.write(Buffer.concat([rawFrame(1, "é"), rawFrame(2, Uint8Array.of(0, 255))]));
    peer.write(Buffer.concat([rawFrame(1, "a", { isFinal: false }), rawFrame(0, "b")]));
    const frames = [await peer.readFrame(), await peer.readFrame(), await peer.readFrame()];
    expect(frames.map(({ opcode, payload }) => [opcode, payload.toString("hex")])).toEqual([
      [1, "c3a9"],
      [2, "00ff"],
      [1, "6162"],
    ]);
    expect(heard).toEqual([
      ["text", "c3a9"],
      ["binary", "00ff"],
      ["text", "6162"],
    ]);
    peer.write(rawFrame(1, Uint8Array.of(0xff)));
    expect((await peer.readFrame()).payload.readUInt16BE()).toBe(1007);
  });

  test("[EN134] publish takes what the handler was given, to all with its type, and so does send, compressed where that was agreed on", async () => {
    const engine = createEngine({
      directIo,
      compression: { thresholdBytes: 1 },
      open: (socket: ServerSocket) => void socket.subscribe("all"),
      messageBytes(socket, message) {
        engine.publish("all", message, { except: socket });
        socket.send(message);
      },
    });
    const { url } = await engine.listen({ port: 0 });
    const heard = deferred<unknown>();
    const plain = await connect(url, { message: (_socket, data) => heard.resolve(data) });
    const echoed = deferred<unknown>();
    const compressed = await connect(url, { compression: {}, message: (_socket, data) => echoed.resolve(data) });
    const heardToo = deferred<unknown>();
    const other = await connect(url, { compression: {}, message: (_socket, data) => heardToo.resolve(data) });
    compressed.send("né".repeat(50));
    const text = "né".repeat(50);
    expect(await Promise.all([heard.promise, heardToo.promise, echoed.promise])).toEqual([text, text, text]);
    for (const socket of [plain, compressed, other]) socket.terminate();
  });

  test("[EN135] what a handler's promise holds up is delivered as it came, whatever is read meanwhile", async () => {
    const gate = deferred<void>();
    const heard: string[] = [];
    const { port } = await listen({
      directIo,
      messageBytes(_socket, { data }) {
        const text = Buffer.from(data).toString();
        heard.push(text);
        return text === "first" ? gate.promise : undefined;
      },
    });
    const [held, other] = [await open(port), await open(port)];
    held.write(Buffer.concat(["first", "second", "third"].map((text) => rawFrame(1, text))));
    while (heard.length < 1) await turn();
    other.write(rawFrame(1, "noise".repeat(20)));
    while (heard.length < 2) await turn();
    gate.resolve();
    while (heard.length < 4) await turn();
    expect(heard).toEqual(["first", "noise".repeat(20), "second", "third"]);
  });

  test.each(directIo ? [4096, 20_000, 70_000] : [20_000])(
    "[EN135] %i bytes that a full socket does not take are sent as they came, whatever is read meanwhile",
    async (bytes) => {
      const sockets: ServerSocket[] = [];
      const { port } = await listen({
        directIo,
        highWaterBytes: 2 ** 26,
        maxQueuedBytes: 2 ** 27,
        open: (socket) => void sockets.push(socket),
        messageBytes: (_socket, message) => void sockets[0]?.send(message),
      });
      const [reader, writer] = [await open(port), await open(port)];
      reader.socket.pause();
      let count = 0;
      while ((sockets[0]?.bufferedBytes ?? 0) < 2 ** 20 + 3 * bytes) {
        writer.write(rawFrame(2, numbered(count++, bytes)));
        await turn();
      }
      reader.socket.resume();
      for (let number = 0; number < count; number++) {
        const { payload } = await reader.readFrame();
        expect(payload.equals(numbered(number, bytes)), `message ${number} of ${count}`).toBe(true);
      }
    },
  );

  test("[EN135] what waits behind a stream is sent as it came", async () => {
    const gate = deferred<void>();
    async function* pieces(): AsyncGenerator<string> {
      yield "begun ";
      await gate.promise;
      yield "ended";
    }
    const heard: string[] = [];
    const { port } = await listen({
      directIo,
      open: (socket) => void socket.sendStream(pieces()),
      messageBytes(socket, message) {
        heard.push(Buffer.from(message.data).toString());
        socket.send(message);
        socket.send(message.data);
      },
    });
    const [peer, other] = [await open(port), await open(port)];
    peer.write(rawFrame(1, "behind"));
    while (heard.length < 1) await turn();
    other.write(rawFrame(1, "noise!"));
    while (heard.length < 2) await turn();
    gate.resolve();
    expect(await readMessages(peer, 3)).toEqual(["begun ended", "behind", "behind"]);
  });
});

/** So many messages, fragments joined. */
async function readMessages(peer: RawPeer, count: number): Promise<readonly string[]> {
  const messages: string[] = [];
  let text = "";
  while (messages.length < count) {
    const { payload, isFinal } = await peer.readFrame();
    text += payload.toString();
    if (!isFinal) continue;
    messages.push(text);
    text = "";
  }
  return messages;
}

test("[EN134] a client has the handler too, and masks what it sends on", async () => {
  const { url } = await listen({ message: (socket, data) => void socket.send(data) });
  const heard: MessageBytes[] = [];
  const client = await connect(url, {
    messageBytes(socket, message) {
      heard.push({ ...message, data: Uint8Array.from(message.data) });
      if (heard.length < 3) socket.send(message);
    },
  });
  cleanups.push(() => client.terminate());
  client.send("there and back");
  while (heard.length < 3) await turn();
  expect(heard.map(({ opcode, data }) => [opcode, Buffer.from(data).toString()])).toEqual([
    ["text", "there and back"],
    ["text", "there and back"],
    ["text", "there and back"],
  ]);
});

test("[EN134] beside messageStream it is not called", async () => {
  const heard = deferred<string>();
  const { port } = await listen({
    messageBytes: () => expect.unreachable(),
    messageStream: async (_socket, message) => {
      for await (const piece of message) heard.resolve(String(piece));
    },
  });
  (await open(port)).write(rawFrame(1, "a stream"));
  expect(await heard.promise).toBe("a stream");
});

test("[EN134] what is no message of a handler is refused, and nothing is sent", async () => {
  const { port } = await listen({
    open(socket) {
      for (const wrong of [{ type: "bytes" }, { type: "bytes", opcode: "ping", data: new Uint8Array() }, {}, null]) {
        expect(() => socket.send(wrong as never)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD_TYPE" }));
      }
      socket.send("right");
    },
  });
  expect(await (await open(port)).readText()).toBe("right");
});

import { setImmediate as turn } from "node:timers/promises";
import { channel } from "node:diagnostics_channel";
import { constants, deflateRawSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { RawPeer, rawClose, rawFrame } from "../../test/raw-peer.ts";
import { rawAccept, serveRaw } from "../../test/raw-server.ts";
import { deferred } from "./deferred.ts";
import {
  type CloseInfo,
  CompressionBudget,
  connect,
  type ConnectOptions,
  createWebSocketServer,
  type EngineSocket,
  type MessageStream,
} from "./index.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

type Handler = (socket: EngineSocket, message: MessageStream) => unknown;
type Options = Pick<ConnectOptions, "compression" | "maxStreamedMessageBytes">;

/** An end of ours whose peer is bare bytes. */
interface Setup {
  readonly peer: RawPeer;
  readonly socket: EngineSocket;
  readonly closed: Promise<CloseInfo>;
  /** A frame of the peer's; compressed unless told otherwise. */
  frame(opcode: number, payload: Uint8Array, options?: { isFinal?: boolean; isCompressed?: boolean }): Buffer;
}

const takesOver = "permessage-deflate";
const alone = "permessage-deflate; client_no_context_takeover; server_no_context_takeover";
const slice = 64 * 1024;
const windowBytes = 2 ** 15;

/** What the peer compresses: with everything said before, if it is told. */
function deflate(data: string | Uint8Array, dictionary?: string): Buffer {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, level: 9 };
  return deflateRawSync(data, dictionary ? { ...options, dictionary: Buffer.from(dictionary) } : options).subarray(
    0,
    -4,
  );
}

async function readAll(message: MessageStream): Promise<string> {
  let all = "";
  for await (const piece of message) all += typeof piece === "string" ? piece : Buffer.from(piece).toString("latin1");
  return all;
}

/** What was read of each message, and how the reading ended. */
function collect(): { readonly read: string[]; readonly messageStream: Handler } {
  const read: string[] = [];
  return {
    read,
    async messageStream(_socket, message) {
      try {
        read.push(await readAll(message));
      } catch (error) {
        read.push((error as NodeJS.ErrnoException).code ?? "");
        throw error;
      }
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

async function setUpServer(
  messageStream: Handler,
  options: Options,
  extensions: string,
): Promise<Omit<Setup, "frame">> {
  const [opened, closed] = [deferred<EngineSocket>(), deferred<CloseInfo>()];
  const server = createWebSocketServer({
    compression: {},
    ...options,
    messageStream,
    open: opened.resolve,
    close: (_socket, info) => closed.resolve(info),
  });
  cleanups.push(() => server.close({ graceMs: 0 }));
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  const peer = await RawPeer.open(port, { headers: { "Sec-WebSocket-Extensions": extensions } });
  return { peer, socket: await opened.promise, closed: closed.promise };
}

async function setUpClient(
  messageStream: Handler,
  options: Options,
  extensions: string,
): Promise<Omit<Setup, "frame">> {
  const [asked, closed] = [deferred<RawPeer>(), deferred<CloseInfo>()];
  const server = await serveRaw((key, peer) => {
    peer.write(rawAccept(key, { "Sec-WebSocket-Extensions": extensions }));
    asked.resolve(peer);
  });
  cleanups.push(server.end);
  const handlers = { messageStream, close: (_socket: unknown, info: CloseInfo) => closed.resolve(info) };
  const socket = await connect(server.url, { compression: {}, ...options, ...handlers });
  cleanups.push(() => socket.terminate());
  return { peer: await asked.promise, socket, closed: closed.promise };
}

describe.each(["server", "client"])("of a %s", (role) => {
  async function setUp(messageStream: Handler, options: Options = {}, extensions: string = takesOver): Promise<Setup> {
    const setup = await (role === "server" ? setUpServer : setUpClient)(messageStream, options, extensions);
    cleanups.push(() => setup.peer.destroy());
    return {
      ...setup,
      frame(opcode, payload, { isFinal = true, isCompressed = opcode !== 0 } = {}) {
        const frame = rawFrame(opcode, payload, role === "server" ? { isFinal } : { isFinal, maskingKey: undefined });
        if (isCompressed) (frame[0] as number) |= 0x40;
        return frame;
      },
    };
  }

  async function expectClosed({ peer, closed }: Setup, code: number): Promise<void> {
    let frame = await peer.readFrame();
    while (frame.opcode !== 8) frame = await peer.readFrame();
    expect(frame.payload.readUInt16BE()).toBe(code);
    peer.socket.end();
    expect(await closed).toMatchObject({ code, by: "us" });
  }

  test("[ST17] compressed messages and others come whole and in order, in any fragments", async () => {
    const { read, messageStream } = collect();
    const { peer, frame } = await setUp(messageStream);
    const text = deflate("grüße, ".repeat(100));
    for (let at = 0; at < text.length; at++) {
      peer.write(frame(at === 0 ? 1 : 0, text.subarray(at, at + 1), { isFinal: at === text.length - 1 }));
    }
    peer.write(frame(2, Buffer.from("as it is"), { isCompressed: false }));
    peer.write(Buffer.concat([frame(2, deflate("\u0000\u0001")), frame(1, Buffer.alloc(0)), frame(1, deflate(""))]));
    await until(() => read.length === 5);
    expect(read).toEqual(["grüße, ".repeat(100), "as it is", "\u0000\u0001", "", ""]);
  });

  test("[ST17] with context takeover a message may look back over those before it, read, left or not compressed", async () => {
    const first = "what was said in the first of them";
    const read: string[] = [];
    const { peer, frame } = await setUp(async (_socket, message) => {
      if (read.push("") === 2) message.cancel();
      else read[read.length - 1] = await readAll(message);
    });
    peer.write(frame(1, deflate(first)));
    peer.write(frame(1, deflate(`${first}, again`.repeat(9000), first)));
    peer.write(frame(1, Buffer.from("in between"), { isCompressed: false }));
    peer.write(frame(1, deflate(`${first}, again`, `${first}, again`.repeat(900))));
    await until(() => read.length === 4 && read[3] !== "");
    expect(read).toEqual([first, "", "in between", `${first}, again`]);
  });

  test("[ST17] without context takeover a message that was left keeps nothing of what follows", async () => {
    const read: string[] = [];
    const { peer, frame } = await setUp(
      async (_socket, message) => {
        if (read.push("left") % 2 === 1) return message.cancel();
        read[read.length - 1] = await readAll(message);
      },
      {},
      alone,
    );
    const bomb = deflate(Buffer.alloc(100 * slice));
    peer.write(Buffer.concat([frame(2, bomb), frame(1, deflate("one"))]));
    await until(() => read[1] === "one");
    peer.write(frame(2, bomb.subarray(0, 100), { isFinal: false }));
    await until(() => read.length === 3);
    peer.write(Buffer.concat([frame(0, bomb.subarray(100, 200), { isFinal: false }), frame(0, bomb.subarray(200))]));
    peer.write(frame(1, deflate("two")));
    await until(() => read[3] === "two");
    expect(read).toEqual(["left", "one", "left", "two"]);
  });

  test("[ST13, ST17] the next message waits for the handler of one that was left", async () => {
    const gate = deferred();
    let count = 0;
    const handler: Handler = async (_socket, message) => {
      count++;
      message.cancel();
      await gate.promise;
    };
    const { peer, frame } = await setUp(handler, {}, alone);
    peer.write(Buffer.concat([frame(2, deflate("one")), frame(2, deflate("two"))]));
    await until(() => count === 1);
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(count).toBe(1);
    gate.resolve();
    await until(() => count === 2);
    expect(count).toBe(2);
  });

  test("[ST17] a message behind a compressed one that is not compressed may come in parts", async () => {
    const pieces: (string | Uint8Array)[] = [];
    let ended = 0;
    const { peer, frame } = await setUp(async (_socket, message) => {
      for await (const piece of message) pieces.push(piece);
      ended++;
    });
    peer.write(
      Buffer.concat([
        frame(1, deflate("first")),
        frame(1, Buffer.from("sec"), { isFinal: false, isCompressed: false }),
      ]),
    );
    await until(() => pieces.length === 2);
    for (let count = 0; count < 20; count++) await turn();
    expect([pieces, ended]).toEqual([["first", "sec"], 1]);
    peer.write(frame(0, Buffer.from("ond")));
    await until(() => ended === 2);
    expect(pieces.join(" ")).toBe("first sec ond");
  });

  test("[ST17] what has come is given before the frame has ended, and before the message has", async () => {
    const pieces: (string | Uint8Array)[] = [];
    const { peer, frame } = await setUp(async (_socket, message) => {
      for await (const piece of message) pieces.push(piece);
    });
    const bytes = deflate(Buffer.alloc(1000, "beginning "));
    const whole = frame(1, Buffer.concat([deflateRawSync("begun", { finishFlush: constants.Z_SYNC_FLUSH }), bytes]));
    peer.write(whole.subarray(0, whole.length - bytes.length));
    await until(() => pieces.length === 1);
    expect(pieces).toEqual(["begun"]);
    peer.write(whole.subarray(whole.length - bytes.length));
    await until(() => pieces.length > 1);
    expect(pieces.join("")).toHaveLength(1005);
  });

  test("[ST18] of what a message inflates to the limit passes, and one byte more is 1009", async () => {
    const { read, messageStream } = collect();
    const setup = await setUp(messageStream, { maxStreamedMessageBytes: 200_000 });
    setup.peer.write(setup.frame(2, deflate(Buffer.alloc(200_000, "a"))));
    await until(() => read.length === 1);
    expect(read[0]).toBe("a".repeat(200_000));
    setup.peer.write(setup.frame(2, deflate(Buffer.alloc(200_001, "a"))));
    await expectClosed(setup, 1009);
    expect(read.slice(1)).toEqual(["ERR_INCOMPLETE"]);
  });

  test.each<readonly [name: string, opcode: number, payload: Buffer]>([
    ["a block of the reserved kind", 2, Buffer.from([0xff])],
    ["an end within a block", 2, deflate("a text of some length").subarray(0, -3)],
    ["bytes that are not UTF-8", 1, deflate(Buffer.from([0x61, 0xff]))],
    ["an end within a character", 1, deflate(Buffer.from([0x61, 0xc3]))],
  ])("[ST18] %s is 1007: its reader is told, and nothing behind it is delivered", async (_name, opcode, payload) => {
    const { read, messageStream } = collect();
    const setup = await setUp(messageStream);
    setup.peer.write(Buffer.concat([setup.frame(opcode, payload), setup.frame(1, deflate("behind"))]));
    await expectClosed(setup, 1007);
    expect(read).toEqual(["ERR_INCOMPLETE"]);
  });

  test("[ST18] nothing behind it is delivered when the peer has closed already", async () => {
    const { read, messageStream } = collect();
    const { peer, frame, closed } = await setUp(messageStream);
    const close =
      role === "server" ? rawClose(1000) : rawFrame(8, Buffer.from([0x03, 0xe8]), { maskingKey: undefined });
    peer.write(Buffer.concat([frame(2, Buffer.from([0xff])), frame(1, deflate("behind")), close]));
    peer.socket.end();
    expect(await closed).toMatchObject({ code: 1000, by: "peer" });
    expect(read).toEqual(["ERR_INCOMPLETE"]);
  });

  const budgets = (maxInflatedBytes: number): CompressionBudget => new CompressionBudget({ maxInflatedBytes });

  test("[ST19] of a bomb a window and 64 KiB are held and counted, and no piece is made before it is asked for", async () => {
    const budget = budgets(2 ** 20);
    const opened = deferred<MessageStream>();
    const { peer, frame } = await setUp(
      (_socket, message) => opened.resolve(message),
      { compression: { budget } },
      alone,
    );
    peer.write(frame(2, deflate(Buffer.alloc(64 * 2 ** 20))));
    const message = await opened.promise;
    const before = process.memoryUsage().arrayBuffers;
    const reader = message[Symbol.asyncIterator]();
    let byteCount = 0;
    for (let count = 0; count < 20; count++) {
      const { value } = await reader.next();
      expect(value?.length).toBeLessThanOrEqual(slice);
      byteCount += value?.length ?? 0;
      await turn();
    }
    expect(byteCount).toBeGreaterThan(20 * (slice - 300));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(21 * slice + 2 ** 20); // what was given may not be collected yet
    expect(budget.inflatedRoomBytes).toBe(2 ** 20 - windowBytes - slice);
    message.cancel();
    await turn();
    expect(budget.inflatedRoomBytes).toBe(Infinity);
  });

  test("[ST19] what a message holds is given back when it ends, fails, or its connection is gone", async () => {
    const budget = budgets(2 ** 20);
    const { read, messageStream } = collect();
    const options = { compression: { budget } };
    const ending = await setUp(messageStream, options);
    ending.peer.write(ending.frame(2, deflate("whole")));
    await until(() => read.length === 1);
    expect(budget.inflatedRoomBytes).toBe(Infinity);
    const failing = await setUp(messageStream, options);
    failing.peer.write(failing.frame(2, Buffer.from([0xff])));
    await expectClosed(failing, 1007);
    expect(budget.inflatedRoomBytes).toBe(Infinity);
    const opened = deferred();
    const going = await setUp(() => opened.resolve(), options);
    going.peer.write(going.frame(2, deflate("half"), { isFinal: false }));
    await opened.promise;
    expect(budget.inflatedRoomBytes).toBe(2 ** 20 - windowBytes - slice);
    going.socket.terminate();
    await going.closed;
    expect(budget.inflatedRoomBytes).toBe(Infinity);
  });

  test("[ST19] a message for which there is no memory is 1013, and its handler is not called; exactly enough is enough", async () => {
    const budget = budgets(2 * (windowBytes + slice));
    const options = { compression: { budget } };
    const opened: MessageStream[] = [];
    const setups = [];
    for (let count = 0; count < 3; count++) {
      const setup = await setUp((_socket, message) => opened.push(message), options);
      setup.peer.write(setup.frame(2, deflate("half"), { isFinal: false }));
      setups.push(setup);
      await until(() => count === 2 || opened.length === count + 1);
    }
    await expectClosed(setups[2] as Setup, 1013);
    expect(opened.length).toBe(2);
  });

  test("[ST19] the rest of a message that was left holds nothing up: 64 KiB are inflated in a turn, where they are remembered", async () => {
    let [turns, leftAt] = [0, 0];
    const next = deferred<number>();
    const { peer, frame } = await setUp((_socket, message) => {
      message.cancel();
      if (leftAt === 0) leftAt = turns;
      else next.resolve(turns - leftAt);
    });
    const count = (): void => {
      turns++;
      if (turns < 10_000) setImmediate(count);
    };
    peer.write(Buffer.concat([frame(2, deflate(Buffer.alloc(100 * slice))), frame(2, deflate("next"))]));
    count();
    expect(await next.promise).toBeGreaterThanOrEqual(100);
  });

  test("[EN25, ST17] while it is paused nothing is inflated for the reader that waits", async () => {
    const pieces: unknown[] = [];
    const { peer, frame, socket } = await setUp(async (self, message) => {
      for await (const piece of message) if (pieces.push(piece.length) === 1) self.pause();
    });
    peer.write(frame(2, deflate(Buffer.alloc(3 * slice))));
    await until(() => pieces.length === 1);
    for (let count = 0; count < 20; count++) await turn();
    expect(pieces.length).toBe(1);
    socket.resume();
    await until(() => pieces.length > 3);
    expect(pieces.length).toBe(4);
  });

  test("[EN124] a message that was inflated while it was read is told once, when it is whole", async () => {
    const told: unknown[] = [];
    const source = channel("switchboard:compression");
    const listen = (message: unknown): void => void told.push(message);
    source.subscribe(listen);
    cleanups.push(() => source.unsubscribe(listen));
    const { read, messageStream } = collect();
    const { peer, frame } = await setUp(messageStream);
    const bytes = deflate("to be told ".repeat(100));
    peer.write(frame(1, bytes.subarray(0, 5), { isFinal: false }));
    peer.write(frame(0, bytes.subarray(5)));
    await until(() => read.length === 1);
    expect(told).toMatchObject([{ role, direction: "in", messageBytes: 1100, payloadBytes: bytes.length }]);
  });
});

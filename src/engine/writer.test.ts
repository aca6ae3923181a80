import { once } from "node:events";
import { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { connectPair } from "../../test/socket-pair.ts";
import { encodeFrame, opcodes } from "../protocol/index.ts";
import { deferred } from "./deferred.ts";
import { sharedReadBuffer } from "./unmask.ts";
import { Writer } from "./writer.ts";

/** A socket whose writes are counted, and that takes them when it is told to. */
class CountingSocket extends Duplex {
  readonly writes: Buffer[][] = [];
  isBusy = false;
  #finish: (() => void) | undefined;

  constructor() {
    super({ read() {}, highWaterMark: 1 });
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.#accept([chunk], callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: () => void): void {
    this.#accept(
      chunks.map(({ chunk }) => chunk),
      callback,
    );
  }

  /** The peer has read. */
  finishWrite(): void {
    const finish = this.#finish;
    this.#finish = undefined;
    finish?.();
  }

  #accept(chunks: Buffer[], callback: () => void): void {
    this.writes.push(chunks);
    if (this.isBusy) this.#finish = callback;
    else callback();
  }

  get lastWrite(): Buffer {
    return Buffer.concat(this.writes.at(-1) ?? []);
  }
}

function setUp(options: { createMaskingKey?: () => number } = {}): {
  socket: CountingSocket;
  writer: Writer;
  told: string[];
} {
  const socket = new CountingSocket();
  const told: string[] = [];
  const writer = new Writer({
    socket,
    ...options,
    counters: { bytesOut: 0 },
    isDirect: true,
    owner: {
      handleBlocked: () => told.push("blocked"),
      handleTaken: (hadToWait) => told.push(hadToWait ? "taken late" : "taken"),
    },
  });
  return { socket, writer, told };
}

test("[EN21] frames of one turn leave in one write and in order, small and large, text and binary", async () => {
  const { socket, writer } = setUp();
  const large = new Uint8Array(5000).fill(7);
  writer.writeText("a");
  writer.writeFrame(Buffer.from([0x8a, 0]));
  writer.writeText("ü");
  writer.writeBytes(opcodes.binary, Uint8Array.of(1, 2));
  writer.writeBytes(opcodes.binary, large);
  writer.writeText("z");
  expect(socket.writes).toHaveLength(0);
  await turn();
  expect(socket.writes).toHaveLength(1);
  const small = Buffer.from([0x81, 1, 0x61, 0x8a, 0, 0x81, 2, 0xc3, 0xbc, 0x82, 2, 1, 2]);
  expect(socket.lastWrite).toEqual(
    Buffer.concat([small, Buffer.from([0x82, 126, 0x13, 0x88]), large, Buffer.from([0x81, 1, 0x7a])]),
  );
});

test("[EN21] any text is one frame of its UTF-8, a lone surrogate U+FFFD, and the next frame follows at once", async () => {
  const unit = fc.constantFrom("a", "é", "中", "👋", "\ud800", "\udc00");
  const lengths = fc.constantFrom(0, 41, 42, 125, 126, 127, 608, 8191, 8192, 8193);
  const texts = fc.tuple(fc.array(unit, { minLength: 1, maxLength: 9 }), lengths).map(([units, length]) => {
    const part = units.join("");
    return part.repeat(Math.ceil(length / part.length)).slice(0, length);
  });
  for (const maskingKey of [undefined, 0x01828304]) {
    const { socket, writer } = setUp(maskingKey === undefined ? {} : { createMaskingKey: () => maskingKey });
    await fc.assert(
      fc.asyncProperty(texts, texts, async (...both) => {
        const writeCount = socket.writes.length;
        for (const text of both) writer.writeText(text);
        const expected = both.map((text) => {
          const payload = Buffer.from(text);
          return encodeFrame({ fin: true, rsv1: false, opcode: opcodes.text, payload, maskingKey });
        });
        expect(writer.bufferedBytes).toBe(Buffer.concat(expected).length);
        await turn();
        expect(socket.writes).toHaveLength(writeCount + 1);
        expect(Buffer.compare(socket.lastWrite, Buffer.concat(expected))).toBe(0);
      }),
      { numRuns: 60, examples: [[`中${"a".repeat(100)}`, `中${"a".repeat(122)}`]] },
    );
  }
});

test("[EN27] the room that a text did not need is the next frame's", async () => {
  const { socket, writer } = setUp();
  for (let count = 0; count < 33; count++) writer.writeText("中a".repeat(500));
  expect(socket.lastWrite).toHaveLength(33 * 2004);
  expect(socket.writes[0]?.length).toBeLessThanOrEqual(4); // blocks of 32 KiB, the first of them begun already
  await turn();
});

test("[EN21] writers that take turns within a turn do not mix", async () => {
  const [one, two] = [setUp(), setUp()];
  for (const letter of "abc") {
    one.writer.writeText(letter);
    two.writer.writeText(letter.toUpperCase());
  }
  await turn();
  expect([one.socket.writes.length, two.socket.writes.length]).toEqual([1, 1]);
  expect(one.socket.lastWrite.toString("latin1")).toBe("\x81\x01a\x81\x01b\x81\x01c");
  expect(two.socket.lastWrite.toString("latin1")).toBe("\x81\x01A\x81\x01B\x81\x01C");
});

test("[EN27] a binary payload above 4 KiB is not copied, one of 4 KiB is", async () => {
  const { socket, writer } = setUp();
  const [large, small] = [new Uint8Array(4097), new Uint8Array(4096)];
  writer.writeBytes(opcodes.binary, large);
  writer.writeBytes(opcodes.binary, small);
  await turn();
  const buffers = socket.writes[0]?.map((chunk) => chunk.buffer);
  expect(buffers).toContain(large.buffer);
  expect(buffers).not.toContain(small.buffer);
});

test("[EN135] what lies where sockets are read into is written at once, and what is not taken is copied", async () => {
  const { socket, writer } = setUp();
  const shared = sharedReadBuffer();
  shared.fill(0x61, 0, 5000);
  writer.writeBytes(opcodes.text, shared.subarray(0, 5000));
  shared.fill(0x62, 0, 5000);
  await turn();
  expect(Buffer.concat(socket.writes.flat()).toString("latin1")).toBe(`\x81\x7e\x13\x88${"a".repeat(5000)}`);
  expect(writer.bufferedBytes).toBe(0);
});

test("[EN132] however many frames two sockets share, they share the memory that is written", async () => {
  for (const count of [1, 2, 3]) {
    const [one, two] = [setUp(), setUp()];
    const frames = Array.from({ length: count }, (_, number) => new Uint8Array(10).fill(number));
    for (const frame of frames) for (const { writer } of [one, two]) writer.writeShared(frame);
    await turn();
    expect(Buffer.concat(one.socket.writes.flat())).toEqual(Buffer.concat(frames));
    const [first, second] = [one, two].map(({ socket }) => socket.writes[0]?.[0] as Buffer);
    expect(first?.buffer, `${count} frames`).toBe(second?.buffer);
    expect(first?.byteOffset, `${count} frames`).toBe(second?.byteOffset);
  }
});

test("[EN63] a client's payload of any size is masked in a copy", async () => {
  const { socket, writer } = setUp({ createMaskingKey: () => 0x01020304 });
  const large = new Uint8Array(70_000).fill(0xff);
  writer.writeBytes(opcodes.binary, large);
  writer.writeText("\0\0\0\0");
  await turn();
  const bytes = Buffer.concat(socket.writes.flat());
  expect(bytes.subarray(0, 16)).toEqual(
    Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0x11, 0x70, 1, 2, 3, 4, 0xfe, 0xfd]),
  );
  expect(bytes.subarray(-10)).toEqual(Buffer.from([0x81, 0x84, 1, 2, 3, 4, 1, 2, 3, 4]));
  expect(large.every((byte) => byte === 0xff)).toBe(true);
});

test("[EN29] what is buffered is counted to the byte while it waits, while it is written, and not after", async () => {
  const { socket, writer, told } = setUp();
  socket.isBusy = true;
  writer.writeText("abc");
  expect(writer.bufferedBytes).toBe(5);
  await turn();
  expect([writer.bufferedBytes, told]).toEqual([5, ["blocked"]]);
  writer.writeBytes(opcodes.binary, new Uint8Array(10));
  await turn();
  expect([writer.bufferedBytes, socket.writes.length]).toEqual([17, 1]);
  socket.isBusy = false;
  socket.finishWrite();
  await turn();
  expect([writer.bufferedBytes, socket.writes.length]).toEqual([0, 2]);
  expect(told.slice(0, 2)).toEqual(["blocked", "taken late"]);
});

test("[EN27] what waits for a busy socket lies in memory of its own", async () => {
  const [busy, other] = [setUp(), setUp()];
  busy.socket.isBusy = true;
  busy.writer.writeText("first");
  await turn();
  busy.writer.writeText("waits");
  other.writer.writeText("shared");
  await turn();
  busy.socket.finishWrite();
  await turn();
  expect(busy.socket.lastWrite.toString("latin1")).toBe("\x81\x05waits");
  expect(busy.socket.writes[1]?.[0]?.buffer).not.toBe(other.socket.writes[0]?.[0]?.buffer);
  expect(busy.socket.writes[0]?.[0]?.buffer).toBe(other.socket.writes[0]?.[0]?.buffer);
});

test("[EN52] one write is at most 256 KiB, so that a slow peer shows progress", async () => {
  const { socket, writer } = setUp();
  const payload = Uint8Array.from({ length: 600_000 }, (_, index) => index);
  writer.writeBytes(opcodes.binary, payload);
  await turn();
  const sizes = socket.writes.map((chunks) => Buffer.concat(chunks).length);
  expect(sizes).toEqual([262_144, 262_144, 600_010 - 524_288]);
  expect(Buffer.concat(socket.writes.flat()).subarray(10).equals(payload)).toBe(true);
});

test("[EN21] from 64 KiB on a turn's frames leave before it ends", async () => {
  const { socket, writer } = setUp();
  for (let count = 0; count < 17; count++) writer.writeText("x".repeat(4000));
  expect(socket.writes).toHaveLength(1);
  await turn();
  expect(Buffer.concat(socket.writes.flat())).toHaveLength(17 * 4004);
});

test("[EN40] ending writes what waits first, also on a busy socket", async () => {
  const { socket, writer } = setUp();
  socket.isBusy = true;
  writer.writeText("1");
  await turn();
  writer.writeText("2");
  writer.end();
  expect(socket.writableEnded).toBe(false);
  socket.isBusy = false;
  socket.finishWrite();
  await turn();
  expect(Buffer.concat(socket.writes.flat()).toString("latin1")).toBe("\x81\x011\x81\x012");
  expect(socket.writableEnded).toBe(true);
});

test("[EN26] frames for a destroyed socket are dropped", async () => {
  const { socket, writer } = setUp();
  socket.destroy();
  writer.writeText("lost");
  writer.writeBytes(opcodes.binary, new Uint8Array(70_000));
  await turn();
  expect([socket.writes.length, writer.bufferedBytes]).toEqual([0, 0]);
});

test("[EN26] frames behind the end of a socket are dropped and no error", async () => {
  const { socket, writer } = setUp();
  writer.end();
  writer.writeText("lost");
  await once(socket, "finish");
  await turn();
  expect([socket.writes.length, socket.errored]).toEqual([0, null]);
});

test("[EN52] the end of an earlier write is not taken for the end of one that waits", async () => {
  const { socket, writer, told } = setUp();
  writer.writeBytes(opcodes.binary, new Uint8Array(70_000));
  socket.isBusy = true;
  writer.writeBytes(opcodes.binary, new Uint8Array(70_000));
  expect(socket.writes).toHaveLength(2);
  await turn();
  expect(told).toEqual(["blocked"]);
  socket.finishWrite();
  await turn();
  expect(told).toEqual(["blocked", "taken late"]);
});

test("[EN27] however many frames wait for a busy socket, they lie together", async () => {
  const { socket, writer } = setUp();
  socket.isBusy = true;
  writer.writeText("first");
  await turn();
  for (let count = 0; count < 10_000; count++) writer.writeText("ten bytes.");
  socket.isBusy = false;
  socket.finishWrite();
  await turn();
  expect(socket.writes.slice(1).flat()).toHaveLength(30); // blocks of 4 KiB
});

test("[EN131] what waits below the stream counts as buffered, and is told as blocked and not as taken until the peer reads", async () => {
  const { ours, theirs, close } = await connectPair();
  theirs.pause();
  const told: string[] = [];
  const taken = deferred<void>();
  const writer = new Writer({
    socket: ours,
    counters: { bytesOut: 0 },
    isDirect: true,
    owner: {
      handleBlocked: () => void told.push("blocked"),
      handleTaken(hadToWait) {
        told.push(`taken ${hadToWait}`);
        if (hadToWait) taken.resolve();
      },
    },
  });
  while (!told.includes("blocked")) {
    expect(writer.bufferedBytes).toBe(0);
    told.length = 0;
    writer.writeShared(Buffer.alloc(30_000));
    writer.flush();
  }
  expect(told).toEqual(["blocked"]);
  expect(writer.bufferedBytes).toBeGreaterThan(0);
  expect(writer.bufferedBytes).toBeLessThanOrEqual(30_000);
  theirs.resume();
  await taken.promise;
  expect([told, writer.bufferedBytes]).toEqual([["blocked", "taken true"], 0]);
  close();
});

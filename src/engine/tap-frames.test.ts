import { expect, test } from "vitest";
import { rawFrame, type RawPeer } from "../../test/raw-peer.ts";
import { cleanups, createEngine, open, serveHttp } from "../../test/server-setup.ts";
import { FrameTap, type TappedFrame } from "./frame-tap.ts";
import { type EngineSocket, prepareMessage, type ServerOptions, type ServerSocket, tapFrames } from "./index.ts";

/** A peer, its socket of the server, and what a tap on that tells. */
async function setUp(
  options: ServerOptions = {},
): Promise<{ readonly peer: RawPeer; readonly socket: ServerSocket; readonly frames: TappedFrame[] }> {
  const engine = createEngine(options);
  const port = await serveHttp((http) => engine.attach(http));
  const peer = await open(port);
  const [socket] = engine.sockets;
  if (socket === undefined) throw new Error("Cannot set up: no connection was made");
  return { peer, socket, frames: [] };
}

const hexOf = ({ bytes, direction }: TappedFrame): string => `${direction} ${Buffer.from(bytes).toString("hex")}`;

for (const directIo of [true, false]) {
  test(`[EN126] a tap tells the frames of both directions as they are on the wire, ${directIo ? "past" : "through"} the stream`, async () => {
    const { frames, peer, socket } = await setUp({ directIo, message: (from, data) => void from.send(data) });
    const stop = tapFrames(socket, { onFrame: (frame) => frames.push(frame) });
    const [hi, ping] = [rawFrame(1, "Hi"), rawFrame(9, "?")];
    peer.write(hi);
    expect(await peer.readText()).toBe("Hi");
    peer.write(ping);
    expect(await peer.readText()).toBe("?");
    socket.send(prepareMessage("all"));
    socket.send(new Uint8Array(5000));
    expect(await peer.readText()).toBe("all");
    await peer.readFrame();
    expect(frames.map(hexOf).map((hex) => hex.slice(0, 24))).toEqual([
      `in ${hi.toString("hex")}`,
      "out 81024869",
      `in ${ping.toString("hex")}`,
      "out 8a013f",
      "out 8103616c6c",
      `out 827e1388${"00".repeat(6)}`,
    ]);
    expect(frames.at(-1)).toMatchObject({ byteCount: 5004 });
    expect(frames.at(-1)?.bytes).toHaveLength(1024);
    stop();
    socket.send("unseen");
    await peer.readText();
    expect(frames).toHaveLength(6);
  });
}

test("[EN126] a tap that comes in the middle of a message begins with the next frame", async () => {
  const { frames, peer, socket } = await setUp({ message: (from, data) => void from.send(data) });
  const [first, second] = [rawFrame(1, "first"), rawFrame(1, "second")];
  peer.write(first.subarray(0, 7));
  await expect.poll(() => socket.counters.bytesIn).toBe(7);
  tapFrames(socket, { onFrame: (frame) => frames.push(frame) });
  peer.write(first.subarray(7));
  expect(await peer.readText()).toBe("first");
  peer.write(second);
  expect(await peer.readText()).toBe("second");
  expect(frames.filter(({ direction }) => direction === "in").map(hexOf)).toEqual([`in ${second.toString("hex")}`]);
});

test("[EN126] what waits for a slow peer when the tap comes is not told, the next frame is", () => {
  const frames: TappedFrame[] = [];
  const tap = new FrameTap({ maxFrameBytes: 14, onFrame: (frame) => frames.push(frame) }, 5);
  tap.sent(Uint8Array.of(1, 2, 3));
  tap.sent(Uint8Array.of(4, 5, 0x81, 1));
  tap.sent(Uint8Array.of(0x61, 0x89, 0));
  expect(frames.map(hexOf)).toEqual(["out 810161", "out 8900"]);
});

test("[EN126] a frame in any cut is one frame, whatever form its length has; what is kept of it has a limit", () => {
  for (const payloadBytes of [0, 1, 125, 126, 65_535, 65_536]) {
    const frame = rawFrame(2, new Uint8Array(payloadBytes));
    for (const cut of [1, 2, 13, frame.length]) {
      const frames: TappedFrame[] = [];
      const tap = new FrameTap({ maxFrameBytes: 100, onFrame: (one) => frames.push(one) }, 0);
      for (let at = 0; at < frame.length; at += cut) tap.received(frame.subarray(at, at + cut), cut, false);
      expect(frames).toEqual([
        { direction: "in", bytes: Uint8Array.from(frame.subarray(0, 100)), byteCount: frame.length },
      ]);
    }
  }
});

for (const directIo of [true, false]) {
  test(`[EN126] frames that a slow peer takes in parts are told whole, ${directIo ? "past" : "through"} the stream`, async () => {
    const { frames, peer, socket } = await setUp({ directIo });
    tapFrames(socket, { maxFrameBytes: 14, onFrame: (frame) => frames.push(frame) });
    peer.socket.pause();
    // More than the operating system takes at once, in frames that are copied and others that are not.
    const sizes = Array.from({ length: 120 }, (_, index) => (index % 2 === 0 ? 100 : 100_000 + index));
    for (const size of sizes) socket.send(new Uint8Array(size));
    expect(socket.bufferedBytes).toBeGreaterThan(0);
    peer.socket.resume();
    for (const size of sizes) expect((await peer.readFrame()).payload).toHaveLength(size);
    expect(frames.map(({ byteCount }) => byteCount)).toEqual(sizes.map((size) => size + (size > 65_535 ? 10 : 2)));
  });
}

test("[EN126] a second tap takes the place of the first, whose stop then does nothing", async () => {
  const { frames, peer, socket } = await setUp();
  const first: TappedFrame[] = [];
  const stop = tapFrames(socket, { onFrame: (frame) => first.push(frame) });
  tapFrames(socket, { onFrame: (frame) => frames.push(frame) });
  stop();
  socket.send("one");
  await peer.readText();
  expect([first.length, frames.length]).toEqual([0, 1]);
});

test("[EN126] a socket that is not ours, or room for less than a header, is refused", async () => {
  const { socket } = await setUp();
  const onFrame = (): void => {};
  expect(() => tapFrames({} as EngineSocket, { onFrame })).toThrow(/no socket of the engine/);
  for (const maxFrameBytes of [13, 14.5]) {
    expect(() => tapFrames(socket, { maxFrameBytes, onFrame })).toThrow(RangeError);
  }
  expect(() => tapFrames(socket, { maxFrameBytes: 14, onFrame })).not.toThrow();
  expect(cleanups.length).toBeGreaterThan(0);
});

test("[EN125] a socket counts its own messages and bytes; the server's counters are their sum, of those that are gone too", async () => {
  const engine = createEngine({ message: (from, data) => void from.send(data) });
  const port = await serveHttp((http) => engine.attach(http));
  const [one, other] = [await open(port), await open(port)];
  const [first, second] = engine.sockets;
  const greetingBytes = engine.counters.bytesOut / 2;
  one.write(rawFrame(1, "hello"));
  await one.readText();
  expect(first?.counters).toEqual({
    messagesIn: 1,
    messagesOut: 1,
    bytesIn: 11,
    bytesOut: greetingBytes + 7,
    backpressured: 0,
  });
  expect(second?.counters).toMatchObject({ messagesIn: 0, bytesOut: greetingBytes });
  one.destroy();
  await expect.poll(() => engine.sockets.size).toBe(1);
  other.write(rawFrame(1, "hey"));
  await other.readText();
  expect(engine.counters).toMatchObject({ messagesIn: 2, bytesIn: 20, bytesOut: 2 * greetingBytes + 12, closed: 1 });
});

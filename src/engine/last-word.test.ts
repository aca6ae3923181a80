import { afterEach, expect, test } from "vitest";
import { RawPeer, rawClose, rawFrame } from "../../test/raw-peer.ts";
import { type CloseInfo, createWebSocketServer, type ServerOptions, type ServerSocket } from "./index.ts";
import { deferred } from "./deferred.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A server with one raw peer; `closed` is what `close` is told. */
async function setUp(
  options: ServerOptions,
): Promise<{ peer: RawPeer; line: ServerSocket; closed: Promise<CloseInfo> }> {
  const opened = deferred<ServerSocket>();
  const closed = deferred<CloseInfo>();
  const server = createWebSocketServer({
    ...options,
    open: (socket) => opened.resolve(socket),
    close: (_socket, info) => closed.resolve(info),
  });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  const peer = await RawPeer.open(port);
  cleanups.push(
    () => server.close({ graceMs: 0 }),
    () => peer.destroy(),
  );
  return { peer, line: await opened.promise, closed: closed.promise };
}

for (const [name, end, code] of [
  ["a close frame", rawClose(1000, "bye"), 1000],
  ["a fault", rawFrame(3), 1002],
] as const) {
  test(`[EN48] what is answered to a message is sent, though ${name} came in the same packet`, async () => {
    const states: string[] = [];
    const { peer, closed } = await setUp({
      message(socket, data) {
        states.push(socket.state, String(socket.send(`re: ${String(data)}`)));
        socket.ping(); // of the frames that are not messages none may follow the peer's end
      },
    });
    peer.write(Buffer.concat([rawFrame(1, "one"), rawFrame(9, "ping"), rawFrame(1, "two"), end]));
    expect((await peer.readFrame()).opcode).toBe(10);
    expect(await peer.readText()).toBe("re: one");
    expect(await peer.readText()).toBe("re: two");
    const last = await peer.readFrame();
    expect(last.opcode).toBe(8);
    expect(last.payload.readUInt16BE()).toBe(code);
    expect(states).toEqual(["open", "true", "open", "true"]);
    expect(await peer.readToEnd()).toBe("");
    peer.destroy();
    await closed;
  });
}

test("[EN48] a close of ours that finds the peer's sends its answer, and nothing after it", async () => {
  const { peer, closed } = await setUp({
    message(socket) {
      socket.close(1001);
      expect(socket.state).toBe("closing");
      expect(socket.send("too late")).toBe(false);
    },
  });
  peer.write(Buffer.concat([rawFrame(1, "one"), rawClose(3000, "mine")]));
  expect((await peer.readFrame()).payload.readUInt16BE()).toBe(3000);
  expect(await peer.readToEnd()).toBe("");
  peer.destroy();
  expect(await closed).toMatchObject({ code: 3000, reason: "mine", by: "peer", wasClean: true });
});

test("[EN48] a paused line answers the peer's close when it is resumed, or closed, and can send until then", async () => {
  for (const end of ["resume", "close"] as const) {
    const told = deferred<undefined>();
    const { peer, line, closed } = await setUp({
      message(socket, data) {
        if (data === "one") socket.pause();
        told.resolve(undefined);
      },
    });
    peer.write(Buffer.concat([rawFrame(1, "one"), rawFrame(1, "two"), rawClose(1000)]));
    await told.promise;
    expect(line.state).toBe("open");
    expect(line.send("still here")).toBe(true);
    expect(await peer.readText()).toBe("still here");
    line[end]();
    expect((await peer.readFrame()).opcode).toBe(8);
    peer.destroy();
    expect(await closed).toMatchObject({ code: 1000, by: "peer", wasClean: true });
  }
});

test("[EN48] answers to what came with a close frame keep to maxQueuedBytes", async () => {
  const { peer, closed } = await setUp({
    highWaterBytes: 1000,
    maxQueuedBytes: 5000,
    message: (socket) => void socket.send("x".repeat(4000)),
  });
  peer.write(Buffer.concat([...Array.from({ length: 20 }, () => rawFrame(1, "more")), rawClose(1000)]));
  const frames = [await peer.readFrame(), await peer.readFrame(), await peer.readFrame()];
  expect(frames.map((frame) => frame.opcode)).toEqual([1, 1, 8]);
  expect(await peer.readToEnd()).toBe("");
  peer.destroy();
  await closed;
});

test("[EN48] with compression too what is answered is sent, as it is: the protocol compresses nothing after the peer's close", async () => {
  const { port } = await setUpServer({ message: (socket) => void socket.send("x".repeat(2000)), compression: {} });
  const peer = await RawPeer.open(port, { headers: { "Sec-WebSocket-Extensions": "permessage-deflate" } });
  cleanups.push(() => peer.destroy());
  peer.write(Buffer.concat([rawFrame(1, "one"), rawClose(1000)]));
  const answer = await peer.readFrame();
  expect([answer.opcode, answer.isCompressed, answer.payload.length]).toEqual([1, undefined, 2000]);
  expect((await peer.readFrame()).opcode).toBe(8);
});

async function setUpServer(options: ServerOptions): Promise<{ port: number }> {
  const server = createWebSocketServer(options);
  cleanups.push(() => server.close({ graceMs: 0 }));
  return server.listen({ port: 0, host: "127.0.0.1" });
}

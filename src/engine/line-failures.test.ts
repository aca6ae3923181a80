import { once } from "node:events";
import { expect, test } from "vitest";
import { cleanups, collect, setUp } from "../../test/line-setup.ts";
import { rawClose, rawFrame, RawPeer } from "../../test/raw-peer.ts";
import { deferred } from "./deferred.ts";
import { createWebSocketServer } from "./index.ts";

// ---- failures

for (const [name, fail] of [
  [
    "throws",
    () => {
      throw new Error("boom");
    },
  ],
  ["rejects", () => Promise.reject(new Error("boom"))],
] as const) {
  test(`[EN30] a message handler that ${name} is told to error and closes its connection with 1011, and no other`, async () => {
    const errors: unknown[] = [];
    const { peer, port, closed, line } = await setUp({
      message: (socket, data) => (data === "fail" ? fail() : void socket.send(data)),
      error: (error, socket) => void errors.push(error, socket),
    });
    const other = await RawPeer.open(port);
    cleanups.push(() => other.destroy());
    // A second one in the same chunk is not told to a handler that has thrown.
    peer.write(Buffer.concat(name === "throws" ? [rawFrame(1, "fail"), rawFrame(1, "fail")] : [rawFrame(1, "fail")]));
    expect((await peer.readFrame()).payload.toString("latin1")).toBe("\x03\xf3Internal error");
    other.write(rawFrame(1, "still here"));
    expect(await other.readText()).toBe("still here");
    peer.write(rawClose(1011));
    peer.socket.end();
    expect(await closed).toMatchObject({ code: 1011, by: "us", wasClean: true });
    expect(errors).toEqual([new Error("boom"), line]);
  });
}

test("[EN30] every handler is guarded", async () => {
  const errors: unknown[] = [];
  const closed = deferred<void>();
  const fail = (name: string) => () => {
    if (name === "close") closed.resolve();
    throw new Error(name);
  };
  const { peer, port } = await setUp({
    ping: fail("ping"),
    close: fail("close"),
    error: (error) => void errors.push((error as Error).message),
  });
  peer.write(rawFrame(9));
  peer.destroy();
  await closed.promise;
  const server = createWebSocketServer({
    open: fail("open"),
    error: (error) => void errors.push((error as Error).message),
  });
  const { port: otherPort } = await server.listen({ port: 0 });
  cleanups.push(() => server.close({ graceMs: 1 }));
  const other = await RawPeer.open(otherPort);
  expect((await other.readFrame()).payload.readUInt16BE()).toBe(1011);
  other.destroy();
  expect(errors).toContain("open");
  expect(errors).toContain("close");
  expect(port).not.toBe(otherPort);
});

test("[EN30] without an error handler, or with one that throws, a failure is a process warning", async () => {
  for (const error of [
    undefined,
    () => {
      throw new Error("from error");
    },
  ]) {
    const warned = once(process, "warning");
    const { peer } = await setUp({
      message: () => {
        throw new Error("from message");
      },
      ...(error === undefined ? {} : { error }),
    });
    peer.write(rawFrame(1, "x"));
    expect((await peer.readFrame()).payload.readUInt16BE()).toBe(1011);
    const [warning] = await warned;
    expect((warning as Error).message).toBe(error === undefined ? "from message" : "from error");
  }
});

test("[EN31] an unmasked frame is answered with 1002 and the end, and the rest is thrown away", async () => {
  const { messages, message } = collect();
  const { peer, closed, sockets } = await setUp({ message });
  peer.write(Buffer.concat([rawFrame(1, "good"), rawFrame(1, "bad", { maskingKey: undefined }), rawFrame(1, "after")]));
  const frame = await peer.readFrame();
  expect([frame.opcode, frame.payload.readUInt16BE()]).toEqual([8, 1002]);
  expect(await peer.readToEnd()).toBe("");
  peer.write(rawFrame(1, "even later"));
  peer.socket.end();
  expect(await closed).toMatchObject({ code: 1002, by: "us", wasClean: false });
  expect(messages).toEqual(["good"]);
  expect(sockets.size).toBe(0);
});

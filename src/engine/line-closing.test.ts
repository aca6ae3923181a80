import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { collect, fill, setUp } from "../../test/line-setup.ts";
import { rawClose, rawFrame } from "../../test/raw-peer.ts";
import { deferred } from "./deferred.ts";
import type { ServerSocket } from "./index.ts";

// ---- closing

test("[EN40] close sends what was sent before, then the close frame; the server ends first; then it is clean", async () => {
  const { peer, line, closed } = await setUp();
  line.send("last words");
  line.close(4001, "done");
  expect(line.state).toBe("closing");
  expect(await peer.readText()).toBe("last words");
  expect((await peer.readFrame()).payload.toString("latin1")).toBe("\x0f\xa1done");
  peer.write(rawClose(4001));
  expect(await peer.readToEnd()).toBe("");
  peer.socket.end();
  expect(await closed).toEqual({ code: 4001, reason: "done", by: "us", wasClean: true });
  expect(line.state).toBe("closed");
});

test("[EN40] messages that cross our close frame are told", async () => {
  const { messages, message, until } = collect();
  const { peer, line, closed } = await setUp({ message });
  line.close();
  const crossing = until("crossing");
  peer.write(Buffer.concat([rawFrame(1, "crossing"), rawClose(1000)]));
  await crossing;
  peer.socket.end();
  expect(await closed).toMatchObject({ wasClean: true });
  expect(messages).toEqual(["crossing"]);
});

test("[EN41] a peer's close frame is answered with its code, and the server ends the transport", async () => {
  const { peer, closed } = await setUp();
  peer.write(rawClose(4999, "leaving"));
  const answer = await peer.readFrame();
  expect([answer.opcode, answer.payload.readUInt16BE()]).toEqual([8, 4999]);
  expect(await peer.readToEnd()).toBe("");
  peer.socket.end();
  expect(await closed).toEqual({ code: 4999, reason: "leaving", by: "peer", wasClean: true });
});

test("[EN41] a close frame without a code is told as 1005", async () => {
  const { peer, closed } = await setUp();
  peer.write(rawFrame(8));
  peer.socket.end();
  expect(await closed).toEqual({ code: 1005, reason: "", by: "peer", wasClean: true });
});

test("[EN42] a peer that does not answer the close frame is cut after closeTimeoutMs", async () => {
  const { peer, line, closed, clock, transport } = await setUp({ closeTimeoutMs: 2_000 });
  line.close(1000, "hello?");
  await peer.readFrame();
  clock.advance(1_900);
  expect(transport.destroyed).toBe(false);
  clock.advance(200);
  expect(transport.destroyed).toBe(true);
  expect(await closed).toEqual({ code: 1000, reason: "hello?", by: "us", wasClean: false });
});

test("[EN42] a peer that answers but does not end the transport is cut too, and it was clean", async () => {
  const { peer, closed, clock, transport } = await setUp();
  peer.write(rawClose(1000));
  await peer.readToEnd();
  clock.advance(4_900);
  expect(transport.destroyed).toBe(false);
  clock.advance(200);
  expect(await closed).toMatchObject({ by: "peer", wasClean: true });
});

test("[EN43] a transport that ends without a close frame is told by network, and our half does not stay open", async () => {
  const { peer, closed, transport, sockets } = await setUp();
  peer.socket.end();
  expect(await closed).toEqual({
    code: 1006,
    reason: "The peer ended the connection without a close frame",
    by: "network",
    wasClean: false,
  });
  expect([transport.destroyed, sockets.size]).toEqual([true, 0]);
});

test("[EN43] a reset is told by network with what the operating system said", async () => {
  const { peer, closed } = await setUp();
  peer.socket.resetAndDestroy();
  expect(await closed).toEqual({ code: 1006, reason: "read ECONNRESET", by: "network", wasClean: false });
});

test("[EN43] an end that comes while we are paused is told after what came before it", async () => {
  const { messages, message } = collect();
  const paused = deferred<ServerSocket>();
  const { peer, closed, transport } = await setUp({
    directIo: false, // with it, a paused socket's end is not even read
    message(socket, data) {
      message(socket, data);
      if (messages.length > 1) return;
      socket.pause();
      paused.resolve(socket);
    },
  });
  peer.write(Buffer.concat([rawFrame(1, "1"), rawFrame(1, "2")]));
  const line = await paused.promise;
  const ended = once(transport, "end");
  peer.socket.end();
  await ended;
  line.resume();
  expect(await closed).toMatchObject({ code: 1006, by: "network" });
  expect(messages).toEqual(["1", "2"]);
});

test("[EN44] terminate cuts at once, without a close frame", async () => {
  const { peer, line, closed } = await setUp();
  line.send("lost");
  line.terminate();
  expect(await peer.readToEnd()).toBe("");
  expect(await closed).toEqual({ code: 1006, reason: "The connection was terminated", by: "us", wasClean: false });
});

test("[EN44] what came in the same chunk is not told after terminate", async () => {
  const messages: unknown[] = [];
  const { peer, closed } = await setUp({
    message(socket, data) {
      messages.push(data);
      socket.terminate();
    },
  });
  peer.write(Buffer.concat([rawFrame(1, "1"), rawFrame(1, "2"), rawClose(1000)]));
  expect(await closed).toMatchObject({ code: 1006, by: "us", wasClean: false });
  expect(messages).toEqual(["1"]);
});

test("[EN45] close is told once and last, and the connection is in sockets until then", async () => {
  const told: string[] = [];
  const { peer, line, sockets, closed } = await setUp({
    open: () => void told.push("open"),
    message: (_socket, data) => void told.push(String(data)),
    close: (socket) => void told.push(`close, ${socket.state}, ${sockets.has(socket)}`),
  });
  expect([...sockets]).toEqual([line]);
  peer.write(Buffer.concat([rawFrame(1, "hi"), rawClose(1000), rawFrame(1, "too late")]));
  peer.socket.end();
  await closed;
  line.terminate();
  line.close();
  await turn();
  expect(told).toEqual(["open", "hi", "close, closed, false"]);
});

test("[EN45] a connection that is gone leaves no timer behind, whatever it was waiting for", async () => {
  const idle = await setUp();
  idle.peer.destroy();
  await idle.closed;
  const closing = await setUp();
  closing.line.close();
  closing.peer.destroy();
  await closing.closed;
  const stalled = await setUp();
  await fill(stalled, 1_000_000);
  stalled.peer.destroy();
  await stalled.closed;
  expect([idle.clock.isTicking, closing.clock.isTicking, stalled.clock.isTicking]).toEqual([false, false, false]);
});

test("[EN26] on a closed connection nothing does harm, and send is false", async () => {
  const { peer, line, closed } = await setUp();
  peer.destroy();
  await closed;
  expect([
    line.send("x"),
    line.send(new Uint8Array(100_000)),
    line.state,
    line.remoteAddress,
    line.bufferedBytes,
  ]).toEqual([false, false, "closed", "127.0.0.1", 0]);
  line.ping();
  line.close();
  line.terminate();
  line.pause();
  line.resume();
  await turn();
});

test("[EN26] on a closing connection nothing is sent behind the close frame", async () => {
  const { peer, line } = await setUp();
  line.close();
  expect(line.send("x")).toBe(false);
  line.ping();
  line.close(4000);
  line.pause();
  expect((await peer.readFrame()).opcode).toBe(8);
  peer.write(rawClose(1000));
  expect(await peer.readToEnd()).toBe("");
});

test("[EN47] a close code or reason that may not be sent throws and closes nothing", async () => {
  const { line } = await setUp();
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5]) {
    expect(() => line.close(code)).toThrow(expect.objectContaining({ code: "ERR_CLOSE_CODE" }));
  }
  expect(() => line.close(1000, "x".repeat(124))).toThrow(expect.objectContaining({ code: "ERR_CLOSE_REASON" }));
  expect(line.state).toBe("open");
});

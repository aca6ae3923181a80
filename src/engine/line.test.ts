import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { collect, fill, setUp } from "../../test/line-setup.ts";
import { rawClose, rawFrame } from "../../test/raw-peer.ts";
import { deferred } from "./deferred.ts";
import { prepareMessage, type ServerSocket } from "./index.ts";

// ---- messages

test("[EN20] text is told as a string, binary as bytes that nothing else refers to", async () => {
  const { messages, message, until } = collect();
  const { peer } = await setUp({ message });
  const done = until("done");
  const long = "ü".repeat(50_000);
  peer.write(
    Buffer.concat([rawFrame(1, "grüße"), rawFrame(2, Buffer.from([1, 2, 3])), rawFrame(1, long), rawFrame(1, "done")]),
  );
  await done;
  expect(messages).toEqual(["grüße", Uint8Array.of(1, 2, 3), long, "done"]);
  expect((messages[1] as Uint8Array).buffer.byteLength).toBe(3);
});

test("[EN21] a hundred answers to what came in one chunk arrive in one", async () => {
  const { peer } = await setUp({ message: (socket, data) => void socket.send(data) });
  peer.chunkCount = 0;
  peer.write(Buffer.concat(Array.from({ length: 100 }, (_, index) => rawFrame(1, `message ${index}`))));
  for (let index = 0; index < 100; index++) expect(await peer.readText()).toBe(`message ${index}`);
  expect(peer.chunkCount).toBe(1);
});

test("[EN21, EN22] strings, arrays, Buffers and prepared messages keep their order", async () => {
  const { peer, line } = await setUp();
  const large = new Uint8Array(100_000).fill(9);
  line.send("one");
  line.send(Uint8Array.of(2));
  line.send(Buffer.from("three"));
  line.send(large);
  line.send(prepareMessage("five"));
  line.send(prepareMessage(Uint8Array.of(6)));
  const frames = [];
  for (let count = 0; count < 6; count++) frames.push(await peer.readFrame());
  expect(frames.map((frame) => frame.opcode)).toEqual([1, 2, 2, 2, 1, 2]);
  expect(frames.map((frame) => frame.payload)).toEqual([
    Buffer.from("one"),
    Buffer.from([2]),
    Buffer.from("three"),
    Buffer.from(large),
    Buffer.from("five"),
    Buffer.from([6]),
  ]);
});

test("[EN22] views of other kinds, numbers and look-alikes are refused and nothing is sent (CVE-2026-45736)", async () => {
  const { peer, line } = await setUp();
  const wrong: unknown[] = [
    new Float32Array(4),
    new DataView(new ArrayBuffer(8)),
    new ArrayBuffer(8),
    12,
    [1],
    null,
    undefined,
    {},
    { type: "prepared", frame: "x" },
  ];
  for (const data of wrong) {
    expect(() => line.send(data as never)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD_TYPE" }));
  }
  expect(() => line.ping(new Float32Array(4) as never)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD_TYPE" }));
  expect(() => line.ping(new Uint8Array(126))).toThrow(expect.objectContaining({ code: "ERR_CONTROL_TOO_BIG" }));
  for (const reason of wrong.filter((value) => value !== undefined)) {
    expect(() => line.close(1000, reason as never)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD_TYPE" }));
  }
  expect(line.state).toBe("open");
  line.send("first");
  expect(await peer.readText()).toBe("first");
});

test("[EN28] a message of exactly the limits is delivered", async () => {
  const { messages, message, until } = collect();
  const { peer } = await setUp({ message, maxMessageBytes: 10, maxFragmentCount: 3 });
  const done = until("end");
  peer.write(
    Buffer.concat([
      rawFrame(1, "0123456789"),
      rawFrame(1, "012", { isFinal: false }),
      rawFrame(0, "345", { isFinal: false }),
      rawFrame(0, "6789"),
      rawFrame(1, "end"),
    ]),
  );
  await done;
  expect(messages).toEqual(["0123456789", "0123456789", "end"]);
});

test("[EN28] one byte more is 1009, one frame more is 1008", async () => {
  const tooLong = await setUp({ maxMessageBytes: 10 });
  tooLong.peer.write(rawFrame(1, "0123456789a"));
  expect((await tooLong.peer.readFrame()).payload.readUInt16BE()).toBe(1009);
  const tooMany = await setUp({ maxFragmentCount: 2 });
  tooMany.peer.write(
    Buffer.concat([rawFrame(1, "a", { isFinal: false }), rawFrame(0, "b", { isFinal: false }), rawFrame(0, "c")]),
  );
  expect((await tooMany.peer.readFrame()).payload.readUInt16BE()).toBe(1008);
});

// ---- backpressure

test("[EN23] send is false above the high-water mark, and drain follows once when the peer has read", async () => {
  let drainedCount = 0;
  let bufferedAtDrain = Infinity;
  const drained = deferred<void>();
  const setup = await setUp({
    highWaterBytes: 400_000,
    drain(socket) {
      drainedCount++;
      bufferedAtDrain = socket.bufferedBytes;
      drained.resolve();
    },
  });
  await fill(setup, 300_000);
  const { line, peer } = setup;
  // To the mark exactly: header of 4 bytes.
  while (line.bufferedBytes < 400_000) {
    const missingBytes = 400_000 - line.bufferedBytes;
    expect(line.send(new Uint8Array(missingBytes < 50_000 ? missingBytes - 4 : 49_000))).toBe(true);
  }
  expect(line.bufferedBytes).toBe(400_000);
  expect(line.send("")).toBe(false);
  expect(line.send("")).toBe(false);
  await turn();
  expect(drainedCount).toBe(0);
  peer.socket.resume();
  await drained.promise;
  expect(bufferedAtDrain).toBeLessThanOrEqual(100_000);
  expect(line.send("")).toBe(true);
  await turn();
  expect(drainedCount).toBe(1);
});

test("[EN23] a mark that was only passed within a turn is told too", async () => {
  const drained = deferred<void>();
  const { line } = await setUp({ highWaterBytes: 1000, drain: () => drained.resolve() });
  expect(line.send(new Uint8Array(998))).toBe(false);
  await drained.promise;
  expect(line.bufferedBytes).toBe(0);
});

test("[EN24] exactly maxQueuedBytes stay, one byte more closes with 1013", async () => {
  const setup = await setUp({ highWaterBytes: 1000, maxQueuedBytes: 200_000 });
  await fill(setup, 130_000);
  const { line, peer, closed, clock } = setup;
  while (line.bufferedBytes < 200_000) {
    const missingBytes = 200_000 - line.bufferedBytes;
    line.send(new Uint8Array(missingBytes < 50_000 ? missingBytes - 4 : 49_000));
  }
  expect([line.bufferedBytes, line.state]).toEqual([200_000, "open"]);
  expect(line.send("")).toBe(false);
  expect(line.state).toBe("closing");
  clock.advance(5_200);
  expect(await closed).toEqual({
    code: 1013,
    reason: "More than 200000 bytes were waiting to be read",
    by: "us",
    wasClean: false,
  });
  peer.destroy();
});

test("[EN25] between pause and resume nothing is told, in the middle of a chunk too, and nothing is lost", async () => {
  const { messages, message, until } = collect();
  const paused = deferred<ServerSocket>();
  const setup = await setUp({
    message(socket, data) {
      message(socket, data);
      if (data !== "2") return;
      socket.pause();
      paused.resolve(socket);
    },
  });
  const { peer } = setup;
  peer.write(Buffer.concat(["1", "2", "3", "4"].map((text) => rawFrame(1, text))));
  const line = await paused.promise;
  peer.write(rawFrame(1, "5"));
  await turn();
  await turn();
  expect(messages).toEqual(["1", "2"]);
  const done = until("5");
  line.resume();
  expect(messages).toEqual(["1", "2"]);
  await done;
  expect(messages).toEqual(["1", "2", "3", "4", "5"]);
});

test("[EN25] a handler that pauses and resumes at once changes nothing", async () => {
  const { messages, message, until } = collect();
  const { peer } = await setUp({
    message(socket, data) {
      socket.pause();
      socket.resume();
      message(socket, data);
    },
  });
  const done = until("3");
  peer.write(Buffer.concat(["1", "2", "3"].map((text) => rawFrame(1, text))));
  await done;
  expect(messages).toEqual(["1", "2", "3"]);
});

test("[EN25] what a peer said before it left is told after resume, then its close", async () => {
  const { messages, message } = collect();
  const paused = deferred<ServerSocket>();
  const { peer, closed } = await setUp({
    message(socket, data) {
      message(socket, data);
      if (messages.length > 1) return;
      socket.pause();
      paused.resolve(socket);
    },
  });
  peer.write(Buffer.concat([rawFrame(1, "1"), rawFrame(1, "2"), rawClose(1000, "bye")]));
  const line = await paused.promise;
  expect(line.state).toBe("open"); // the end is not told yet
  line.resume();
  expect((await peer.readFrame()).opcode).toBe(8);
  peer.socket.end();
  expect(await closed).toEqual({ code: 1000, reason: "bye", by: "peer", wasClean: true });
  expect(messages).toEqual(["1", "2"]);
});

test("[EN25, EN40] closing a paused line reads on for the peer's close frame, and tells no more messages", async () => {
  const { messages, message } = collect();
  const { peer, line, closed } = await setUp({ message });
  line.pause();
  peer.write(rawFrame(1, "unheard"));
  line.close(4000, "enough");
  await peer.readFrame();
  peer.write(rawClose(4000));
  await peer.readToEnd();
  peer.socket.end();
  expect(await closed).toEqual({ code: 4000, reason: "enough", by: "us", wasClean: true });
  expect(messages).toEqual([]);
});

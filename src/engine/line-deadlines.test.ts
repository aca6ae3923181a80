import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { fill, setUp } from "../../test/line-setup.ts";
import { rawFrame, RawPeer } from "../../test/raw-peer.ts";
import { deferred } from "./deferred.ts";

// ---- deadlines

test("[EN50] a silent peer is sent one ping after pingAfterMs; a byte of any kind puts it off", async () => {
  const { peer, clock } = await setUp({ message: (socket) => void socket.send("heard") });
  clock.advance(24_900);
  peer.write(rawFrame(1, "here I am"));
  expect(await peer.readText()).toBe("heard");
  clock.advance(24_900);
  peer.write(rawFrame(1, "x").subarray(0, 1));
  peer.write(rawFrame(1, "x").subarray(1));
  expect(await peer.readText()).toBe("heard");
  clock.advance(25_200);
  expect(await peer.readFrame()).toMatchObject({ opcode: 9, payload: Buffer.alloc(0) });
  peer.write(rawFrame(10));
  peer.write(rawFrame(1, "x"));
  expect(await peer.readText()).toBe("heard");
  clock.advance(24_800);
  peer.write(rawFrame(1, "x"));
  expect(await peer.readText()).toBe("heard");
});

test("[EN51] a peer that was silent for deadAfterMs is cut", async () => {
  const { peer, clock, closed, transport } = await setUp();
  clock.advance(25_100);
  expect((await peer.readFrame()).opcode).toBe(9);
  clock.advance(14_800);
  expect(transport.destroyed).toBe(false);
  clock.advance(300);
  expect(await closed).toEqual({
    code: 1006,
    reason: "Nothing was received for 40000 ms",
    by: "timeout",
    wasClean: false,
  });
  expect(await peer.readToEnd()).toBe("");
});

test("[EN51] without pings a silent peer is still cut, with Infinity never", async () => {
  const noPing = await setUp({ pingAfterMs: Infinity, deadAfterMs: 1_000 });
  noPing.clock.advance(1_200);
  expect(await noPing.closed).toMatchObject({ by: "timeout" });
  const never = await setUp({ pingAfterMs: Infinity, deadAfterMs: Infinity });
  never.clock.advance(10_000_000);
  expect(never.transport.destroyed).toBe(false);
});

test("[EN52] a peer that talks but takes nothing for stalledAfterMs is cut", async () => {
  const setup = await setUp({ pingAfterMs: 1_000_000, deadAfterMs: 1_000_000 });
  await fill(setup, 2_000_000);
  setup.clock.advance(29_900);
  setup.peer.write(rawFrame(1, "but I am here"));
  await turn();
  expect(setup.transport.destroyed).toBe(false);
  setup.clock.advance(200);
  expect(await setup.closed).toEqual({
    code: 1006,
    reason: "Nothing of what was sent was taken for 30000 ms",
    by: "timeout",
    wasClean: false,
  });
});

test("[EN53] while we are paused silence is not death, and after resume the time begins anew", async () => {
  const { clock, line, transport } = await setUp();
  line.pause();
  clock.advance(200_000);
  expect(transport.destroyed).toBe(false);
  line.resume();
  clock.advance(39_800);
  expect(transport.destroyed).toBe(false);
  clock.advance(300);
  expect(transport.destroyed).toBe(true);
});

test("[EN53] a peer that makes room by reading is alive, though it says nothing", async () => {
  const drained = deferred<void>();
  const setup = await setUp({ highWaterBytes: 1000, drain: () => drained.resolve() });
  await fill(setup, 1_000_000);
  setup.clock.advance(20_000);
  setup.peer.socket.resume();
  await drained.promise;
  setup.clock.advance(39_800);
  expect(setup.transport.destroyed).toBe(false);
  setup.clock.advance(300);
  expect(setup.transport.destroyed).toBe(true);
});

test("[EN50] pings are told and answered, pongs are told", async () => {
  const told: string[] = [];
  const ponged = deferred<void>();
  const { peer, line } = await setUp({
    ping: (_socket, data) => void told.push(`ping ${Buffer.from(data).toString()}`),
    pong(_socket, data) {
      told.push(`pong ${Buffer.from(data).toString()}`);
      ponged.resolve();
    },
  });
  peer.write(rawFrame(9, "a"));
  expect(await peer.readFrame()).toMatchObject({ opcode: 10, payload: Buffer.from("a") });
  line.ping(Buffer.from("b"));
  expect(await peer.readFrame()).toMatchObject({ opcode: 9, payload: Buffer.from("b") });
  peer.write(rawFrame(10, "b"));
  await ponged.promise;
  expect(told).toEqual(["ping a", "pong b"]);
});

/** Sends bytes and resolves when the server has read them. */
async function arrive(transport: Socket, peer: RawPeer, bytes: Uint8Array): Promise<void> {
  const untilBytes = transport.bytesRead + bytes.length;
  peer.write(bytes);
  while (transport.bytesRead < untilBytes) await turn();
}

test("[EN57] a message that takes longer than messageTimeoutMs to come is refused with 1008, however steadily it drips", async () => {
  const { clock, peer, transport, closed } = await setUp({ messageTimeoutMs: 3000 });
  const frame = rawFrame(0x1, "slowly");
  for (const byte of frame.subarray(0, 5)) {
    await arrive(transport, peer, Buffer.from([byte]));
    clock.advance(700);
  }
  await peer.readToEnd();
  peer.socket.end();
  expect(await closed).toMatchObject({ code: 1008, by: "us", reason: "A message took longer than 3000 ms to come" });
});

test("[EN57] the time of one message is not the next one's, and there is no deadline between messages or while we do not read", async () => {
  const heard: unknown[] = [];
  const { clock, line, peer, transport } = await setUp({
    messageTimeoutMs: 3000,
    message: (_socket, data) => heard.push(data),
  });
  const [head, tail] = [rawFrame(0x1, "ab").subarray(0, 4), rawFrame(0x1, "ab").subarray(4)];
  await arrive(transport, peer, head);
  clock.advance(2000);
  await arrive(transport, peer, Buffer.concat([tail, head]));
  clock.advance(2000);
  line.pause();
  clock.advance(9000);
  line.resume();
  await arrive(transport, peer, tail);
  clock.advance(9000);
  expect(heard).toEqual(["ab", "ab"]);
  expect(line.state).toBe("open");
});

test("[EN58] a peer may ping maxPingCount times in 10 s; one more is refused with 1008", async () => {
  const { clock, line, peer, transport, closed } = await setUp({ maxPingCount: 3 });
  const ping = rawFrame(0x9, "");
  for (let round = 0; round < 2; round++) {
    await arrive(transport, peer, Buffer.concat([ping, ping, ping]));
    clock.advance(10_000);
  }
  expect(line.state).toBe("open");
  peer.write(Buffer.concat([ping, ping, ping, ping]));
  await peer.readToEnd();
  peer.socket.end();
  expect(await closed).toMatchObject({ code: 1008, by: "us", reason: "More than 3 pings came within 10000 ms" });
});

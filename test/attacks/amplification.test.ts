/** A little that is asked for must not be much for the server to keep, nor for others to receive. */
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { WireClient } from "../gateway/wire-client.ts";
import { rawFrame, rawHandshake } from "../raw-peer.ts";
import { type AttackedGateway, device, startAttacked } from "./attacked-gateway.ts";

const endless = { requestsPerSecond: Infinity, publishesPerSecond: Infinity } as const;
const live = { from: "live" } as const;
const kibibyte = 1024;
/** What may wait for one connection: the mark, and one answer of any length beyond it. */
const mostQueuedBytes = 64 * kibibyte + 1_100 * kibibyte;

/** More than the kernel takes for someone who reads nothing. */
async function fill(attacked: AttackedGateway, room: string): Promise<void> {
  const text = "x".repeat(60_000);
  await Promise.all(
    Array.from({ length: 18 }, () =>
      attacked.gateway.publish({ channel: "chat", params: { room }, event: "message", data: { text } }),
    ),
  );
}

/** Everything that was sent before is looked at when this has its answer: it takes the same way many times. */
async function passBy(attacked: AttackedGateway): Promise<void> {
  const other = await attacked.enter("other");
  for (let turn = 0; turn < 100; turn += 1) {
    other.send({ type: "subscribe", channel: "chat/other", start: live });
    await other.next("subscribed");
  }
  await other.close();
}

/** Asks that many times, reads nothing meanwhile; then reads it all. @returns what waited for it at the most. */
async function askWithoutReading(
  attacked: AttackedGateway,
  { ask, count, room }: { readonly ask: (client: WireClient) => void; readonly count: number; readonly room: string },
): Promise<{ readonly queuedBytes: number; readonly client: WireClient }> {
  const client = await attacked.enter("eve");
  client.send({ type: "subscribe", channel: room, start: live });
  await client.next("subscribed");
  const socket = await client.socket;
  socket.pause();
  for (let request = 0; request < count; request += 1) ask(client);
  await passBy(attacked);
  const queuedBytes = await attacked.queuedBytes();
  socket.resume();
  return { queuedBytes, client };
}

test("[GA10, RL30, RL31] many small requests for history are not many megabytes: one page waits, the rest is asked for when it was taken", async () => {
  const attacked = await startAttacked({ limits: { ...endless, maxPendingRequestCount: 64 } });
  await fill(attacked, "big");
  const ask = (client: WireClient): number =>
    client.send({ type: "history", channel: "chat/big", after: 0, count: 256 });
  const { client, queuedBytes } = await askWithoutReading(attacked, { ask, count: 40, room: "chat/big" });
  expect(queuedBytes).toBeLessThan(mostQueuedBytes);
  for (let answer = 0; answer < 40; answer += 1) expect((await client.next("history")).events).toHaveLength(17);
});

test("[GA10, RL31] who reads history as fast as it comes is slowed down by its weight", async () => {
  const attacked = await startAttacked({ limits: { requestBurstCount: 40, requestsPerSecond: 0.001 } });
  await fill(attacked, "big");
  const client = await attacked.enter("eve");
  client.send({ type: "subscribe", channel: "chat/big", start: live });
  await client.next("subscribed");
  const ask = (): number => client.send({ type: "history", channel: "chat/big", after: 0, count: 256 });
  for (let page = 0; page < 3; page += 1) {
    ask();
    await client.next("history");
  }
  ask();
  expect(await client.next("error")).toMatchObject({ code: "RATE_LIMITED" });
});

test("[GA11, SV62] refusals without end are not kept without end: who does not read them is not read", async () => {
  const attacked = await startAttacked({ limits: endless });
  const ask = (client: WireClient): number => client.send({ type: "unsubscribe", channel: "chat/never" });
  const count = 100_000;
  const { client, queuedBytes } = await askWithoutReading(attacked, { ask, count, room: "chat/1" });
  expect(queuedBytes).toBeLessThan(mostQueuedBytes);
  client.send({ type: "subscribe", channel: "chat/2", start: live });
  await client.next("subscribed", ({ channel }) => channel === "chat/2");
  expect(client.messages.filter(({ type }) => type === "error")).toHaveLength(count);
});

test("[GA12, DL7] subscribing again and again from far back is sent no more than a page before it reads", async () => {
  const attacked = await startAttacked({ limits: endless });
  await fill(attacked, "big");
  const start = { from: "recent", count: 1_000 } as const;
  const ask = (client: WireClient): number => client.send({ type: "subscribe", channel: "chat/big", start });
  const { client, queuedBytes } = await askWithoutReading(attacked, { ask, count: 200, room: "chat/big" });
  expect(queuedBytes).toBeLessThan(mostQueuedBytes);
  await client.next("event", ({ offset }) => offset === 18);
});

test("[GA13, PR5] who comes and goes without end is told to the others at most every 250 ms, and costs each of them one message", async () => {
  const attacked = await startAttacked({ limits: endless });
  const observer = await attacked.enter("ada");
  observer.send({ type: "subscribe", channel: "chat/1", start: live });
  await observer.next("subscribed");
  const eve = await WireClient.join(attacked.url, "f".repeat(32), "eve");
  const startMs = performance.now();
  for (let turn = 0; turn < 500; turn += 1) {
    eve.send({ type: "subscribe", channel: "chat/1", start: live });
    eve.send({ type: "unsubscribe", channel: "chat/1" });
    await eve.next("unsubscribed");
  }
  eve.send({ type: "subscribe", channel: "chat/1", start: live });
  await observer.next("presence", ({ joined }) => joined.some(({ user }) => user.id === "eve"));
  const told = observer.messages.filter(({ type }) => type === "presence").length;
  expect(told).toBeLessThanOrEqual((performance.now() - startMs) / 250 + 2);
});

/** A peer whose program reads one byte, and then another. */
async function openByteReader(port: number): Promise<{ readonly socket: Socket; readonly bytesRead: () => number }> {
  const socket = connect({
    port,
    host: "127.0.0.1",
    onread: {
      buffer: Buffer.alloc(1),
      callback: () => {
        setImmediate(() => socket.resume());
        return false;
      },
    },
  });
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  socket.write(rawHandshake({ headers: { "Sec-WebSocket-Protocol": "switchboard.v1+json" } }));
  const say = (op: object): boolean => socket.write(rawFrame(1, JSON.stringify({ id: 1, ...op })));
  say({ type: "auth", device, token: "byte-reader" });
  say({ type: "subscribe", channel: "chat/big", start: live });
  return { socket, bytesRead: () => socket.bytesRead };
}

test("[GA14, SV61] who reads a byte at a time holds up nobody, holds little memory, and is borne", async () => {
  const attacked = await startAttacked({ limits: endless });
  const [{ socket, bytesRead }, quick] = [await openByteReader(attacked.port), await attacked.enter("ada")];
  quick.send({ type: "subscribe", channel: "chat/big", start: live });
  await quick.next("subscribed");
  await vi.waitFor(() => expect(attacked.gateway.info().connectionCount).toBe(2));
  for (let batch = 0; batch < 20; batch += 1) await fill(attacked, "big");
  await quick.next("event", ({ offset }) => offset === 360);
  expect(await attacked.queuedBytes()).toBeLessThan(mostQueuedBytes);
  const before = bytesRead();
  await vi.waitFor(() => expect(bytesRead()).toBeGreaterThan(before + 100));
  expect(socket.destroyed).toBe(false);
});

test("[GA14, EN52] who reads nothing is cut after stalledAfterMs, and nobody else is", async () => {
  const attacked = await startAttacked({ limits: { ...endless, stalledAfterMs: 1_000 } });
  const [eve, quick] = [await attacked.enter("eve"), await attacked.enter("ada")];
  for (const client of [eve, quick]) {
    client.send({ type: "subscribe", channel: "chat/big", start: live });
    await client.next("subscribed");
  }
  (await eve.socket).pause();
  for (let batch = 0; batch < 10; batch += 1) await fill(attacked, "big");
  await quick.next("event", ({ offset }) => offset === 180);
  await vi.waitFor(() => expect(attacked.gateway.info().connectionCount).toBe(1), { timeout: 10_000 });
  expect(attacked.logged.join("\n")).toContain('"by":"timeout"');
});

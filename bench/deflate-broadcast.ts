/**
 * JSON texts of 1 KiB to many receivers, compressed: `tsx bench/deflate-broadcast.ts [receivers] [rounds] [seconds] [outstanding]`.
 * Each server has a process of its own, the receivers are in this one and do not inflate; the servers take turns.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Child } from "./child.ts";
import { describeMachine, median } from "./report.ts";
import type { ServerReply } from "./serve.ts";

const peers = ["switchboard", "ws"] as const;
type Peer = (typeof peers)[number];

const [receiverCount = 1000, roundCount = 5, seconds = 2, outstandingCount = 1] = process.argv.slice(2).map(Number);
const warmupSeconds = 0.5;
const key = "dGhlIHNhbXBsZSBub25jZQ==";
const frame = clientFrame(jsonOf(1024));

/** CPU of the server per delivered message, in microseconds, and deliveries per second. */
interface Rates {
  readonly cpuMicros: number;
  readonly deliveriesPerSecond: number;
}

await main();

async function main(): Promise<void> {
  const rates: Record<Peer, Rates[]> = { switchboard: [], ws: [] };
  const servers = peers.map((peer) => [peer, new Child(`servers/deflate-broadcast-${peer}.ts`)] as const);
  try {
    const ports = await Promise.all(servers.map(([, server]) => readPort(server)));
    for (let round = 1; round <= roundCount; round++) {
      for (const [index, [peer, server]] of servers.entries()) {
        rates[peer].push(await measure(server, ports[index] ?? 0));
      }
      console.error(`round ${round} of ${roundCount}`);
    }
  } finally {
    for (const [, server] of servers) server.stop();
  }
  console.log(describeMachine());
  console.log(
    `1 KiB of JSON to ${receiverCount} receivers, compressed, ${outstandingCount} outstanding; medians of ${roundCount} rounds`,
  );
  for (const peer of peers) {
    const cpuMicros = median(rates[peer].map((one) => one.cpuMicros));
    const perSecond = median(rates[peer].map((one) => one.deliveriesPerSecond));
    const base = median(rates.ws.map((one) => one.cpuMicros));
    console.log(
      `${peer.padEnd(12)} ${cpuMicros.toFixed(2)} us CPU a delivery (${(cpuMicros / base).toFixed(3)} x ws), ${perSecond.toFixed(0)} deliveries/s`,
    );
  }
}

async function measure(server: Child, port: number): Promise<Rates> {
  const receivers = await Promise.all(Array.from({ length: receiverCount }, () => open(port, "/sub")));
  const publisher = await open(port, "/pub");
  let deliveryCount = 0;
  for (const socket of receivers) {
    countFrames(socket, () => {
      if (++deliveryCount % receiverCount === 0) publisher.write(frame);
    });
  }
  for (let count = 0; count < outstandingCount; count++) publisher.write(frame);
  await pass(warmupSeconds);
  const before = { ...(await cpuOf(server)), deliveryCount, atMs: performance.now() };
  await pass(seconds);
  const after = { ...(await cpuOf(server)), deliveryCount, atMs: performance.now() };
  for (const socket of [publisher, ...receivers]) socket.destroy();
  const count = after.deliveryCount - before.deliveryCount;
  return {
    cpuMicros: (after.cpuMicros - before.cpuMicros) / count,
    deliveriesPerSecond: (count * 1000) / (after.atMs - before.atMs),
  };
}

async function open(port: number, path: string): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
  );
  const [head] = (await once(socket, "data")) as [Buffer];
  if (!head.includes("permessage-deflate")) throw new Error(`Cannot measure port ${port}: ${head.toString()}`);
  return socket;
}

/** Every message is less than 64 KiB, compressed, in one frame. */
function countFrames(socket: Socket, onFrame: () => void): void {
  let rest = Buffer.alloc(0);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const [first, second] = rest;
      if (first !== undefined && first !== 0xc1) throw new Error(`Cannot measure: a frame begins with ${first}`);
      if (second === undefined || (second === 126 && rest.length < 4)) return;
      const end = second === 126 ? 4 + rest.readUInt16BE(2) : 2 + second;
      if (rest.length < end) return;
      rest = rest.subarray(end);
      onFrame();
    }
  });
}

function pass(secondsToPass: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, secondsToPass * 1000));
}

async function cpuOf(server: Child): Promise<{ readonly cpuMicros: number }> {
  const usage = await server.ask<ServerReply>({ type: "usage" });
  if (usage.type !== "usage") throw new Error("Cannot measure: the server did not answer for its CPU");
  return usage;
}

async function readPort(server: Child): Promise<number> {
  const reply = await server.receive<ServerReply>();
  if (reply.type !== "listening") throw new Error("Cannot measure: the server does not listen");
  return reply.port;
}

function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255, 0, 0, 0, 0]);
  return Buffer.concat([head, payload]);
}

/** Orders, as an exchange would send them: as repetitive as JSON is, and no more. */
function jsonOf(byteCount: number): string {
  let seed = 7;
  const next = (): number => (seed = Math.imul(seed, 48271) & 0x7fffffff);
  const orders = Array.from({ length: 20 }, () => ({
    id: next(),
    side: next() % 2 ? "buy" : "sell",
    price: next() % 1e6,
  }));
  return JSON.stringify(orders).slice(0, byteCount).padEnd(byteCount, " ");
}

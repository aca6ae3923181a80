/** `native/load.c` where it cannot be compiled: the same options, the same line of JSON, at a cost of its own. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { clientFrame, FrameCounter, type Payload, serverFrame } from "./frames.ts";
import type { LoadResult } from "./measure.ts";

const number = { type: "string" } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: number,
    connections: { ...number, default: "1" },
    "in-flight": { ...number, default: "1" },
    bytes: { ...number, default: "64" },
    kind: { ...number, default: "ascii" },
    deflate: { ...number, default: "0" },
    "warmup-ms": { ...number, default: "500" },
    "window-ms": { ...number, default: "1000" },
    pid: { ...number, default: "0" },
  },
});
const [pattern = ""] = positionals;
const connectionCount = Number(values.connections);
const inFlightCount = Number(values["in-flight"]);
const payload: Payload = { kind: values.kind as Payload["kind"], bytes: Number(values.bytes) };
const isDeflated = values.deflate === "1";
const frame = clientFrame(payload);
const frames = Buffer.concat(Array.from({ length: inFlightCount }, () => frame));

let messageCount = 0;
let sentAtMs = 0;
let samples: number[] = [];

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

async function main(): Promise<void> {
  const sockets = await openAll(pattern === "fanout" ? "/sub" : "/");
  if (pattern === "idle") return hold(sockets);
  if (pattern === "fanout") await startFanout(sockets);
  else for (const socket of sockets) startEcho(socket);
  await wait(Number(values["warmup-ms"]));
  samples = [];
  const before = { messageCount, cpuMicros: readCpuMicros(), atMs: performance.now() };
  await wait(Number(values["window-ms"]));
  const cpuMicros = readCpuMicros();
  const sorted = samples.toSorted((a, b) => a - b);
  const result: LoadResult = {
    messageCount: messageCount - before.messageCount,
    seconds: (performance.now() - before.atMs) / 1000,
    cpuMicros: cpuMicros === null || before.cpuMicros === null ? null : cpuMicros - before.cpuMicros,
    p50Micros: sorted[Math.floor(sorted.length * 0.5)] ?? 0,
    p99Micros: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
  };
  console.log(JSON.stringify(result));
  process.exit(0);
}

/** One message each, and then nothing until the input ends. */
async function hold(sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) {
    const echoed = new Promise<void>((resolve) => onMessages(socket, () => resolve()));
    socket.write(frame);
    await echoed;
  }
  console.log(`open ${sockets.length}`);
  process.stdin.on("end", () => process.exit(0)).resume();
}

function startEcho(socket: Socket): void {
  onMessages(socket, (count) => {
    messageCount += count;
    if (pattern === "latency") samples.push((performance.now() - sentAtMs) * 1000);
    sentAtMs = performance.now();
    socket.write(frames.subarray(0, count * frame.length));
  });
  sentAtMs = performance.now();
  socket.write(frames);
}

async function startFanout(receivers: readonly Socket[]): Promise<void> {
  const publisher = await open("/pub");
  publisher.on("error", () => publisher.destroy());
  let completeCount = 0;
  for (const receiver of receivers) {
    onMessages(receiver, (count) => {
      messageCount += count;
      const doneCount = Math.floor(messageCount / receivers.length) - completeCount;
      completeCount += doneCount;
      if (doneCount > 0) publisher.write(frames.subarray(0, doneCount * frame.length));
    });
  }
  publisher.write(frames);
}

/** The first message is compared to the byte, unless it comes compressed or masked, as from a bare socket. */
function onMessages(socket: Socket, listener: (count: number) => void): void {
  const expected = serverFrame(payload);
  const counter = new FrameCounter();
  let checked = Buffer.alloc(0);
  let isChecked = isDeflated;
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    if (!isChecked) {
      checked = Buffer.concat([checked, chunk]);
      isChecked = checked.length >= expected.length;
      const isOther = isChecked && !checked.subarray(0, expected.length).equals(expected);
      if (isOther && checked.readUInt8(1) < 128) {
        throw new Error(`Cannot measure: ${checked.toString("hex", 0, 100)} came`);
      }
    }
    const count = counter.count(chunk);
    if (count > 0) listener(count);
  });
}

async function openAll(path: string): Promise<Socket[]> {
  const opened: Socket[] = [];
  while (opened.length < connectionCount) {
    const count = Math.min(100, connectionCount - opened.length); // not more at once than a backlog holds
    opened.push(...(await Promise.all(Array.from({ length: count }, () => open(path)))));
  }
  return opened;
}

async function open(path: string): Promise<Socket> {
  const socket = connect({ port: Number(values.port), host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${values.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
      `${isDeflated ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : ""}\r\n`,
  );
  let head = "";
  while (!head.endsWith("\r\n\r\n")) head += ((await once(socket, "data")) as [Buffer])[0].toString("latin1");
  if (!head.includes("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) throw new Error(`Cannot measure: refused: ${head}`);
  if (isDeflated && !head.includes("permessage-deflate")) throw new Error(`Cannot measure: declined: ${head}`);
  return socket;
}

/** utime and stime, fields 14 and 15 of proc(5)'s stat in ticks of 10 ms; null where there is no /proc. */
function readCpuMicros(): number | null {
  try {
    const fields = readFileSync(`/proc/${values.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return null;
  }
}

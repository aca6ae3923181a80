import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** One measurement's load: so many connections, each with so many messages under way. */
export interface Load {
  readonly port: number;
  readonly connectionCount: number;
  readonly inFlightCount: number;
  readonly payloadBytes: number;
  /** Without, the frames are echoed as they are: a bare socket. */
  readonly isWebSocket: boolean;
}

/** What the harness may ask the load's process. Each is answered once. */
export type LoadRequest =
  | { readonly type: "start"; readonly load: Load }
  | { readonly type: "count" }
  | { readonly type: "stop" };

/** How many messages came back since the start. */
export interface LoadReply {
  readonly messageCount: number;
}

const maskingKey = [0x37, 0xfa, 0x21, 0x3d];
let messageCount = 0;
let sockets: Socket[] = [];

process.on("disconnect", () => process.exit(0));
process.on("message", (request: LoadRequest) => {
  handle(request).then(
    () => process.send?.({ messageCount } satisfies LoadReply),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function handle(request: LoadRequest): Promise<void> {
  switch (request.type) {
    case "start":
      messageCount = 0;
      sockets = await Promise.all(Array.from({ length: request.load.connectionCount }, () => open(request.load)));
      for (const socket of sockets) pump(socket, request.load);
      return;
    case "count":
      return;
    case "stop":
      for (const socket of sockets.splice(0)) socket.destroy();
      return;
    default:
      request satisfies never;
  }
}

/** A connection whose first echo was compared to the byte. */
async function open(load: Load): Promise<Socket> {
  const socket = connect({ port: load.port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  if (load.isWebSocket) await shakeHands(socket, load.port);
  socket.write(clientFrame(load.payloadBytes));
  const expected = load.isWebSocket ? serverFrame(load.payloadBytes) : clientFrame(load.payloadBytes);
  const received = await readUntil(socket, (bytes) => bytes.length >= expected.length);
  if (!received.equals(expected)) {
    throw new Error(`Cannot measure port ${load.port}: the echo is ${received.toString("hex")}`);
  }
  return socket;
}

async function shakeHands(socket: Socket, port: number): Promise<void> {
  socket.write(
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  const answer = await readUntil(socket, (bytes) => bytes.includes("\r\n\r\n"));
  if (!answer.toString().includes("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) {
    throw new Error(`Cannot measure port ${port}: ${answer.toString()}`);
  }
}

async function readUntil(socket: Socket, isEnough: (bytes: Buffer) => boolean): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  while (!isEnough(bytes)) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
  }
  return bytes;
}

/** Sends `inFlightCount` messages, and for each that came back another: all of one read in one write. */
function pump(socket: Socket, load: Load): void {
  const frame = clientFrame(load.payloadBytes);
  const frames = Buffer.concat(Array.from({ length: load.inFlightCount }, () => frame));
  const echoBytes = load.isWebSocket ? serverFrame(load.payloadBytes).length : frame.length;
  let receivedBytes = 0;
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    receivedBytes += chunk.length;
    const count = Math.floor(receivedBytes / echoBytes);
    if (count === 0) return;
    receivedBytes -= count * echoBytes;
    messageCount += count;
    socket.write(frames.subarray(0, count * frame.length));
  });
  socket.write(frames);
}

function payload(byteCount: number): Buffer {
  return Buffer.alloc(byteCount, "switchboard ");
}

function serverFrame(payloadBytes: number): Buffer {
  return Buffer.concat([Buffer.from([0x81, payloadBytes]), payload(payloadBytes)]);
}

function clientFrame(payloadBytes: number): Buffer {
  const masked = payload(payloadBytes).map((byte, index) => byte ^ (maskingKey[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x81, 0x80 | payloadBytes, ...maskingKey]), masked]);
}

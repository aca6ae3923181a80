import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { clientFrame, type Payload, serverFrame } from "./frames.ts";

/** One measurement's load: so many connections, so many messages under way. */
export interface Load {
  /** `echo`: each connection has `inFlightCount` of its own. `fanout`: one publisher has them, all others receive. */
  readonly pattern: "echo" | "fanout";
  readonly port: number;
  readonly connectionCount: number;
  readonly inFlightCount: number;
  readonly payload: Payload;
  /** Without, the frames are sent on as they are: a bare socket. */
  readonly isWebSocket: boolean;
}

/** What the harness may ask the load's process. Each is answered once. */
export type LoadRequest =
  | { readonly type: "start"; readonly load: Load }
  | { readonly type: "count" }
  | { readonly type: "stop" };

/** How many messages came since the start. */
export interface LoadReply {
  readonly messageCount: number;
}

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
      return request.load.pattern === "echo" ? startEcho(request.load) : startFanout(request.load);
    case "count":
      return;
    case "stop":
      for (const socket of sockets.splice(0)) socket.destroy();
      return;
    default:
      request satisfies never;
  }
}

/** Each connection's first echo is compared to the byte. */
async function startEcho(load: Load): Promise<void> {
  sockets = await openAll(load, "/");
  await Promise.all(
    sockets.map((socket) => {
      socket.write(clientFrame(load.payload));
      return expectFrame(socket, load);
    }),
  );
  for (const socket of sockets) {
    const write = createSender(socket, load);
    countFrames(socket, load, write);
    write(load.inFlightCount);
  }
}

/** The first broadcast is compared to the byte by everyone; then the publisher keeps so many on their way to all. */
async function startFanout(load: Load): Promise<void> {
  const receivers = await openAll(load, "/sub");
  const publisher = await open(load, "/pub");
  sockets = [...receivers, publisher];
  const write = createSender(publisher, load);
  const first = receivers.map((socket) => expectFrame(socket, load));
  write(1);
  await Promise.all(first);
  let deliveredCount = 0;
  for (const receiver of receivers) {
    countFrames(receiver, load, (count) => {
      const doneBefore = Math.floor(deliveredCount / receivers.length);
      deliveredCount += count;
      const doneCount = Math.floor(deliveredCount / receivers.length) - doneBefore;
      if (doneCount > 0) write(doneCount);
    });
  }
  publisher.on("error", () => publisher.destroy());
  write(load.inFlightCount);
}

async function openAll(load: Load, path: string): Promise<Socket[]> {
  const opened: Socket[] = [];
  while (opened.length < load.connectionCount) {
    const count = Math.min(100, load.connectionCount - opened.length); // not more at once than a backlog holds
    opened.push(...(await Promise.all(Array.from({ length: count }, () => open(load, path)))));
  }
  return opened;
}

async function open(load: Load, path: string): Promise<Socket> {
  const socket = connect({ port: load.port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  if (load.isWebSocket) await shakeHands(socket, load.port, path);
  else {
    socket.write(path);
    await readUntil(socket, (bytes) => bytes.length >= path.length);
  }
  return socket;
}

async function shakeHands(socket: Socket, port: number, path: string): Promise<void> {
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  const answer = await readUntil(socket, (bytes) => bytes.includes("\r\n\r\n"));
  if (!answer.toString().includes("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) {
    throw new Error(`Cannot measure port ${port}: ${answer.toString()}`);
  }
}

async function expectFrame(socket: Socket, load: Load): Promise<void> {
  const expected = load.isWebSocket ? serverFrame(load.payload) : clientFrame(load.payload);
  const received = await readUntil(socket, (bytes) => bytes.length >= expected.length);
  if (!received.equals(expected)) {
    throw new Error(`Cannot measure port ${load.port}: received ${received.subarray(0, 200).toString("hex")}`);
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

/** Sends so many messages in one write. */
function createSender(socket: Socket, load: Load): (count: number) => void {
  const frame = clientFrame(load.payload);
  const frames = Buffer.concat(Array.from({ length: load.inFlightCount }, () => frame));
  return (count) => void socket.write(frames.subarray(0, count * frame.length));
}

/** Counts what arrives, and says how many messages were whole with each chunk that made some so. */
function countFrames(socket: Socket, load: Load, onMessages: (count: number) => void): void {
  const frameBytes = (load.isWebSocket ? serverFrame(load.payload) : clientFrame(load.payload)).length;
  let receivedBytes = 0;
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    receivedBytes += chunk.length;
    const count = Math.floor(receivedBytes / frameBytes);
    if (count === 0) return;
    receivedBytes -= count * frameBytes;
    messageCount += count;
    onMessages(count);
  });
}

import { once } from "node:events";
import { readFileSync } from "node:fs";
import {
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { afterEach, expect } from "vitest";
import {
  type ClientSocket,
  connect,
  type ConnectOptions,
  createWebSocketServer,
  type HandshakeError,
  type ServerOptions,
} from "../src/engine/index.ts";

/** What a server of `127.0.0.1` and `localhost` has for TLS, and what a client believes it by. */
export const tls: { readonly key: Buffer; readonly cert: Buffer } = { key: readPem("key"), cert: readPem("cert") };
export const trusting: { readonly ca: Buffer } = { ca: tls.cert };
/** What the tests of this file have to take down, the last one first. */
export const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function readPem(name: string): Buffer {
  return readFileSync(new URL(`./fixtures/tls/${name}.pem`, import.meta.url));
}

export interface Served {
  readonly url: string;
  readonly engine: ReturnType<typeof createWebSocketServer>;
  /** How many sessions there have been. */
  readonly sessionCount: () => number;
}

export async function serve(
  options: ServerOptions = {},
  http: Http2Server | Http2SecureServer = createServer(),
  place?: string,
): Promise<Served> {
  const engine = createWebSocketServer({ message: (socket, data) => void socket.send(data), ...options });
  engine.attach(http);
  let sessions = 0;
  http.on("session", () => sessions++);
  const url = await listen(http, place);
  cleanups.push(() => engine.close({ graceMs: 1 }));
  return { url, engine, sessionCount: () => sessions };
}

/** An HTTP/2 server that answers extended CONNECTs by hand. */
export async function serveRaw(
  answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, socket: Socket) => void,
  settings = { enableConnectProtocol: true },
): Promise<string> {
  const http = createServer({ settings });
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    http.emit("connection", socket);
  });
  http.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    const socket = sockets.at(-1);
    if (socket !== undefined) answer(stream, headers, socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** RST_STREAM alone: Node would end the stream first. */
export function reset(stream: ServerHttp2Stream, socket: Socket, code: number): void {
  socket.write(resetFrame(code, stream.id));
}

/** RFC 9113 §6.5, with SETTINGS_ENABLE_CONNECT_PROTOCOL and the answer to the peer's. */
export const settingsFrame: Buffer = Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 1]);
export const settingsAck: Buffer = Buffer.from([0, 0, 0, 4, 1, 0, 0, 0, 0]);
/** The answer 200 on the first stream (RFC 7541 appendix A: 8). */
export const okFrame: Buffer = Buffer.from([0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88]);

/** RST_STREAM for the first stream (RFC 9113 §6.4). */
export function resetFrame(code: number, streamId = 1): Buffer {
  const frame = Buffer.from([0, 0, 4, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  frame.writeUInt32BE(streamId, 5);
  frame.writeUInt32BE(code, 9);
  return frame;
}

/** A server of bare bytes: the first chunk goes at once, the second when it is asked for a stream. */
export async function serveBytes([greeting, answer]: readonly [Buffer, Buffer]): Promise<{
  readonly url: string;
  readonly sockets: readonly Socket[];
}> {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    cleanups.push(() => socket.destroy());
    socket.on("error", () => {});
    sockets.push(socket);
    socket.write(greeting);
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (!hasRequest(received)) return;
      received = Buffer.alloc(0);
      socket.write(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => void server.close());
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, sockets };
}

/** Whether there is a HEADERS frame (RFC 9113 §6.2) among the frames behind the preface. */
function hasRequest(received: Buffer): boolean {
  for (let at = 24; at + 9 <= received.length; at += 9 + received.readUIntBE(at, 3)) {
    if (received[at + 3] === 1) return true;
  }
  return false;
}

/** Listens on a free port, or on a path. */
export async function listen(http: Http2Server | Http2SecureServer, place?: string): Promise<string> {
  const sessions = new Set<{ destroy(): void }>();
  http.on("session", (session) => sessions.add(session));
  http.listen(place === undefined ? { port: 0, host: "127.0.0.1" } : { path: place });
  await once(http, "listening");
  cleanups.push(() => {
    for (const session of sessions) session.destroy();
    http.close();
  });
  if (place !== undefined) return `ws+unix:${place}:/`;
  return `${"setSecureContext" in http ? "wss" : "ws"}://127.0.0.1:${(http.address() as AddressInfo).port}/`;
}

export async function open(url: string, options: ConnectOptions = {}): Promise<ClientSocket> {
  const socket = await connect(url, { http2: true, ...options });
  cleanups.push(() => socket.terminate());
  return socket;
}

export async function fail(url: string, options: ConnectOptions = {}): Promise<HandshakeError> {
  return connect(url, { http2: true, ...options }).then(
    () => expect.unreachable("connected"),
    (error: HandshakeError) => error,
  );
}

export function deferred<Value>(): { readonly promise: Promise<Value>; readonly resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((done) => (resolve = done));
  return { promise, resolve };
}

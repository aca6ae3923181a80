import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import type { Duplex } from "node:stream";
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import {
  accept,
  type Accept,
  createWebSocketServer,
  reject,
  type Reject,
  type ServerSocket,
  type UpgradeRequest,
} from "../../src/engine/index.ts";
import { acceptValue } from "../../src/protocol/index.ts";
import { rawFrame, RawPeer } from "../raw-peer.ts";

/** What a page's constants name: the ports of `ws:`, `wss:`, and of a server that speaks HTTP/2 too. */
export interface WptPorts {
  readonly ws: number;
  readonly wss: number;
  readonly h2: number;
}

/** The servers that Web Platform Tests' `websockets/` call. */
export interface WptServers {
  readonly ports: WptPorts;
  close(): Promise<void>;
}

/** What a connection does, as the file of the same name in `websockets/handlers/` has it do. */
interface Handler {
  decide?(request: UpgradeRequest): Reject | Promise<Reject | undefined> | undefined;
  open?(socket: ServerSocket<Call>): void;
  message?(socket: ServerSocket<Call>, data: string | Uint8Array): void;
}

interface Call {
  readonly handler: Handler;
  readonly request: UpgradeRequest;
}

const challenge = { "WWW-Authenticate": 'Basic realm="camelot"' };

const handlers: Readonly<Record<string, Handler>> = {
  "/echo": {
    message(socket, data) {
      socket.send(data);
      if (data === "Goodbye") socket.close();
    },
  },
  "/echo_exit": { message: (socket, data) => void (data === "Goodbye" && socket.close()) },
  "/empty-message": { message: (socket, data) => void socket.send(data === "" ? "pass" : "fail") },
  "/origin": { open: (socket) => void socket.send(socket.data.request.origin ?? "no origin") },
  "/referrer": {
    open: (socket) => void socket.send(socket.data.request.headers.referer ?? "MISSING AS PER FETCH"),
  },
  "/handshake_no_protocol": {},
  "/handshake_no_extensions": {},
  "/basic_auth": {
    decide: ({ headers }) => (headers.authorization === "Basic Zm9vOmJhcg==" ? undefined : reject(401, "", challenge)),
  },
  "/handshake_sleep_2": { decide: () => wait(2000) },
  "/sleep_10_v13": { decide: () => wait(10_000) },
  "/receive-many-with-backpressure": {
    open(socket) {
      socket.pause();
      setTimeout(() => socket.resume(), 500);
    },
    message: (socket, data) => void socket.send(String(data.length)),
  },
};

/** What no server of ours would do. */
const rawHandlers: Readonly<Record<string, (peer: RawPeer, request: IncomingMessage) => Promise<unknown> | void>> = {
  "/301": (peer) => void peer.socket.end("HTTP/1.1 301 Moved\r\nLocation: /echo\r\nContent-Length: 0\r\n\r\n"),
  "/invalid": (peer) => void peer.socket.end("FOO BAR BAZ\r\n\r\n"),
  "/wrong_accept_key": (peer) => peer.write(switchTo("wrong")),
  // As the one above, but for its close frame: it repeats the reason too.
  async "/echo"(peer, request) {
    const protocol = request.headers["sec-websocket-protocol"]?.includes("echo") ? "echo" : undefined;
    peer.write(switchTo(keyOf(request), protocol));
    let frame = await peer.readFrame();
    for (; frame.opcode !== 8 && !frame.payload.equals(goodbye); frame = await peer.readFrame()) {
      peer.write(rawFrame(frame.opcode, frame.payload, { maskingKey: undefined }));
    }
    peer.write(rawFrame(frame.opcode, frame.payload, { maskingKey: undefined }));
    if (frame.opcode !== 8) await closeRaw(peer);
    peer.socket.end();
  },
  async "/echo_raw"(peer, request) {
    peer.write(switchTo(keyOf(request)));
    const text = await peer.readText();
    peer.write(
      Buffer.from(
        text.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) => character(hex)),
        "latin1",
      ),
    );
    await peer.readToEnd();
    peer.socket.end();
  },
  async "/echo_close_data"(peer, request) {
    peer.write(switchTo(keyOf(request)));
    await peer.readFrame();
    await closeRaw(peer);
    peer.socket.end();
  },
  async "/delayed-passive-close"(peer, request) {
    peer.write(switchTo(keyOf(request)));
    await peer.readFrame();
    await wait(1000);
    peer.socket.end(rawFrame(8, "", { maskingKey: undefined }));
  },
  async "/simple_handshake"(peer, request) {
    peer.write(Buffer.concat([Buffer.from(switchTo(keyOf(request))), closeFrame]));
    await peer.readFrame();
    peer.socket.end();
  },
};

const goodbye = Buffer.from("Goodbye");
const closeFrame = rawFrame(8, Uint8Array.of(3, 232), { maskingKey: undefined });

/** Sends a close frame and waits for the page's. */
async function closeRaw(peer: RawPeer): Promise<void> {
  peer.write(closeFrame);
  await peer.readFrame();
}

/** Starts them, on ports of this machine. */
export async function startWptServers(): Promise<WptServers> {
  const sockets = createWebSocketServer<Call>({
    origins: "any",
    protocols: ["echo"],
    maxMessageBytes: 16 * 1024 * 1024,
    handshakeTimeoutMs: 20_000,
    upgrade: decide,
    open: (socket) => socket.data.handler.open?.(socket),
    message: (socket, data) => socket.data.handler.message?.(socket, data),
  });
  const [key, cert] = ["key", "cert"].map((name) =>
    readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url)),
  ) as [Buffer, Buffer];
  const h2 = createSecureServer({ key, cert, allowHTTP1: true, settings: { enableConnectProtocol: true } });
  h2.on("stream", (stream, headers) => sockets.handleStream(stream, headers));
  const servers = [createServer(), createHttpsServer({ key, cert }), h2];
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const handleRaw = rawHandlers[pathOf(request.url ?? "")];
    if (handleRaw === undefined) return sockets.handleUpgrade(request, socket, head);
    const run = async (): Promise<void> => void (await handleRaw(new RawPeer(socket as never), request));
    run().catch(() => socket.destroy()); // the page has left
  };
  for (const server of servers) server.on("upgrade", upgrade);
  const [ws, wss, h2Port] = await Promise.all(servers.map(listen));
  return {
    ports: { ws: ws as number, wss: wss as number, h2: h2Port as number },
    async close() {
      for (const server of servers) server.close();
      await sockets.close({ graceMs: 1 });
    },
  };
}

async function decide(request: UpgradeRequest): Promise<Accept<Call> | Reject> {
  const handler = handlers[request.path];
  if (handler === undefined) return reject(404);
  const refusal = await handler.decide?.(request);
  return refusal ?? accept({ data: { handler, request } });
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function switchTo(accepted: string, protocol?: string): string {
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: WebSocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accepted}`,
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ];
  return [...lines, "", ""].join("\r\n");
}

function keyOf(request: IncomingMessage): string {
  return acceptValue(request.headers["sec-websocket-key"] ?? "");
}

function character(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

function pathOf(target: string): string {
  return target.replace(/\?.*/, "");
}

function wait(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined));
}

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
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
  message?(socket: ServerSocket<Call>, data: string | Uint8Array): void | Promise<void>;
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
  "/handshake_sleep_2": { decide: () => wait(2000), open: (socket) => socket.close() },
  "/sleep_10_v13": { decide: () => wait(10_000) },
  "/receive-many-with-backpressure": {
    async message(socket, data) {
      await wait(100);
      socket.send(String(data.length));
    },
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
    for (let frame = await peer.readFrame(); frame.opcode !== 8; frame = await peer.readFrame()) {
      peer.write(frame.payload);
    }
    peer.socket.end();
  },
  "/protocol": (peer, request) => say(peer, request, request.headers["sec-websocket-protocol"] ?? ""),
  "/protocol_array": (peer, request) =>
    say(peer, request, request.headers["sec-websocket-protocol"]?.replace(/,.*/, "") ?? ""),
  "/echo-query": (peer, request) => say(peer, request, queryOf(request)),
  "/echo-query_v13": (peer, request) => say(peer, request, queryOf(request)),
  async "/remote-close"(peer, request) {
    const query = new URLSearchParams(queryOf(request));
    const code = Number(query.get("code"));
    peer.write(switchTo(keyOf(request)));
    if (query.has("abrupt")) {
      peer.write(rawFrame(9, "ping", { maskingKey: undefined }));
      peer.socket.destroySoon();
      return;
    }
    const payload = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(query.get("reason") ?? "")]);
    peer.write(rawFrame(8, query.has("code") ? payload : "", { maskingKey: undefined }));
    await peer.readFrame();
    peer.socket.end();
  },
  async "/passive-close-abort"(peer, request) {
    peer.write(switchTo(keyOf(request)));
    await peer.readFrame();
    peer.socket.destroy();
  },
  async "/send-backpressure"(peer, request) {
    peer.write(switchTo(keyOf(request)));
    const send = (opcode: number, payload: string | Uint8Array): Promise<void> =>
      new Promise((resolve) =>
        peer.socket.write(rawFrame(opcode, payload, { maskingKey: undefined }), () => resolve()),
      );
    await send(2, "");
    const startedMs = performance.now();
    for (let count = 0; count < 16; count++) await send(2, Buffer.alloc(1024 * 1024, " "));
    await send(1, String((performance.now() - startedMs) / 1000));
    await closeRaw(peer);
    peer.socket.end();
  },
  async "/receive-backpressure"(peer, request) {
    peer.write(switchTo(keyOf(request)));
    peer.socket.pause();
    await wait(2000);
    peer.socket.resume();
    await peer.readFrame();
    await closeRaw(peer);
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
    const close = rawFrame(8, Buffer.concat([Uint8Array.of(3, 233), Buffer.from("PASS")]), { maskingKey: undefined });
    peer.write(Buffer.concat([Buffer.from(switchTo(keyOf(request))), close]));
    await peer.readFrame();
    peer.socket.end();
  },
};

const goodbye = Buffer.from("Goodbye");
const closeFrame = rawFrame(8, Uint8Array.of(3, 232), { maskingKey: undefined });

/** Says one thing and closes, with the first subprotocol of the offer. */
async function say(peer: RawPeer, request: IncomingMessage, text: string): Promise<void> {
  peer.write(switchTo(keyOf(request), request.headers["sec-websocket-protocol"]?.replace(/,.*/, "")));
  peer.write(rawFrame(1, text, { maskingKey: undefined }));
  await closeRaw(peer);
  peer.socket.end();
}

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
    keepStash(request.url ?? "");
    const handleRaw = rawHandlers[pathOf(request.url ?? "")];
    if (handleRaw === undefined) return sockets.handleUpgrade(request, socket, head);
    const run = async (): Promise<void> => void (await handleRaw(new RawPeer(socket as never), request));
    run().catch(() => socket.destroy()); // the page has left
  };
  for (const server of servers) {
    server.on("upgrade", upgrade);
    server.on("request", (request: IncomingMessage, response: ServerResponse) =>
      answerStash(request.url ?? "", response),
    );
  }
  const [ws, wss, h2Port] = await Promise.all(servers.map(listen));
  return {
    ports: { ws: ws as number, wss: wss as number, h2: h2Port as number },
    async close() {
      for (const server of servers) server.close();
      await sockets.close({ graceMs: 1 });
    },
  };
}

/** What pages leave for themselves at `/fetch/api/resources/stash-put.py`, by key. */
const stash = new Map<string, string>();

function keepStash(target: string): void {
  if (pathOf(target) !== "/fetch/api/resources/stash-put.py") return;
  const query = new URL(target, "http://localhost").searchParams;
  stash.set(query.get("key") ?? "", query.get("value") ?? "");
}

function answerStash(target: string, response: ServerResponse): void {
  const key = new URL(target, "http://localhost").searchParams.get("key") ?? "";
  if (pathOf(target) === "/fetch/api/resources/stash-take.py") response.end(JSON.stringify(stash.get(key) ?? null));
  else response.writeHead(404).end();
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

function pathOf(target: string): string {
  return target.replace(/\?.*/, "");
}

function queryOf(request: IncomingMessage): string {
  return request.url?.replace(/^[^?]*\??/, "") ?? "";
}

function wait(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined));
}

/** A client of ours, and servers of both kinds for it. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, Socket } from "node:net";
import { afterEach, expect } from "vitest";
import {
  connect,
  type ConnectOptions,
  createWebSocketServer,
  type HandshakeError,
  type ServerOptions,
} from "../src/engine/index.ts";
import { acceptValue } from "../src/protocol/index.ts";
import { RawPeer } from "./raw-peer.ts";

function readPem(name: string): Buffer {
  return readFileSync(new URL(`./fixtures/tls/${name}.pem`, import.meta.url));
}

export const tls = { key: readPem("key"), cert: readPem("cert") };
export const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

export async function serve(options: ServerOptions & { readonly isSecure?: boolean } = {}): Promise<string> {
  const server = createWebSocketServer(options);
  cleanups.push(() => server.close({ graceMs: 1 }));
  return (await server.listen({ port: 0, ...(options.isSecure ? { tls } : {}) })).url;
}

export interface RawServer {
  readonly url: string;
  /** The request's head and the peer, once a client has connected and asked. */
  readonly asked: Promise<{ readonly head: string; readonly peer: RawPeer }>;
  readonly sockets: readonly Socket[];
}

/** A server of bare bytes. */
export async function serveRaw(
  answer: (request: { head: string; key: string; peer: RawPeer }) => void = () => {},
): Promise<RawServer> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => sockets.push(socket));
  const asked = once(server, "connection").then(async ([socket]) => {
    const peer = new RawPeer(socket as Socket);
    const head = await peer.readHead();
    answer({ head, key: /Sec-WebSocket-Key: (.*)\r\n/.exec(head)?.[1] ?? "", peer });
    return { head, peer };
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  asked.catch(() => {}); // awaited by those who want it
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/path?q=1`, asked, sockets };
}

export function accepting(key: string, headers = ""): string {
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptValue(key)}\r\n${headers}\r\n`;
}

export async function fail(url: string | URL, options?: ConnectOptions): Promise<HandshakeError> {
  return connect(url, options).then(
    () => expect.unreachable("connected"),
    (error: HandshakeError) => error,
  );
}

import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerOptions as HttpServerOptions,
  type ServerResponse,
} from "node:http";
import {
  createServer as createHttpsServer,
  type Server as HttpsServer,
  type ServerOptions as HttpsServerOptions,
} from "node:https";
import type { AddressInfo } from "node:net";
import { readHandshake, type Refusal } from "../protocol/index.ts";
import { createRefusal } from "./refuse.ts";

/** Where to listen. */
export interface ListenOptions {
  /** 0 lets the operating system choose a free one. */
  readonly port: number;
  /** Default `127.0.0.1`: this machine only. `"::"` is every address of it. */
  readonly host?: string;
  /** Key and certificate, as `node:tls` takes them: then the URL is `wss:`. */
  readonly tls?: HttpsServerOptions;
}

/** Where a server listens. */
export interface ListenAddress {
  readonly port: number;
  readonly host: string;
  /** With the server's `path`, for `connect()`. */
  readonly url: string;
}

/** A server of our own. */
export type HandshakeServer = HttpServer | HttpsServer;

/** A server of our own for nothing but handshakes, with deadlines for those who are slow with theirs. Not listening yet. */
export function createHandshakeServer(options: {
  readonly handshakeTimeoutMs: number;
  readonly tls?: HttpsServerOptions | undefined;
}): HandshakeServer {
  const timeoutMs = Number.isFinite(options.handshakeTimeoutMs) ? options.handshakeTimeoutMs : 0;
  const limits: HttpServerOptions = {
    headersTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    connectionsCheckingInterval: Math.min(Math.max(timeoutMs / 2, 1), 1000),
    maxHeaderSize: 16 * 1024,
    requireHostHeader: false, // ours is the more telling answer
  };
  if (options.tls === undefined) return createServer(limits, answerPlainRequest);
  return createHttpsServer({ ...options.tls, ...limits, handshakeTimeout: timeoutMs }, answerPlainRequest);
}

/** Listens, and says where. Rejects with Node's own error (`EADDRINUSE`). */
export async function startListening(
  server: HandshakeServer,
  options: ListenOptions & { readonly path: string | undefined },
): Promise<ListenAddress> {
  const { port, host = "127.0.0.1", tls, path = "/" } = options;
  server.listen({ port, host });
  await once(server, "listening");
  const address = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const urlHost = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    port: address.port,
    host: address.address,
    url: `${tls === undefined ? "ws" : "wss"}://${urlHost}:${address.port}${path}`,
  };
}

/** What is no upgrade to Node is judged like the others: it lacks something, and the answer says what. */
function answerPlainRequest(request: IncomingMessage, response: ServerResponse): void {
  const refusal = judgePlainRequest(request);
  const headers = [...refusal.headers, ["Content-Type", "text/plain; charset=utf-8"], ["Connection", "close"]];
  response.writeHead(refusal.status, headers.flat());
  response.end(refusal.reason);
}

function judgePlainRequest(request: IncomingMessage): Refusal {
  const { method = "", url = "", httpVersion, rawHeaders } = request;
  const handshake = readHandshake({ method, target: url, httpVersion, rawHeaders });
  return handshake.type === "refusal"
    ? handshake
    : createRefusal(426, "Cannot answer a plain request: this port speaks WebSocket");
}

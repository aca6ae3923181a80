import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerOptions as HttpServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { readHandshake, type Refusal } from "../protocol/index.ts";
import type { AnyHttpServer } from "./attachments.ts";
import type { ListenOptions } from "./listener.ts";
import { createRefusal } from "./refuse.ts";
import type { TimerWheel } from "./timer-wheel.ts";

/** A server of our own, for nothing but handshakes. */
export interface Listener {
  readonly server: AnyHttpServer;
  /** Takes in nobody any more. Resolves when all its connections are gone. */
  close(): Promise<void>;
  /** Cuts connections on which there is no WebSocket, when there is none on any. */
  cutUnused(): void;
  /** Cuts all connections. */
  cut(): void;
}

/** What a listener is made from. */
export interface ListenerOptions {
  readonly tls: ListenOptions["tls"] | undefined;
  /** Those who are slower with their handshake are cut. */
  readonly handshakeTimeoutMs: number;
  readonly timers: TimerWheel;
}

/** A listener for HTTP/1.1. It does not listen yet. */
export function createHttp1Listener({ handshakeTimeoutMs, tls }: ListenerOptions): Listener {
  const timeoutMs = Number.isFinite(handshakeTimeoutMs) ? handshakeTimeoutMs : 0;
  const limits: HttpServerOptions = {
    ...headLimits(timeoutMs),
    maxHeaderSize: 16 * 1024,
    requireHostHeader: false, // ours is the more telling answer
  };
  const server =
    tls === undefined
      ? createServer(limits, answerPlainRequest)
      : createHttpsServer({ ...tls, ...limits, handshakeTimeout: timeoutMs }, answerPlainRequest);
  return {
    server,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections(); // those that have not begun a handshake; the others are no connections to it any more
      await closed;
    },
    cutUnused() {},
    cut() {},
  };
}

/** How long `node:http` waits for a head; 0 for ever. */
export function headLimits(timeoutMs: number): HttpServerOptions {
  return {
    headersTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    connectionsCheckingInterval: Math.min(Math.max(timeoutMs / 2, 1), 1000),
  };
}

/** What is no upgrade to Node is judged like the others: it lacks something, and the answer says what. */
export function answerPlainRequest(request: IncomingMessage, response: ServerResponse): void {
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

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import {
  createServer as createTlsServer,
  type Server as HttpsServer,
  type ServerOptions as TlsOptions,
} from "node:https";
import type { AddressInfo } from "node:net";
import { answerHealth, type GatewayInfo } from "./health.ts";
import type { Hosts } from "./hosts.ts";

/** Where a gateway listens. */
export interface ListenOptions {
  /** 0 lets the operating system choose a free one. */
  readonly port: number;
  /** Default `127.0.0.1`: this machine only. `"::"` is every address of it. */
  readonly host?: string;
  /** The path of the WebSocket. Default `/`. */
  readonly path?: string;
  /** Key and certificate, as `node:tls` takes them: then the URL is `wss:`. */
  readonly tls?: TlsOptions;
}

/** Where a gateway listens. */
export interface GatewayAddress {
  readonly port: number;
  readonly host: string;
  /** For `connect()`, with the path. */
  readonly url: string;
}

/** How long a request may take to arrive, and how long its headers may be. */
const httpLimits = {
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  // Node looks every 30 s by default: a request that drips would have three times as long.
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
} as const;

/** Connections beyond those that may become WebSockets: to be told that there are too many, and what is not one. */
const spareConnectionCount = 32;

export interface ListenerSettings {
  readonly info: () => GatewayInfo;
  /** WebSockets at a time. */
  readonly maxConnections: number;
  readonly hosts: Hosts;
}

/** The gateway's own HTTP server: WebSockets are attached to it by others, it says how the gateway is, and no more. */
export class Listener {
  readonly server: HttpServer | HttpsServer;
  readonly #options: ListenOptions;
  readonly #info: () => GatewayInfo;
  readonly #hosts: Hosts;

  constructor(options: ListenOptions, { hosts, info, maxConnections }: ListenerSettings) {
    const answer = (request: IncomingMessage, response: ServerResponse): void => this.#answer(request, response);
    const { tls } = options;
    this.#options = options;
    this.#info = info;
    this.#hosts = hosts;
    this.server =
      tls === undefined ? createServer(httpLimits, answer) : createTlsServer({ ...httpLimits, ...tls }, answer);
    this.server.maxConnections = maxConnections + spareConnectionCount;
  }

  async listen(): Promise<GatewayAddress> {
    const { host = "127.0.0.1", path = "/", port, tls } = this.#options;
    this.server.listen({ port, host });
    await once(this.server, "listening");
    // It listens on a port, not on a pipe.
    const address = this.server.address() as AddressInfo;
    const urlHost = address.family === "IPv6" ? `[${address.address}]` : address.address;
    return {
      port: address.port,
      host: address.address,
      url: `${tls === undefined ? "ws" : "wss"}://${urlHost}:${address.port}${path}`,
    };
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  #answer({ headers, url }: IncomingMessage, response: ServerResponse): void {
    const foreign = this.#hosts.refuse(headers.host);
    if (foreign === undefined && url === "/healthz") return answerHealth(this.#info(), response);
    response.writeHead(foreign === undefined ? 404 : 421, { "Content-Type": "text/plain; charset=utf-8" });
    response.end(`${foreign ?? "Nothing is here but WebSockets and /healthz"}\n`);
  }
}

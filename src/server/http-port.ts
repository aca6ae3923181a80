import { once } from "node:events";
import { createServer, type RequestListener, type Server as HttpServer } from "node:http";
import {
  createServer as createTlsServer,
  type Server as HttpsServer,
  type ServerOptions as TlsOptions,
} from "node:https";
import type { AddressInfo } from "node:net";

export interface HttpPortOptions {
  /** 0 lets the operating system choose a free one. */
  readonly port: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  readonly tls?: TlsOptions;
  readonly maxConnections: number;
}

export interface HttpAddress {
  readonly port: number;
  readonly host: string;
  /** Host and port as a URL has them, without a scheme. */
  readonly authority: string;
}

/** How long a request may take to arrive, and how long its headers may be. */
const httpLimits = {
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  // Node looks every 30 s by default: a request that drips would have three times as long.
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
} as const;

/** An HTTP server of the gateway's own. It does not listen yet. */
export class HttpPort {
  readonly server: HttpServer | HttpsServer;
  readonly #options: HttpPortOptions;
  #starting: Promise<unknown> | undefined;

  constructor(options: HttpPortOptions, answer: RequestListener) {
    const { maxConnections, tls } = options;
    this.#options = options;
    this.server =
      tls === undefined ? createServer(httpLimits, answer) : createTlsServer({ ...httpLimits, ...tls }, answer);
    this.server.maxConnections = maxConnections;
  }

  /** Rejects with Node's own error. */
  async listen(): Promise<HttpAddress> {
    const { host = "127.0.0.1", port } = this.#options;
    this.server.listen({ port, host });
    this.#starting = once(this.server, "listening");
    await this.#starting;
    // It listens on a port, not on a pipe.
    const { address, family, port: chosen } = this.server.address() as AddressInfo;
    const urlHost = family === "IPv6" ? `[${address}]` : address;
    return { port: chosen, host: address, authority: `${urlHost}:${chosen}` };
  }

  /** Closes it, whoever is still connected. */
  async close(): Promise<void> {
    // Nothing can be closed before it listens. That it cannot was told to whoever wanted it.
    await this.#starting?.catch(() => {});
    if (!this.server.listening) return;
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

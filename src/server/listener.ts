import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { Server as HttpsServer, ServerOptions as TlsOptions } from "node:https";
import { answerHealth, type GatewayInfo } from "./health.ts";
import type { Hosts } from "./hosts.ts";
import { HttpPort } from "./http-port.ts";

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
  readonly #http: HttpPort;
  readonly #options: ListenOptions;
  readonly #info: () => GatewayInfo;
  readonly #hosts: Hosts;

  constructor(options: ListenOptions, { hosts, info, maxConnections }: ListenerSettings) {
    this.#options = options;
    this.#info = info;
    this.#hosts = hosts;
    this.#http = new HttpPort(
      { ...options, maxConnections: maxConnections + spareConnectionCount },
      (request, response) => this.#answer(request, response),
    );
  }

  get server(): HttpServer | HttpsServer {
    return this.#http.server;
  }

  async listen(): Promise<GatewayAddress> {
    const { path = "/", tls } = this.#options;
    const { authority, host, port } = await this.#http.listen();
    return { port, host, url: `${tls === undefined ? "ws" : "wss"}://${authority}${path}` };
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  #answer({ headers, url }: IncomingMessage, response: ServerResponse): void {
    const foreign = this.#hosts.refuse(headers.host);
    if (foreign === undefined && url === "/healthz") return answerHealth(this.#info(), response);
    response.writeHead(foreign === undefined ? 404 : 421, { "Content-Type": "text/plain; charset=utf-8" });
    response.end(`${foreign ?? "Nothing is here but WebSockets and /healthz"}\n`);
  }
}

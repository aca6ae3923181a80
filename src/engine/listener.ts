import { once } from "node:events";
import type { ServerOptions as HttpsServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import type { AnyHttpServer } from "./attachments.ts";

/** Where to listen. */
export interface ListenOptions {
  /** 0 lets the operating system choose a free one. */
  readonly port: number;
  /** Default `127.0.0.1`: this machine only. `"::"` is every address of it. */
  readonly host?: string;
  /** Key and certificate, as `node:tls` takes them: then the URL is `wss:`. */
  readonly tls?: HttpsServerOptions;
  /**
   * Takes WebSockets over HTTP/2 (RFC 8441): with `tls` beside those over HTTP/1.1, as each client chooses; without it them alone, from
   * clients who know that beforehand. Default false.
   */
  readonly http2?: boolean;
}

/** Where a server listens. */
export interface ListenAddress {
  readonly port: number;
  readonly host: string;
  /** With the server's `path`, for `connect()`. */
  readonly url: string;
}

/** Listens, and says where. Rejects with Node's own error (`EADDRINUSE`). */
export async function startListening(
  server: AnyHttpServer,
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

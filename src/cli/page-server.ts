import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createTlsServer, type Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { listenError } from "./listen-error.ts";
import { StartError } from "./start-error.ts";
import type { RequestListener } from "./static.ts";

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export interface ListenOptions {
  readonly port: number;
  readonly host: string;
  /** With it the pages are at `https:`. */
  readonly tls?: TlsFiles | undefined;
}

/** How long a request may take to arrive, and how long its headers may be. */
const httpLimits = {
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  // Node looks every 30 s by default: a request that drips would have three times as long.
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
} as const;

/** Makes the server that pages come from. @throws {StartError} for the certificate. */
export function createPageServer(tls: TlsFiles | undefined, listener: RequestListener): HttpServer | HttpsServer {
  if (tls === undefined) return createServer(httpLimits, listener);
  const pem = { cert: readPem("certificate", tls.cert), key: readPem("key", tls.key) };
  try {
    return createTlsServer({ ...httpLimits, ...pem }, listener);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError("TLS", `Cannot use the certificate "${tls.cert}" with the key "${tls.key}": ${reason}`, {
      hint: "Both must be PEM files, the key without a passphrase and belonging to the certificate",
      cause,
    });
  }
}

function readPem(what: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError("TLS", `Cannot read the ${what} "${file}" (${reason})`, {
      hint: "Give the path of a PEM file that this user may read",
      cause,
    });
  }
}

/** Starts to listen, and says where: a URL for people. @throws {StartError} for the address. */
export async function listen(server: HttpServer | HttpsServer, { host, port, tls }: ListenOptions): Promise<string> {
  try {
    server.listen({ host, port });
    await once(server, "listening");
  } catch (cause) {
    throw listenError(cause, { host, port });
  }
  // It listens on a port, not on a pipe.
  const address = server.address() as AddressInfo;
  const isEveryAddress = address.address === "::" || address.address === "0.0.0.0";
  const name = isEveryAddress ? "localhost" : address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `${tls === undefined ? "http" : "https"}://${name}:${address.port}/`;
}

/** Closes it, whoever is still connected. */
export async function closeServer(server: HttpServer | HttpsServer): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import {
  answerHealth,
  createGateway,
  type Durability,
  type Gateway,
  type Log,
  type OriginPolicy,
  sqliteBroker,
} from "../server/index.ts";
import { channels } from "./chat.ts";
import { identifyGuest } from "./identify-guest.ts";
import { readApiKeys } from "./read-api-keys.ts";
import { listenError, StartError } from "./start-fault.ts";
import { pagesFolder, servePages } from "./static.ts";

export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  /** The folder of the database. */
  readonly data: string;
  /** Paths of PEM files: then the pages are at `https:`. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly origins: OriginPolicy;
  readonly require: Durability;
  readonly log: Log;
  /** For those who operate it; nobody by default. */
  readonly admin?: { readonly port: number; readonly host: string; readonly keyFile: string | undefined } | undefined;
  /** How long `close` may take in all, and over how much of that it lets the connections go, in milliseconds. */
  readonly graceMs: number;
  readonly drainMs: number;
}

/** Where a chat is, and what it gives. */
interface ServingFacts {
  /** Of the page, to open in a browser. */
  readonly url: string;
  /** The folder of the database, absolute. */
  readonly data: string;
  readonly durability: Durability;
  /** The store, in one line for people. */
  readonly store: string;
  /** Where it is operated from, if anywhere. */
  readonly admin?: string;
}

/** A chat that runs. */
export interface Serving {
  readonly facts: ServingFacts;
  /** Lets every connection go, with its answers and told when to come back; then closes the store and the servers. */
  close(): Promise<void>;
}

/** How long a request may take to arrive, and how long its headers may be. */
const httpLimits = {
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  // Node looks every 30 s by default: a request that drips would have three times as long.
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
} as const;

/**
 * Serves the chat: its pages at `/`, the gateway at `/ws`, `/healthz`.
 *
 * @throws {StartError} for the address or the certificate. @throws {BrokerError} for the database. @throws {GatewayError}
 * `DURABILITY_TOO_LOW`.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { data, drainMs, graceMs, log, origins, require } = options;
  const broker = sqliteBroker({ file: join(data, "switchboard.db") });
  const gateway = createGateway({ channels, authenticate: identifyGuest, broker, origins, require, log });
  const server = createHttpServer(options, gateway);
  // The port first: whoever starts the same thing twice is told so at once, not after waiting for the lock of the database.
  const url = await listen(server, options);
  let admin: string | undefined;
  try {
    await gateway.attach(server, { path: "/ws" });
    admin = await listenForOperators(gateway, options.admin);
  } catch (error) {
    await Promise.all([gateway.close(), closeServer(server)]);
    throw error;
  }
  const { durability = "mem", store = "" } = gateway.info();
  return {
    facts: { url, data: resolve(data), durability, store, ...(admin === undefined ? {} : { admin }) },
    async close() {
      await gateway.close({ graceMs, drainMs });
      await closeServer(server);
    },
  };
}

async function listenForOperators(gateway: Gateway, admin: ServeOptions["admin"]): Promise<string | undefined> {
  if (admin === undefined) return undefined;
  const { host, keyFile, port } = admin;
  const keys = keyFile === undefined ? [] : readApiKeys(keyFile);
  try {
    return (await gateway.listenAdmin({ host, port, keys })).url;
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw listenError(cause, { host, port, flag: "--admin-port" });
    const hint = "Give a file of keys with --api-key-file: scopes and a key a line, as in publish,read 6b1f…";
    throw new StartError("KEYS", cause.message, { hint, cause });
  }
}

function createHttpServer({ tls }: ServeOptions, gateway: Gateway): HttpServer | HttpsServer {
  const servePage = servePages(pagesFolder);
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url === "/healthz") answerHealth(gateway.info(), response);
    else servePage(request, response);
  };
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

async function listen(server: HttpServer | HttpsServer, { host, port, tls }: ServeOptions): Promise<string> {
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

async function closeServer(server: HttpServer | HttpsServer): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

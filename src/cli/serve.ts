import type { IncomingMessage, ServerResponse } from "node:http";
import { join, resolve } from "node:path";
import {
  type AdminAddress,
  answerHealth,
  type Broker,
  createGateway,
  type Durability,
  type Gateway,
  type HostPolicy,
  type Log,
  type OriginPolicy,
  memoryBroker,
  sqliteBroker,
} from "../server/index.ts";
import { brokerOf } from "./broker-url.ts";
import { channels } from "./chat.ts";
import { identifyGuest } from "./identify-guest.ts";
import { Lab } from "./lab/lab.ts";
import { closeServer, createPageServer, listen, type ListenOptions } from "./page-server.ts";
import { readApiKeys } from "./read-api-keys.ts";
import { listenError } from "./listen-error.ts";
import { StartError } from "./start-error.ts";
import { pagesFolder, servePages } from "./static.ts";

export interface ServeOptions extends ListenOptions {
  /** The folder of the database. */
  readonly data: string;
  /** `sqlite`, `memory`, or the URL of a store that nodes share. Default `sqlite`, in the folder. */
  readonly broker?: string | undefined;
  readonly origins: OriginPolicy;
  /** Which names the gateway answers to; undefined is the gateway's default. */
  readonly hosts: HostPolicy | undefined;
  /** Whose word counts about a client's address. */
  readonly trustedProxy: readonly string[];
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
  /** The folder of the database, absolute, if it is in one. */
  readonly data?: string;
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
  /** The console's page, with its key: for a terminal, not for a log. */
  readonly consoleUrl: string | undefined;
}

/**
 * Serves the chat: its pages at `/`, the gateway at `/ws`, the handshake lab at `/lab`, `/healthz`.
 *
 * @throws {StartError} for the address or the certificate. @throws {BrokerError} for the database. @throws {GatewayError}
 * `DURABILITY_TOO_LOW`.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { drainMs, graceMs, hosts, log, origins, require, trustedProxy } = options;
  const gateway = createGateway({
    channels,
    authenticate: identifyGuest,
    broker: openStore(options),
    origins,
    ...(hosts === undefined ? {} : { hosts }),
    trustedProxies: { addresses: trustedProxy },
    require,
    log,
  });
  const servePage = servePages(pagesFolder);
  const server = createPageServer(options.tls, (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === "/healthz") answerHealth(gateway.info(), response);
    else if (!lab.handle(request, response)) servePage(request, response);
  });
  const lab = new Lab(server, { otherPaths: ["/ws"] });
  // The port first: whoever starts the same thing twice is told so at once, not after waiting for the lock of the database.
  const url = await listen(server, options);
  let admin: AdminAddress | undefined;
  try {
    await gateway.attach(server, { path: "/ws" });
    admin = await listenForOperators(gateway, options.admin);
  } catch (error) {
    await Promise.all([gateway.close(), closeServer(server)]);
    throw error;
  }
  const { durability = "mem", store = "" } = gateway.info();
  return {
    facts: {
      url,
      ...(hasFolder(options.broker) ? { data: resolve(options.data) } : {}),
      durability,
      store,
      ...(admin === undefined ? {} : { admin: admin.url }),
    },
    consoleUrl: admin?.consoleUrl,
    async close() {
      lab.close();
      await gateway.close({ graceMs, drainMs });
      await closeServer(server);
    },
  };
}

/** Whether the store is the database of the data folder. */
function hasFolder(broker: string | undefined): broker is "sqlite" | undefined {
  return broker === undefined || broker === "sqlite";
}

function openStore({ broker, data }: Pick<ServeOptions, "broker" | "data">): Broker {
  if (broker === "memory") return memoryBroker();
  return hasFolder(broker) ? sqliteBroker({ file: join(data, "switchboard.db") }) : brokerOf(broker);
}

async function listenForOperators(gateway: Gateway, admin: ServeOptions["admin"]): Promise<AdminAddress | undefined> {
  if (admin === undefined) return undefined;
  const { host, keyFile, port } = admin;
  const keys = keyFile === undefined ? [] : readApiKeys(keyFile);
  try {
    return await gateway.listenAdmin({ host, port, keys });
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw listenError(cause, { host, port, flag: "--admin-port" });
    const hint = "Give a file of keys with --api-key-file: scopes and a key a line, as in publish,read 6b1f…";
    throw new StartError("KEYS", cause.message, { hint, cause });
  }
}

import { readFileSync } from "node:fs";
import { BrokerError } from "../../gateway/index.ts";

/** Of `@nats-io/transport-node`, what is used. Its own types stay out of ours: it is optional. */
export interface NatsClient {
  readonly info?: { readonly version: string; readonly max_payload: number };
  publish(subject: string, payload: string, options?: { headers?: NatsHeaders; reply?: string }): void;
  subscribe(subject: string, options: { callback: (error: Error | null, message: NatsMessage) => void }): Subscription;
  flush(): Promise<void>;
  close(): Promise<void>;
  closed(): Promise<void | Error>;
  status(): AsyncIterable<{ readonly type: string; readonly error?: Error }>;
}

export interface Subscription {
  unsubscribe(): void;
}

export interface NatsMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers?: NatsHeaders;
  string(): string;
}

export interface NatsHeaders {
  /** Of a reply without a message: 404, 503, …; 0 when there is none. */
  readonly code: number;
  readonly description: string;
  get(name: string): string;
  set(name: string, value: string): void;
}

/** The package's parts that are used. */
export interface NatsPackage {
  connect(options: object): Promise<NatsClient>;
  headers(): NatsHeaders;
  createInbox(): string;
  credsAuthenticator(credentials: Uint8Array): unknown;
}

export async function loadNats(): Promise<NatsPackage> {
  try {
    // A `as`: only what is declared above is used of it.
    return (await import("@nats-io/transport-node")) as unknown as NatsPackage;
  } catch (error) {
    const message = "Cannot use NATS: the package @nats-io/transport-node is not installed";
    throw new BrokerError("STORAGE_UNAVAILABLE", message, {
      cause: error,
      hint: "npm install @nats-io/transport-node",
    });
  }
}

/** How to reach one or more servers of one cluster. */
export interface NatsAddress {
  readonly url: string | readonly string[];
  readonly credentialsFile?: string;
  readonly caFile?: string;
}

/** The client's own options for an address. `user:password@` or `token@` in the first URL that has one counts for all. */
export function connectionOptions(
  { caFile, credentialsFile, url }: NatsAddress,
  { credsAuthenticator }: NatsPackage,
): object {
  const urls = (typeof url === "string" ? [url] : url).map(parseUrl);
  const known = urls.find(({ username }) => username !== "");
  const [user, pass] = [known?.username ?? "", known?.password ?? ""].map(decodeURIComponent);
  const isEncrypted = caFile !== undefined || urls.some(({ protocol }) => protocol === "tls:");
  return {
    servers: urls.map(({ host }) => host),
    ...(user === "" ? {} : pass === "" ? { token: user } : { user, pass }),
    ...(credentialsFile === undefined ? {} : { authenticator: credsAuthenticator(readFileSync(credentialsFile)) }),
    ...(isEncrypted ? { tls: caFile === undefined ? {} : { caFile } } : {}),
  };
}

/** The addresses as people may see them. */
export function describeAddress({ url }: NatsAddress): string {
  return [url]
    .flat()
    .map((one) => one.replace(/\/\/[^@/]*@/u, "//***@"))
    .join(", ");
}

function parseUrl(text: string): URL {
  if (/^(nats|tls):\/\//u.test(text) && URL.canParse(text)) return new URL(text);
  const shown = describeAddress({ url: text });
  throw new BrokerError(
    "STORAGE_UNAVAILABLE",
    `Cannot connect to NATS at "${shown}": it begins with neither nats:// nor tls://`,
  );
}

import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerOptions as TlsOptions } from "node:https";
import type { OriginPolicy } from "../../engine/index.ts";
import { describe } from "../../wire/index.ts";
import { GatewayError } from "../errors.ts";
import { answerHealth } from "../health.ts";
import { type HostPolicy, Hosts } from "../hosts.ts";
import { HttpPort } from "../http-port.ts";
import { handlers } from "./api.ts";
import { type ApiKey, ApiKeys, type ApiScope } from "./api-keys.ts";
import { Console } from "./console/console.ts";
import { consolePages } from "./console/pages.ts";
import { expositionType, writeExposition } from "./exposition.ts";
import { collectMetrics } from "./metrics.ts";
import { describeApi } from "./openapi.ts";
import type { Operated } from "./operated.ts";
import { type Operation, type OperationName, operations } from "./operations.ts";
import { readBody } from "./read-body.ts";
import { findFault, type ObjectSchema, readQuery } from "./schema.ts";
import { statusOf } from "./status.ts";

/** Where a gateway is operated from. */
export interface AdminOptions {
  /** 0 lets the operating system choose a free one. */
  readonly port: number;
  /** Default `127.0.0.1`: this machine only. Elsewhere everything but `/healthz` and `/readyz` needs a key. */
  readonly host?: string;
  /** Which names it answers to beside this machine's own. Default: on this machine none, so that no page gets here by a name of its own; else any. */
  readonly hosts?: HostPolicy;
  /** Which pages may open the console's WebSocket. Default `"same"`: give the console's own origin where a proxy ends TLS in front of it. */
  readonly origins?: OriginPolicy;
  /** Who may use the HTTP API, and the console. Default nobody. */
  readonly keys?: readonly ApiKey[];
  /** Key and certificate, as `node:tls` takes them: then the URL is `https:`. */
  readonly tls?: TlsOptions;
}

/** Where that is. */
export interface AdminAddress {
  readonly port: number;
  readonly host: string;
  /** Without a path. */
  readonly url: string;
  /**
   * The console's page. On this machine with a key in it (behind `#`, which browsers keep to themselves) that was made for this run: whoever has
   * the address may look, and end connections. Elsewhere the page asks for one of `keys`.
   */
  readonly consoleUrl: string;
}

/** Connections at a time: a scraper, a probe or two, and the servers that publish. */
const maxConnectionCount = 256;

const loopback: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

/** The HTTP server of those who operate a gateway: health, metrics and the API. Apart from the one that clients reach. */
export class AdminListener {
  readonly #options: AdminOptions;
  readonly #operated: Operated;
  readonly #keys: ApiKeys;
  readonly #isLocal: boolean;
  readonly #hosts: Hosts;
  readonly #http: HttpPort;
  readonly #description: string;
  readonly #pages = consolePages();
  readonly #console: Console;
  /** Undefined beyond this machine. */
  readonly #consoleKey: string | undefined;

  /** @throws {TypeError} for a key that cannot be, or a host beyond this machine without any key. */
  constructor(options: AdminOptions, operated: Operated) {
    const { host = "127.0.0.1", keys = [] } = options;
    this.#options = options;
    this.#operated = operated;
    this.#keys = new ApiKeys(keys);
    this.#isLocal = loopback.has(host);
    this.#hosts = new Hosts(options.hosts ?? (this.#isLocal ? [] : "any"));
    if (!this.#isLocal && this.#keys.isEmpty) {
      throw new TypeError(`Cannot listen for operators on ${host} without a key: give keys, or host 127.0.0.1`);
    }
    this.#description = JSON.stringify(describeApi());
    this.#http = new HttpPort(
      { ...options, maxConnections: maxConnectionCount },
      (request, response) => void this.#answer(request, response),
    );
    this.#consoleKey = this.#isLocal ? randomBytes(24).toString("base64url") : undefined;
    this.#console = new Console(operated, {
      keys: new ApiKeys([...keys, ...consoleKeys(this.#consoleKey)]),
      hosts: this.#hosts,
      origins: options.origins ?? "same",
    });
  }

  async listen(): Promise<AdminAddress> {
    this.#console.attach(this.#http.server);
    const { authority, host, port } = await this.#http.listen();
    const url = `${this.#options.tls === undefined ? "http" : "https"}://${authority}`;
    const fragment = this.#consoleKey === undefined ? "" : `#key=${this.#consoleKey}`;
    return { port, host, url, consoleUrl: `${url}/console/${fragment}` };
  }

  async close(): Promise<void> {
    await this.#console.close();
    await this.#http.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (error) {
      this.#fail(response, error);
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = readUrl(request);
    const foreign = this.#hosts.refuse(request.headers.host);
    if (foreign !== undefined) throw new Answerable(421, foreign);
    switch (url.pathname) {
      case "/healthz":
        return this.#sendHealth(request, response);
      case "/readyz":
        return this.#sendReadiness(request, response);
      case "/metrics":
        if (!this.#isLocal) this.#require(request, "read");
        return send(response, {
          status: 200,
          type: expositionType,
          text: writeExposition(collectMetrics(this.#operated)),
        });
      case "/v1/openapi.json":
        if (!this.#isLocal) this.#require(request, undefined);
        return send(response, { status: 200, text: this.#description });
      default:
        return this.#pages(request, response) ? undefined : this.#call(request, response, url);
    }
  }

  // ---- how it is

  #sendHealth(request: IncomingMessage, response: ServerResponse): void {
    const info = this.#operated.info();
    if (this.#mayKnow(request)) return answerHealth(info, response);
    send(response, { status: info.status === "ok" ? 200 : 503, text: JSON.stringify({ status: info.status }) });
  }

  async #sendReadiness(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const verdict = await this.#operated.readiness.check();
    const shown = this.#mayKnow(request) ? verdict : { status: verdict.status };
    send(response, { status: verdict.status === "ready" ? 200 : 503, text: JSON.stringify(shown) });
  }

  /** A probe from elsewhere needs no key to hear yes or no, and one to hear why. */
  #mayKnow({ headers }: IncomingMessage): boolean {
    return this.#isLocal || this.#keys.scopesOf(headers.authorization)?.has("read") === true;
  }

  // ---- the API

  async #call(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const found = findOperation(url.pathname);
    if (found === undefined) throw new Answerable(404, `Cannot find ${describe(url.pathname)}: nothing is there`);
    const [name, operation] = found;
    const method = request.method === "HEAD" ? "GET" : request.method;
    if (method !== operation.method) {
      response.setHeader("Allow", operation.method);
      throw new Answerable(405, `Cannot ${request.method} ${operation.path}: it takes ${operation.method}`);
    }
    const scopes = this.#require(request, operation.scope);
    const { body, query, takesIdempotencyKey } = operation;
    const empty: ObjectSchema = { type: "object", properties: {}, required: [], additionalProperties: false };
    const asked = check(query ?? empty, readQuery(query ?? empty, url.searchParams), operation);
    const fields = body === undefined ? asked : check(body, await readBody(request), operation);
    const idempotencyKey = takesIdempotencyKey ? readHeader(request, "idempotency-key") : undefined;
    const handle = async (): Promise<string> => handlers[name](this.#operated, { fields, idempotencyKey, scopes });
    const { tracing } = this.#operated.store;
    const text = await (tracing === undefined ? handle() : tracing.within(request.headers, handle));
    send(response, { status: 200, text });
  }

  /** @returns what its key is good for. */
  #require({ headers }: IncomingMessage, scope: ApiScope | undefined): ReadonlySet<ApiScope> {
    const scopes = this.#keys.scopesOf(headers.authorization);
    if (scopes === undefined) {
      throw new GatewayError("UNAUTHENTICATED", "Cannot answer without a key: send Authorization: Bearer <key>");
    }
    if (scope !== undefined && !scopes.has(scope)) {
      throw new GatewayError("FORBIDDEN", `Cannot do this with this key: it has not the scope ${scope}`);
    }
    return scopes;
  }

  #fail(response: ServerResponse, error: unknown): void {
    if (error instanceof Answerable) return sendError(response, error.status, error);
    if (error instanceof GatewayError) {
      const { code, message, retryAfterMs } = error;
      if (code === "UNAUTHENTICATED") response.setHeader("WWW-Authenticate", "Bearer");
      // What is left of a body that is too long is not read.
      if (code === "TOO_BIG") response.setHeader("Connection", "close");
      if (retryAfterMs !== undefined) response.setHeader("Retry-After", Math.ceil(retryAfterMs / 1_000));
      return sendError(response, statusOf(code), { code, message, retryAfterMs });
    }
    this.#operated.log.error({ error }, "A request of an operator failed");
    sendError(response, 500, { code: "INTERNAL", message: "The server failed; it has logged why" });
  }
}

/** An answer that is an error of HTTP rather than of the gateway. */
class Answerable extends Error {
  readonly status: number;
  readonly code = "BAD_MESSAGE";
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

function consoleKeys(key: string | undefined): readonly (ApiKey & { readonly name: string })[] {
  return key === undefined ? [] : [{ key, scopes: ["read", "admin"], name: "of the console's address" }];
}

function readUrl({ headers, url = "/" }: IncomingMessage): URL {
  const base = `http://${headers.host ?? "localhost"}`;
  if (url.startsWith("/") && URL.canParse(base)) {
    const read = new URL(base);
    const [path = "/", ...query] = url.split("?");
    read.pathname = path;
    read.search = query.join("?");
    return read;
  }
  throw new Answerable(400, `Cannot read the request: its target is ${describe(url)}`);
}

function findOperation(path: string): readonly [OperationName, Operation] | undefined {
  const all = Object.entries(operations) as readonly (readonly [OperationName, Operation])[];
  return all.find(([, operation]) => operation.path === path);
}

function check(schema: ObjectSchema, value: unknown, { path }: Operation): Readonly<Record<string, unknown>> {
  const fault = findFault(schema, value);
  if (fault !== undefined) throw new GatewayError("BAD_MESSAGE", `Cannot take ${path}: ${fault}`);
  // The schema has just shown it to be an object.
  return value as Readonly<Record<string, unknown>>;
}

function readHeader({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}

function sendError(
  response: ServerResponse,
  status: number,
  {
    code,
    message,
    retryAfterMs,
  }: { readonly code: string; readonly message: string; readonly retryAfterMs?: number | undefined },
): void {
  send(response, { status, text: JSON.stringify({ code, message, retryAfterMs }) });
}

function send(
  response: ServerResponse,
  {
    status,
    text,
    type = "application/json",
  }: { readonly status: number; readonly text: string; readonly type?: string },
): void {
  if (response.destroyed || response.headersSent) return;
  const body = text.endsWith("\n") ? text : `${text}\n`;
  response.writeHead(status, {
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(body);
}

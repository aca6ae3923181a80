import { randomBytes } from "node:crypto";
import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { type RequestOptions, request as requestHttps } from "node:https";
import type { Duplex } from "node:stream";
import { acceptValue } from "../engine/index.ts";

/** Options of a client: those of `node:https`'s `request()`, the TLS ones among them, and these. Durations in milliseconds. */
export interface ClientOptions extends RequestOptions {
  readonly protocols?: string | readonly string[] | undefined;
  /** The value of `Origin`. Default none. */
  readonly origin?: string | undefined;
  /** How long the answer may take. Default: no limit, as in `ws`. */
  readonly handshakeTimeout?: number | undefined;
  /** Only 13. */
  readonly protocolVersion?: number | undefined;
  /** Accepted; compression is not offered. */
  readonly perMessageDeflate?: boolean | object | undefined;
  /** Default false. */
  readonly followRedirects?: boolean | undefined;
  /** Default 10. */
  readonly maxRedirects?: number | undefined;
  /** The longest message to accept, in bytes; 0 is unlimited. Default 100 MiB. */
  readonly maxPayload?: number | undefined;
  /** The most frames of one message; 0 is unlimited. Default 16 384. */
  readonly maxFragments?: number | undefined;
  /** Whether pings are answered. Default true. */
  readonly autoPong?: boolean | undefined;
  /** How long the closing handshake may take. Default 30 000. */
  readonly closeTimeout?: number | undefined;
  /** Ignored: text is always checked. */
  readonly skipUTF8Validation?: boolean | undefined;
  /** Ignored. */
  readonly allowSynchronousEvents?: boolean | undefined;
  /** Called with the request, which it must end. */
  readonly finishRequest?: ((request: ClientRequest, socket: object) => void) | undefined;
}

/** What the constructor's last two arguments mean: the protocols may be left out. */
export interface Arguments {
  readonly protocols: readonly string[];
  readonly options: ClientOptions;
}

/** What an attempt tells of. */
export interface AttemptHandlers {
  url(url: string): void;
  /** Whether anybody listens. */
  emitsUnexpected(request: ClientRequest, response: IncomingMessage): boolean;
  emitsRedirect(url: string, request: ClientRequest): void;
  hasRedirectListener(): boolean;
  /** False to go no further. */
  upgrade(response: IncomingMessage): boolean;
  fail(error: Error): void;
  open(opened: { readonly socket: Duplex; readonly head: Buffer; readonly protocol: string }): void;
}

/** A handshake on its way. */
export interface ClientAttempt {
  request(): ClientRequest;
  abort(): void;
}

export function splitArguments(
  protocols: string | readonly string[] | ClientOptions | undefined,
  options: ClientOptions | undefined,
): Arguments {
  const isOptions = typeof protocols === "object" && protocols !== null && !Array.isArray(protocols);
  const given = (isOptions ? (protocols as ClientOptions) : options) ?? {}; // isOptions says so
  const list = isOptions ? given.protocols : (protocols ?? given.protocols);
  return { protocols: list === undefined ? [] : ([list].flat() as string[]), options: given }; // strings: what is no option
}

/**
 * Sends the request. The caller ends it.
 *
 * @throws {SyntaxError} for a URL or a subprotocol that cannot be.
 */
export function startClient(address: string | URL, given: Arguments, handlers: AttemptHandlers): ClientAttempt {
  requireOptions(given);
  const first = parseUrl(address);
  let redirectCount = 0;
  let isGivenUp = false;
  let current = attempt(first);

  function attempt(url: URL): ClientRequest {
    handlers.url(url.href);
    const key = randomBytes(16).toString("base64");
    const isForeign = url.host !== first.host || (first.protocol === "wss:" && url.protocol === "ws:");
    const request = sendRequest(url, key, given, isForeign && !handlers.hasRedirectListener());
    request.on("error", (error) => (isGivenUp ? undefined : fail(error)));
    request.on("timeout", () => fail(new Error("Opening handshake has timed out")));
    request.on("response", (response) => handleResponse(url, response));
    request.on("upgrade", (response, socket, head) => {
      if (!handlers.upgrade(response)) return void socket.destroy();
      const fault = findFault(response, key, given.protocols);
      if (fault !== undefined) {
        socket.destroy();
        return fail(new Error(fault));
      }
      handlers.open({ socket, head, protocol: response.headers["sec-websocket-protocol"] ?? "" });
    });
    return request;
  }

  function fail(error: Error): void {
    if (isGivenUp) return;
    abort();
    handlers.fail(error);
  }

  function abort(): void {
    isGivenUp = true;
    current.destroy();
  }

  function handleResponse(url: URL, response: IncomingMessage): void {
    const { statusCode = 0, headers } = response;
    const isRedirect = given.options.followRedirects && statusCode >= 300 && statusCode < 400;
    if (isRedirect && headers.location !== undefined) return redirect(url, headers.location);
    if (handlers.emitsUnexpected(current, response)) return;
    fail(new Error(`Unexpected server response: ${statusCode}`));
  }

  function redirect(from: URL, location: string): void {
    if (++redirectCount > (given.options.maxRedirects ?? 10)) return fail(new Error("Maximum redirects exceeded"));
    current.off("error", fail).on("error", doNothing);
    isGivenUp = true;
    current.destroy();
    isGivenUp = false;
    try {
      current = attempt(parseUrl(new URL(location, from)));
    } catch (error) {
      return fail(error instanceof Error ? error : new Error(String(error)));
    }
    handlers.emitsRedirect(from.href, current);
    current.end();
  }

  return { request: () => current, abort };
}

function doNothing(): void {}

function requireOptions({ protocols, options }: Arguments): void {
  const { protocolVersion = 13 } = options;
  if (protocolVersion !== 13) {
    throw new RangeError(`Unsupported protocol version: ${protocolVersion} (supported versions: 13)`);
  }
  const isToken = (protocol: string): boolean => /^[!#$%&'*+\-.0-9A-Z^_`|a-z~]+$/.test(protocol);
  if (!protocols.every(isToken) || new Set(protocols).size < protocols.length) {
    throw new SyntaxError("An invalid or duplicated subprotocol was specified");
  }
}

function parseUrl(address: string | URL): URL {
  if (!URL.canParse(String(address))) throw new SyntaxError(`Invalid URL: ${String(address)}`);
  const url = new URL(address);
  if (url.protocol === "http:" || url.protocol === "https:") url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
  if (url.protocol !== "ws:" && url.protocol !== "wss:" && url.protocol !== "ws+unix:") {
    throw new SyntaxError(`The URL's protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"`);
  }
  if (url.hash !== "") throw new SyntaxError("The URL contains a fragment identifier");
  return url;
}

function sendRequest(url: URL, key: string, { protocols, options }: Arguments, isForeign: boolean): ClientRequest {
  const isSecure = url.protocol === "wss:";
  const [socketPath, pipePath = "/"] = url.pathname.split(":");
  const target = url.protocol === "ws+unix:" ? { socketPath, path: pipePath + url.search } : addressOf(url, isSecure);
  const user =
    url.username === "" ? options.auth : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const own = isForeign ? {} : options.headers;
  return (isSecure ? requestHttps : requestHttp)({
    ...options,
    host: undefined,
    hostname: undefined,
    port: undefined,
    protocol: isSecure ? "https:" : "http:",
    ...target,
    auth: isForeign ? undefined : user,
    agent: options.agent ?? false,
    method: "GET",
    timeout: options.handshakeTimeout,
    headers: {
      ...(own as Record<string, string>), // never the flat list: `ws` takes an object only
      ...(options.origin === undefined ? {} : { Origin: options.origin }),
      ...(protocols.length === 0 ? {} : { "Sec-WebSocket-Protocol": protocols.join(",") }),
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": key,
      Connection: "Upgrade",
      Upgrade: "websocket",
    },
  });
}

function addressOf(url: URL, isSecure: boolean) {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port), path: url.pathname + url.search };
}

/** What is wrong with a 101 (RFC 6455 §4.1). */
function findFault({ headers }: IncomingMessage, key: string, protocols: readonly string[]): string | undefined {
  if (headers.upgrade?.toLowerCase() !== "websocket") return "Invalid Upgrade header";
  if (headers["sec-websocket-accept"] !== acceptValue(key)) return "Invalid Sec-WebSocket-Accept header";
  if (headers["sec-websocket-extensions"] !== undefined) {
    return "Server sent a Sec-WebSocket-Extensions header but no extension was requested";
  }
  const protocol = headers["sec-websocket-protocol"];
  if (protocol === undefined) return protocols.length > 0 ? "Server sent no subprotocol" : undefined;
  if (protocols.length === 0) return "Server sent a subprotocol but none was requested";
  return protocols.includes(protocol) ? undefined : "Server sent an invalid subprotocol";
}

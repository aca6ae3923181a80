import { randomBytes } from "node:crypto";
import {
  type Agent,
  type ClientRequest,
  type ClientRequestArgs,
  type IncomingMessage,
  request as requestHttp,
} from "node:http";
import { type RequestOptions, request as requestHttps } from "node:https";
import type { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import type { PeerCertificate } from "node:tls";
import { acceptValue } from "../engine/index.ts";
import { extension } from "./extension.ts";
import { PerMessageDeflate, type PerMessageDeflateOptions } from "./permessage-deflate.ts";
import type { WebSocket } from "./web-socket.ts";

/** What a certificate or a key may come as. */
export type CertMeta = string | string[] | Buffer | Buffer[];
/** May still set headers; it must end the request. */
export type FinishRequestCallback = (request: ClientRequest, socket: WebSocket) => void;
/** What `@types/ws` and `node:https` have differently. */
type RetypedOption =
  | "agent"
  | "checkServerIdentity"
  | "createConnection"
  | "family"
  | "headers"
  | "host"
  | "localAddress"
  | "protocol";

/** Options of a client: those of `node:https`'s `request()`, the TLS ones among them, and these. Durations in milliseconds. */
export interface ClientOptions extends Omit<RequestOptions, RetypedOption> {
  agent?: Agent | undefined;
  /** As `tls.connect` takes it: an `Error`, or undefined for a certificate that will do. `@types/ws` says boolean. */
  checkServerIdentity?(servername: string, certificate: PeerCertificate & CertMeta): Error | boolean | undefined;
  createConnection?: typeof createConnection | RequestOptions["createConnection"] | undefined;
  family?: number | undefined;
  headers?: { [name: string]: string } | undefined;
  host?: string | undefined;
  localAddress?: string | undefined;
  /** Without effect: the subprotocols are an argument. */
  protocol?: string | undefined;
  protocols?: string | readonly string[] | undefined;
  /** The value of `Origin`. Default none. */
  origin?: string | undefined;
  /** How long the answer may take. Default: no limit, as in `ws`. */
  handshakeTimeout?: number | undefined;
  /** 13, or 8 for servers before RFC 6455. Default 13. */
  protocolVersion?: number | undefined;
  /** Whether and how to offer compression. Default true. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Default false. */
  followRedirects?: boolean | undefined;
  /** Default 10. */
  maxRedirects?: number | undefined;
  /** The longest message to accept, in bytes; 0 is unlimited. Default 100 MiB. */
  maxPayload?: number | undefined;
  /** The most frames of one message; 0 is unlimited. Default 16 384. */
  maxFragments?: number | undefined;
  /** Whether pings are answered. Default true. */
  autoPong?: boolean | undefined;
  /** How long the closing handshake may take. Default 30 000. */
  closeTimeout?: number | undefined;
  /** Ignored: text is always checked. */
  skipUTF8Validation?: boolean | undefined;
  /** Ignored. */
  allowSynchronousEvents?: boolean | undefined;
  /** Ignored: the protocol joins pieces as they come. */
  maxBufferedChunks?: number | undefined;
  /** Ignored: of the pings in one read the newest is answered, so that no more than one pong waits for it. */
  maxPendingAutoPongs?: number | undefined;
  /** Writes the masks of the frames. Default: from a CSPRNG, and nothing else should do (RFC 6455 §5.3). */
  generateMask?(mask: Buffer): void;
  /** Called with the request, which it must end. */
  finishRequest?: FinishRequestCallback | undefined;
}

/** What the constructor's last two arguments mean: the protocols may be left out. */
export interface Arguments {
  readonly protocols: readonly string[];
  readonly options: ClientOptions;
}

/** What an attempt tells of. */
export interface AttemptHandlers {
  begin(url: string, request: ClientRequest): void;
  /** Whether anybody listens. */
  emitsUnexpected(request: ClientRequest, response: IncomingMessage): boolean;
  emitsRedirect(url: string, request: ClientRequest): void;
  hasRedirectListener(): boolean;
  /** One more redirect, whether it is followed or not. Returns how many that makes. */
  countRedirect(): number;
  /** False to go no further. */
  upgrade(response: IncomingMessage): boolean;
  fail(error: Error): void;
  open(opened: Opened): void;
}

/** What a handshake has led to. */
export interface Opened {
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly protocol: string;
  /** What compression was agreed on. */
  readonly deflate: PerMessageDeflate | undefined;
}

export function splitArguments(
  protocols: string | readonly string[] | ClientOptions | ClientRequestArgs | undefined,
  options: ClientOptions | ClientRequestArgs | undefined,
): Arguments {
  const isOptions = typeof protocols === "object" && protocols !== null && !Array.isArray(protocols);
  const given = ((isOptions ? protocols : options) ?? {}) as ClientOptions; // isOptions says so; what is null goes to node:http as it is
  const list: unknown = isOptions || protocols === undefined ? given.protocols : protocols;
  return { protocols: list === undefined ? [] : ([list].flat() as string[]), options: given }; // strings: what is no option
}

/** A handshake on its way: one request, or one after the other where redirects are followed. */
export class ClientAttempt {
  readonly #given: Arguments;
  readonly #handlers: AttemptHandlers;
  readonly #first: URL;
  /** What is not the current request's is not listened to any more. */
  #current: ClientRequest | undefined;

  /** @throws {SyntaxError} for a URL or a subprotocol that cannot be. */
  constructor(address: string | URL, given: Arguments, handlers: AttemptHandlers) {
    requireOptions(given);
    this.#given = given;
    this.#handlers = handlers;
    this.#first = parseUrl(address);
  }

  /** Makes the request, which the caller ends. */
  start(): ClientRequest {
    return this.#request(this.#first);
  }

  /** Gives up; nothing is told any more. */
  abort(): void {
    const request = this.#current;
    this.#current = undefined;
    request?.destroy();
  }

  #request(url: URL): ClientRequest {
    const key = randomBytes(16).toString("base64");
    const secrets = this.#handlers.hasRedirectListener() ? undefined : secretsFrom(this.#first, url);
    const deflate = createOffer(this.#given.options);
    const request = sendRequest(url, { ...this.#given, key, deflate, first: this.#first, secrets });
    this.#current = request;
    this.#handlers.begin(url.href, request);
    const ifCurrent = (act: () => void): void => (request === this.#current ? act() : undefined);
    request.on("error", (error) => ifCurrent(() => this.#fail(error)));
    request.on("timeout", () => ifCurrent(() => this.#fail(new Error("Opening handshake has timed out"))));
    request.on("response", (response) => ifCurrent(() => this.#handleResponse(url, request, response)));
    request.on("upgrade", (response, socket, head) => {
      if (request === this.#current && this.#handlers.upgrade(response)) {
        this.#open(response, key, { socket, head, deflate });
      } else socket.destroy();
    });
    return request;
  }

  #open(response: IncomingMessage, key: string, opened: Omit<Opened, "protocol">): void {
    const { "sec-websocket-extensions": answer, "sec-websocket-protocol": protocol = "" } = response.headers;
    const fault =
      findFault(response, key, this.#given.protocols) ??
      (answer === undefined ? undefined : findAnswerFault(answer, opened.deflate));
    if (fault === undefined) {
      this.#handlers.open({ ...opened, protocol, deflate: answer === undefined ? undefined : opened.deflate });
    } else {
      opened.socket.destroy();
      this.#fail(new Error(fault));
    }
  }

  #handleResponse(url: URL, request: ClientRequest, response: IncomingMessage): void {
    const { statusCode = 0, headers } = response;
    const isRedirect = this.#given.options.followRedirects && statusCode >= 300 && statusCode < 400;
    if (isRedirect && headers.location !== undefined) this.#redirect(url, headers.location);
    else if (!this.#handlers.emitsUnexpected(request, response)) {
      this.#fail(new Error(`Unexpected server response: ${statusCode}`));
    }
  }

  #redirect(from: URL, location: string): void {
    if (this.#handlers.countRedirect() > (this.#given.options.maxRedirects ?? 10)) {
      return this.#fail(new Error("Maximum redirects exceeded"));
    }
    this.abort();
    try {
      const url = parseUrl(location, from);
      const request = this.#request(url);
      this.#handlers.emitsRedirect(url.href, request);
      request.end();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fail(error: Error): void {
    this.abort();
    this.#handlers.fail(error);
  }
}

function requireOptions({ protocols, options }: Arguments): void {
  const { protocolVersion = 13 } = options;
  if (protocolVersion !== 13 && protocolVersion !== 8) {
    throw new RangeError(`Unsupported protocol version: ${protocolVersion} (supported versions: 8, 13)`);
  }
  const isToken = (protocol: unknown): boolean =>
    typeof protocol === "string" && /^[!#$%&'*+\-.0-9A-Z^_`|a-z~]+$/.test(protocol);
  if (!protocols.every(isToken) || new Set(protocols).size < protocols.length) {
    throw new SyntaxError("An invalid or duplicated subprotocol was specified");
  }
}

function parseUrl(address: string | URL, base?: URL): URL {
  if (!URL.canParse(String(address), base?.href)) throw new SyntaxError(`Invalid URL: ${String(address)}`);
  const url = new URL(address, base);
  if (url.protocol === "http:" || url.protocol === "https:") url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
  if (url.protocol !== "ws:" && url.protocol !== "wss:" && url.protocol !== "ws+unix:") {
    throw new SyntaxError(`The URL's protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"`);
  }
  if (url.protocol === "ws+unix:" && url.pathname === "") throw new SyntaxError("The URL's pathname is empty");
  if (url.hash !== "") throw new SyntaxError("The URL contains a fragment identifier");
  return url;
}

/** What to offer of compression. */
function createOffer({ perMessageDeflate = true, maxPayload = 0 }: ClientOptions): PerMessageDeflate | undefined {
  if (!perMessageDeflate) return undefined;
  const given = perMessageDeflate === true ? {} : perMessageDeflate;
  return new PerMessageDeflate({ ...given, isServer: false, maxPayload });
}

interface RequestParts extends Arguments {
  readonly key: string;
  readonly deflate: PerMessageDeflate | undefined;
  /** Where it was to go before it was redirected. */
  readonly first: URL;
  /** The headers that the receiver must not be told, nor a user's name; undefined where it is the one they were meant for. */
  readonly secrets: RegExp | undefined;
}

function sendRequest(url: URL, parts: RequestParts): ClientRequest {
  const { options, first, secrets } = parts;
  const isSecure = url.protocol === "wss:";
  const [socketPath, pipePath = "/"] = url.pathname.split(":");
  const target = url.protocol === "ws+unix:" ? { socketPath, path: pipePath + url.search } : addressOf(url, isSecure);
  const user = userOf(first) ?? userOf(url) ?? options.auth; // as in curl the first one wins
  return (isSecure ? requestHttps : requestHttp)({
    ...(options as RequestOptions), // all that @types/ws types otherwise, it takes too
    host: undefined,
    hostname: undefined,
    port: undefined,
    protocol: isSecure ? "https:" : "http:",
    ...target,
    auth: secrets === undefined ? user : undefined,
    // node:http asks `createConnection` only where there is no agent.
    agent: options.agent ?? (options.createConnection === undefined ? false : undefined),
    method: "GET",
    timeout: options.handshakeTimeout,
    headers: headersOf(parts),
  });
}

function headersOf({ protocols, options, key, deflate, secrets }: RequestParts): Record<string, string> {
  const originName = options.protocolVersion === 8 ? "Sec-WebSocket-Origin" : "Origin";
  return {
    ...withoutSecrets(options.headers, secrets),
    ...(options.origin === undefined ? {} : { [originName]: options.origin }),
    ...(deflate && { "Sec-WebSocket-Extensions": extension.format({ "permessage-deflate": deflate.offer() }) }),
    ...(protocols.length === 0 ? {} : { "Sec-WebSocket-Protocol": protocols.join(",") }),
    "Sec-WebSocket-Version": String(options.protocolVersion ?? 13),
    "Sec-WebSocket-Key": key,
    Connection: "Upgrade",
    Upgrade: "websocket",
  };
}

function withoutSecrets(headers: RequestOptions["headers"], secrets: RegExp | undefined): Record<string, string> {
  const given = (headers ?? {}) as Record<string, string>; // an object, as in `ws`
  return Object.fromEntries(Object.entries(given).filter(([name]) => secrets?.test(name) !== true));
}

/** What was meant for `first` and is not for `url`: another place, or the same one where everybody can listen. */
function secretsFrom(first: URL, url: URL): RegExp | undefined {
  if (placeOf(url) !== placeOf(first)) return /^(authorization|cookie|host)$/i;
  return first.protocol === "wss:" && url.protocol === "ws:" ? /^(authorization|cookie)$/i : undefined;
}

/** Who is spoken to: two sockets of the file system have no host, and are not the same. */
function placeOf({ protocol, host, pathname }: URL): string {
  return protocol === "ws+unix:" ? `${protocol}${pathname.split(":", 1)[0]}` : host;
}

function userOf({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
}

function addressOf(url: URL, isSecure: boolean) {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port: url.port || (isSecure ? 443 : 80), path: url.pathname + url.search };
}

/** What is wrong with a 101 (RFC 6455 §4.1). */
function findFault({ headers }: IncomingMessage, key: string, protocols: readonly string[]): string | undefined {
  if (headers.upgrade?.toLowerCase() !== "websocket") return "Invalid Upgrade header";
  if (headers["sec-websocket-accept"] !== acceptValue(key)) return "Invalid Sec-WebSocket-Accept header";
  const protocol = headers["sec-websocket-protocol"];
  if (protocol === undefined) return protocols.length > 0 ? "Server sent no subprotocol" : undefined;
  if (protocols.length === 0) return "Server sent a subprotocol but none was requested";
  return protocols.includes(protocol) ? undefined : "Server sent an invalid subprotocol";
}

/** What is wrong with the server's answer to our offer (RFC 7692 §5.1). */
function findAnswerFault(answer: string, deflate: PerMessageDeflate | undefined): string | undefined {
  if (deflate === undefined) return "Server sent a Sec-WebSocket-Extensions header but no extension was requested";
  try {
    const { [PerMessageDeflate.extensionName]: parameters, ...others } = extension.parse(answer);
    if (parameters === undefined || Object.keys(others).length > 0) {
      return "Server indicated an extension that was not requested";
    }
    deflate.accept(parameters);
    return undefined;
  } catch {
    return "Invalid Sec-WebSocket-Extensions header";
  }
}

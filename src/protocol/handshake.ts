import { decodeBase64, encodeBase64 } from "./base64.ts";
import { ProtocolError } from "./errors.ts";
import { hasListMember, headerPairs, indexHeaders, isFieldValue, isToken, parseExtension, quote, splitExtensions, splitList } from "./header-values.ts";
import type { ExtensionOffer, Header, HeaderIndex } from "./header-values.ts";
import { parseHost } from "./host.ts";
import { defaultMaxHeadBytes, isTarget, maxHeaderCount, maxTargetBytes, writeHead } from "./http1.ts";
import type { RawHeaders, RequestLine } from "./http1.ts";
import { sha1 } from "./sha1.ts";

/** The head of a request. Node's `IncomingMessage` is one, but for the name of its `url`. */
export type RequestHead = RequestLine & RawHeaders;

/** A handshake in which every header is as RFC 6455 §4.2.1 wants it. Whether to accept it is still open. */
export interface HandshakeRequest {
  readonly type: "request";
  /** The path and query that were asked for; it starts with `/`. */
  readonly target: string;
  /** As it came, for `writeAccept`. */
  readonly key: string;
  readonly host: string;
  /** Only browsers send it. `isSameOrigin` judges it. */
  readonly origin: string | undefined;
  /** The subprotocols the client offers, each once, the one it likes best first. */
  readonly protocols: readonly string[];
  /** The well-formed extension offers, best first. Malformed ones are declined by leaving them out (§9.1). */
  readonly extensions: readonly ExtensionOffer[];
}

/** An answer that is not 101. `writeRefusal` makes bytes of it. */
export interface Refusal {
  readonly type: "refusal";
  readonly status: number;
  /** Plain text for people: what was wrong with which value. */
  readonly reason: string;
  readonly headers: readonly Header[];
}

const refusalStatusText: { readonly [status: number]: string } = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  414: "URI Too Long",
  421: "Misdirected Request",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

/**
 * Reads a client's opening handshake (RFC 6455 §4.2.1). Never throws for what a peer sent.
 *
 * The faults are looked for in this order, and the first one is the answer: size, HTTP version, method, target, form of the
 * headers, `Host`, body, `Upgrade` and `Connection`, version, key, `Origin`, subprotocols.
 */
export function readHandshake(head: RequestHead): HandshakeRequest | Refusal {
  const headers = indexHeaders(head.rawHeaders);
  const fault = findSizeFault(head) ?? findRequestLineFault(head) ?? findFieldFault(head) ?? findBodyFault(headers);
  if (fault !== undefined) return fault;
  const host = readHost(headers);
  if (typeof host !== "string") return host;
  const target = readTarget(head.target, host);
  if (typeof target !== "string") return target;
  const upgradeFault = findUpgradeFault(headers) ?? findVersionFault(headers);
  if (upgradeFault !== undefined) return upgradeFault;
  const key = readKey(headers);
  if (typeof key !== "string") return key;
  const [origin, ...moreOrigins] = headers.get("origin") ?? [];
  if (moreOrigins.length > 0) return refuse(403, "Cannot accept more than one Origin header");
  const protocols = readProtocols(headers);
  if ("type" in protocols) return protocols;
  const extensions = splitExtensions(headers.get("sec-websocket-extensions") ?? []).map(parseExtension).filter((offer) => offer !== undefined);
  return { type: "request", target, key, host, origin, protocols, extensions };
}

/** `Sec-WebSocket-Accept` for a key (RFC 6455 §4.2.2): base64 of the SHA-1 of the key's text and a fixed one. */
export function acceptValue(key: string): string {
  return encodeBase64(sha1(new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)));
}

/**
 * The first subprotocol of the server's list that the client offered; `undefined` if there is none. Then the header is left
 * out of the 101, and the client decides whether it goes on (RFC 6455 §4.2.2).
 */
export function selectProtocol(offered: readonly string[], supported: readonly string[]): string | undefined {
  return supported.find((protocol) => offered.includes(protocol));
}

/**
 * The bytes of the 101. From the next byte on, no HTTP is spoken on the connection.
 *
 * @param options.key - the client's, from {@link readHandshake}.
 * @param options.protocols - what the client offered; `protocol` must be among it.
 * @param options.extensions - the whole value of `Sec-WebSocket-Extensions`, as negotiated.
 * @param options.headers - further headers, such as `Set-Cookie`.
 * @throws {ProtocolError} `ERR_SUBPROTOCOL` if the client did not offer `protocol`; `ERR_HEADER` as {@link writeHead}.
 */
export function writeAccept(options: {
  readonly key: string;
  readonly protocols: readonly string[];
  readonly protocol?: string | undefined;
  readonly extensions?: string | undefined;
  readonly headers?: readonly Header[] | undefined;
}): Uint8Array {
  const { protocol, extensions } = options;
  const ours: Header[] = [["Upgrade", "websocket"], ["Connection", "Upgrade"], ["Sec-WebSocket-Accept", acceptValue(options.key)]];
  if (protocol !== undefined) {
    if (!options.protocols.includes(protocol)) {
      throw new ProtocolError("ERR_SUBPROTOCOL", `Cannot select subprotocol ${quote(protocol)}: the client did not offer it`);
    }
    ours.push(["Sec-WebSocket-Protocol", protocol]);
  }
  if (extensions !== undefined) ours.push(["Sec-WebSocket-Extensions", extensions]);
  return writeHead({ startLine: "HTTP/1.1 101 Switching Protocols", ours, theirs: options.headers ?? [], reserved: acceptReserved });
}

/**
 * The bytes of a refusal: a whole HTTP/1.1 response. The caller flushes it and then destroys the socket: what came behind a
 * refused handshake must never be read as another request.
 *
 * @throws {ProtocolError} `ERR_STATUS` if the status is not in 300-599; `ERR_HEADER` as {@link writeHead}.
 */
export function writeRefusal(refusal: Refusal): Uint8Array {
  const { status } = refusal;
  if (!Number.isInteger(status) || status < 300 || status > 599) {
    throw new ProtocolError("ERR_STATUS", `Cannot refuse with status ${status}: it is not in 300-599`);
  }
  const body = new TextEncoder().encode(`${refusal.reason}\n`);
  const names = new Set(refusal.headers.map(([name]) => name.toLowerCase()));
  const ours: Header[] = [
    // RFC 9110 §7.8: "A sender of Upgrade MUST also send an "Upgrade" connection option in the Connection header field"
    ["Connection", names.has("upgrade") ? "close, Upgrade" : "close"],
    ["Content-Length", `${body.length}`],
  ];
  if (!names.has("content-type")) ours.push(["Content-Type", "text/plain; charset=utf-8"]);
  const startLine = `HTTP/1.1 ${status} ${refusalStatusText[status] ?? ""}`;
  const head = writeHead({ startLine, ours, theirs: refusal.headers, reserved: refusalReserved });
  const response = new Uint8Array(head.length + body.length);
  response.set(head);
  response.set(body, head.length);
  return response;
}

const acceptReserved: readonly string[] = [
  "upgrade", "connection", "content-length", "transfer-encoding", "sec-websocket-accept", "sec-websocket-protocol", "sec-websocket-extensions",
];
const refusalReserved: readonly string[] = ["connection", "content-length", "transfer-encoding"];

function refuse(status: number, reason: string, headers: readonly Header[] = []): Refusal {
  return { type: "refusal", status, reason, headers };
}

// RFC 9110 §15.5.22: "The server MUST send an Upgrade header field in a 426 response"
function requireUpgrade(reason: string): Refusal {
  return refuse(426, reason, [["Upgrade", "websocket"], ["Sec-WebSocket-Version", "13"]]);
}

function findSizeFault(head: RequestHead): Refusal | undefined {
  if (head.target.length > maxTargetBytes) return refuse(414, `Cannot accept a target of more than ${maxTargetBytes} bytes`);
  if (head.rawHeaders.length > maxHeaderCount * 2) return refuse(431, `Cannot accept more than ${maxHeaderCount} headers`);
  let headBytes = head.method.length + head.target.length + "  HTTP/1.1\r\n\r\n".length;
  for (const text of head.rawHeaders) headBytes += text.length + 2; // ": " after a name, CR LF after a value
  if (headBytes > defaultMaxHeadBytes) return refuse(431, `Cannot accept a head of more than ${defaultMaxHeadBytes} bytes`);
  return undefined;
}

function findRequestLineFault(head: RequestHead): Refusal | undefined {
  // §4.2.1: "An HTTP/1.1 or higher GET request"
  if (!/^1\.[1-9]$/.test(head.httpVersion)) return refuse(505, `Cannot upgrade from HTTP version ${quote(head.httpVersion)}: 1.1 is needed`);
  if (head.method !== "GET") return refuse(405, `Cannot accept method ${quote(head.method)}: a WebSocket handshake is a GET`, [["Allow", "GET"]]);
  return undefined;
}

// An HTTP parser in front refuses these already; the answer must not depend on which one it is.
function findFieldFault(head: RequestHead): Refusal | undefined {
  for (const [name, value] of headerPairs(head.rawHeaders)) {
    if (!isToken(name)) return refuse(400, `Cannot accept header name ${quote(name)}: it is not a token`);
    if (!isFieldValue(value)) return refuse(400, `Cannot accept header ${name}: ${quote(value)} has a control character`);
  }
  return undefined;
}

// A body's bytes would be read as frames.
function findBodyFault(headers: HeaderIndex): Refusal | undefined {
  if (headers.has("transfer-encoding")) return refuse(400, "Cannot accept Transfer-Encoding: a handshake has no body");
  const length = headers.get("content-length")?.find((value) => !/^0+$/.test(value));
  return length === undefined ? undefined : refuse(400, `Cannot accept Content-Length ${quote(length)}: a handshake has no body`);
}

function readHost(headers: HeaderIndex): string | Refusal {
  const [host, ...more] = headers.get("host") ?? [];
  if (host === undefined) return refuse(400, "Cannot accept a request without Host");
  if (more.length > 0) return refuse(400, "Cannot accept more than one Host header");
  return parseHost(host) === undefined ? refuse(400, `Cannot accept Host ${quote(host)}: it is not a name and a port`) : host;
}

function readTarget(target: string, host: string): string | Refusal {
  if (!isTarget(target)) return refuse(400, `Cannot accept target ${quote(target)}: it is not visible ASCII without a fragment`);
  if (target.startsWith("/")) return target;
  // §4.2.1 allows "an absolute HTTP/HTTPS URI containing the /resource name/".
  const [, authority, path] = /^https?:\/\/([^/?]+)(.*)$/i.exec(target) ?? [];
  if (authority === undefined || path === undefined) return refuse(400, `Cannot accept target ${quote(target)}: it is not a path`);
  if (authority.toLowerCase() !== host.toLowerCase()) return refuse(400, `Cannot accept target ${quote(target)}: Host is ${quote(host)}`);
  return path.startsWith("/") ? path : `/${path}`;
}

function findUpgradeFault(headers: HeaderIndex): Refusal | undefined {
  if (!hasListMember(headers.get("upgrade") ?? [], "websocket")) {
    return requireUpgrade("Cannot answer a plain request: Upgrade does not name websocket");
  }
  if (!hasListMember(headers.get("connection") ?? [], "upgrade")) {
    return requireUpgrade("Cannot answer a plain request: Connection does not name Upgrade");
  }
  return undefined;
}

function findVersionFault(headers: HeaderIndex): Refusal | undefined {
  const [version = "", ...more] = headers.get("sec-websocket-version") ?? [];
  if (more.length > 0) return refuse(400, "Cannot accept more than one Sec-WebSocket-Version header");
  return version === "13" ? undefined : requireUpgrade(`Cannot accept Sec-WebSocket-Version ${quote(version)}: only 13 is spoken`);
}

function readKey(headers: HeaderIndex): string | Refusal {
  const [key, ...more] = headers.get("sec-websocket-key") ?? [];
  if (key === undefined) return refuse(400, "Cannot accept a handshake without Sec-WebSocket-Key");
  if (more.length > 0) return refuse(400, "Cannot accept more than one Sec-WebSocket-Key header");
  return isKey(key) ? key : refuse(400, `Cannot accept Sec-WebSocket-Key ${quote(key)}: it is not 16 bytes in base64`);
}

/** Whether a text is the base64 of 16 bytes, and the one way to write them (RFC 6455 §4.1). */
export function isKey(text: string): boolean {
  return text.length === 24 && decodeBase64(text)?.length === 16;
}

function readProtocols(headers: HeaderIndex): readonly string[] | Refusal {
  const values = headers.get("sec-websocket-protocol");
  if (values === undefined) return [];
  const protocols = splitList(values);
  const invalid = protocols.find((protocol) => !isToken(protocol));
  if (invalid !== undefined) return refuse(400, `Cannot accept subprotocol ${quote(invalid)}: it is not a token`);
  if (protocols.length === 0) return refuse(400, "Cannot accept an empty Sec-WebSocket-Protocol header");
  if (new Set(protocols).size < protocols.length) return refuse(400, `Cannot accept subprotocols ${quote(protocols.join(", "))}: one comes twice`);
  return protocols;
}

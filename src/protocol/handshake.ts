import type { Refusal } from "./handshake-answer.ts";
import { isKey } from "./handshake-key.ts";
import {
  hasListMember,
  headerPairs,
  indexHeaders,
  isFieldValue,
  isToken,
  parseExtension,
  quote,
  splitExtensions,
  splitList,
} from "./header-values.ts";
import type { ExtensionOffer, Header, HeaderIndex } from "./header-values.ts";
import { parseHost } from "./host.ts";
import { defaultMaxHeadBytes, isTarget, maxHeaderCount, maxTargetBytes } from "./http1.ts";
import type { RawHeaders, RequestLine } from "./http1.ts";

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

/**
 * Reads a client's opening handshake (RFC 6455 §4.2.1). Never throws for what a peer sent.
 *
 * The faults are looked for in this order, and the first one is the answer: size, HTTP version, method, form of
 * the headers, body, `Host`, target, `Upgrade` and `Connection`, version, key, `Origin`, subprotocols.
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
  return { type: "request", target, key, host, origin, protocols, extensions: readOffers(headers) };
}

/** The extension offers that are well-formed. */
export function readOffers(headers: HeaderIndex): readonly ExtensionOffer[] {
  return splitExtensions(headers.get("sec-websocket-extensions") ?? [])
    .map(parseExtension)
    .filter((offer) => offer !== undefined);
}

/** A refusal of this room's own. */
export function refuse(status: number, reason: string, headers: readonly Header[] = []): Refusal {
  return { type: "refusal", status, reason, headers };
}

// RFC 9110 §15.5.22: "The server MUST send an Upgrade header field in a 426 response"
function requireUpgrade(reason: string): Refusal {
  return refuse(426, reason, [
    ["Upgrade", "websocket"],
    ["Sec-WebSocket-Version", "13"],
  ]);
}

function findSizeFault(head: RequestHead): Refusal | undefined {
  if (head.target.length > maxTargetBytes) {
    return refuse(414, `Cannot accept a target of more than ${maxTargetBytes} bytes`);
  }
  if (head.rawHeaders.length > maxHeaderCount * 2) {
    return refuse(431, `Cannot accept more than ${maxHeaderCount} headers`);
  }
  let headBytes = head.method.length + head.target.length + "  HTTP/1.1\r\n\r\n".length;
  for (const text of head.rawHeaders) headBytes += text.length + 2; // ": " after a name, CR LF after a value
  if (headBytes > defaultMaxHeadBytes) {
    return refuse(431, `Cannot accept a head of more than ${defaultMaxHeadBytes} bytes`);
  }
  return undefined;
}

function findRequestLineFault(head: RequestHead): Refusal | undefined {
  // §4.2.1: "An HTTP/1.1 or higher GET request"
  if (!/^1\.[1-9]$/.test(head.httpVersion)) {
    return refuse(505, `Cannot upgrade from HTTP version ${quote(head.httpVersion)}: 1.1 is needed`);
  }
  if (head.method !== "GET") {
    return refuse(405, `Cannot accept method ${quote(head.method)}: a WebSocket handshake is a GET`, [
      ["Allow", "GET"],
    ]);
  }
  return undefined;
}

/** What is wrong with the form of a header. An HTTP parser in front refuses it already; the answer must not depend on which one it is. */
export function findFieldFault(head: RawHeaders): Refusal | undefined {
  for (const [name, value] of headerPairs(head.rawHeaders)) {
    if (!isToken(name)) return refuse(400, `Cannot accept header name ${quote(name)}: it is not a token`);
    if (!isFieldValue(value)) {
      return refuse(400, `Cannot accept header ${name}: ${quote(value)} has a control character`);
    }
  }
  return undefined;
}

/** Refuses a body: its bytes would be read as frames. */
export function findBodyFault(headers: HeaderIndex): Refusal | undefined {
  if (headers.has("transfer-encoding")) return refuse(400, "Cannot accept Transfer-Encoding: a handshake has no body");
  const length = headers.get("content-length")?.find((value) => !/^0+$/.test(value));
  return length === undefined
    ? undefined
    : refuse(400, `Cannot accept Content-Length ${quote(length)}: a handshake has no body`);
}

function readHost(headers: HeaderIndex): string | Refusal {
  const [host, ...more] = headers.get("host") ?? [];
  if (host === undefined) return refuse(400, "Cannot accept a request without Host");
  if (more.length > 0) return refuse(400, "Cannot accept more than one Host header");
  return parseHost(host) === undefined
    ? refuse(400, `Cannot accept Host ${quote(host)}: it is not a name and a port`)
    : host;
}

function readTarget(target: string, host: string): string | Refusal {
  if (!isTarget(target)) {
    return refuse(400, `Cannot accept target ${quote(target)}: it is not visible ASCII without a fragment`);
  }
  if (target.startsWith("/")) return target;
  // §4.2.1 allows "an absolute HTTP/HTTPS URI containing the /resource name/".
  const [, authority = "", path = ""] = /^https?:\/\/([^/?]+)(.*)$/i.exec(target) ?? [];
  if (authority === "") {
    return refuse(400, `Cannot accept target ${quote(target)}: it is not a path`);
  }
  if (authority.toLowerCase() !== host.toLowerCase()) {
    return refuse(400, `Cannot accept target ${quote(target)}: Host is ${quote(host)}`);
  }
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
  return version === "13"
    ? undefined
    : requireUpgrade(`Cannot accept Sec-WebSocket-Version ${quote(version)}: only 13 is spoken`);
}

function readKey(headers: HeaderIndex): string | Refusal {
  const [key, ...more] = headers.get("sec-websocket-key") ?? [];
  if (key === undefined) return refuse(400, "Cannot accept a handshake without Sec-WebSocket-Key");
  if (more.length > 0) return refuse(400, "Cannot accept more than one Sec-WebSocket-Key header");
  return isKey(key) ? key : refuse(400, `Cannot accept Sec-WebSocket-Key ${quote(key)}: it is not 16 bytes in base64`);
}

/** The offered subprotocols. */
export function readProtocols(headers: HeaderIndex): readonly string[] | Refusal {
  const values = headers.get("sec-websocket-protocol");
  if (values === undefined) return [];
  const protocols = splitList(values);
  const invalid = protocols.find((protocol) => !isToken(protocol));
  if (invalid !== undefined) return refuse(400, `Cannot accept subprotocol ${quote(invalid)}: it is not a token`);
  if (protocols.length === 0) return refuse(400, "Cannot accept an empty Sec-WebSocket-Protocol header");
  if (new Set(protocols).size < protocols.length) {
    return refuse(400, `Cannot accept subprotocols ${quote(protocols.join(", "))}: one comes twice`);
  }
  return protocols;
}

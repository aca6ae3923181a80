import { ProtocolError } from "./errors.ts";
import { isKey } from "./handshake-key.ts";
import { isToken, parseExtension, quote, splitExtensions } from "./header-values.ts";
import type { Header } from "./header-values.ts";
import { parseHost } from "./host.ts";
import { isTarget, maxTargetBytes, writeHead } from "./http1.ts";

/**
 * The bytes of a client's opening handshake (RFC 6455 §4.1).
 *
 * The order is fixed: `Host`, `Upgrade`, `Connection`, `Sec-WebSocket-Key`, `Sec-WebSocket-Version`, then, where given,
 * `Sec-WebSocket-Protocol`, `Sec-WebSocket-Extensions`, `Origin`, and the caller's headers as they come.
 *
 * @param options.host - name or address, with the port unless it is the scheme's own.
 * @param options.target - path and query; starts with `/`.
 * @param options.key - 16 bytes in base64, fresh and from a CSPRNG for every attempt.
 * @param options.protocols - subprotocols, the best one first. Default none.
 * @param options.extensions - the whole value of `Sec-WebSocket-Extensions`.
 * @throws {ProtocolError} `ERR_HOST`, `ERR_TARGET`, `ERR_KEY`, `ERR_SUBPROTOCOL`, `ERR_EXTENSION` or `ERR_HEADER`.
 */
export function writeRequest(options: {
  readonly host: string;
  readonly target: string;
  readonly key: string;
  readonly protocols?: readonly string[] | undefined;
  readonly extensions?: string | undefined;
  readonly origin?: string | undefined;
  readonly headers?: readonly Header[] | undefined;
}): Uint8Array {
  const { host, target, key } = options;
  checkRequestLine(host, target);
  if (!isKey(key)) {
    throw new ProtocolError("ERR_KEY", "Cannot send this Sec-WebSocket-Key: it is not 16 bytes in base64");
  }
  const ours: readonly Header[] = [
    ["Host", host],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", key],
    ["Sec-WebSocket-Version", "13"],
    ...offerHeaders(options),
  ];
  const reserved = [...ours.map(([name]) => name.toLowerCase()), ...requestReserved];
  return writeHead({ startLine: `GET ${target} HTTP/1.1`, ours, theirs: options.headers ?? [], reserved });
}

const requestReserved: readonly string[] = [
  "sec-websocket-protocol",
  "sec-websocket-extensions",
  "sec-websocket-accept",
  "content-length",
  "transfer-encoding",
];

/** What a client offers, on HTTP/1.1 as on HTTP/2. Throws as {@link writeRequest} does. */
export function offerHeaders(options: {
  readonly protocols?: readonly string[] | undefined;
  readonly extensions?: string | undefined;
  readonly origin?: string | undefined;
}): readonly Header[] {
  const { protocols = [], extensions, origin } = options;
  checkProtocols(protocols);
  const headers: Header[] = [];
  if (protocols.length > 0) headers.push(["Sec-WebSocket-Protocol", protocols.join(", ")]);
  if (extensions !== undefined) {
    offeredNames(extensions);
    headers.push(["Sec-WebSocket-Extensions", extensions]);
  }
  if (origin !== undefined) headers.push(["Origin", origin]);
  return headers;
}

/** @throws {ProtocolError} `ERR_HOST` or `ERR_TARGET`. */
export function checkRequestLine(host: string, target: string): void {
  if (parseHost(host) === undefined) {
    throw new ProtocolError("ERR_HOST", `Cannot send Host ${quote(host)}: it is not a name and a port`);
  }
  if (!target.startsWith("/") || !isTarget(target) || target.length > maxTargetBytes) {
    throw new ProtocolError(
      "ERR_TARGET",
      `Cannot send target ${quote(target)}: it is not a path in visible ASCII of at most ${maxTargetBytes} bytes`,
    );
  }
}

function checkProtocols(protocols: readonly string[]): void {
  const invalid = protocols.find((protocol) => !isToken(protocol));
  if (invalid !== undefined) {
    throw new ProtocolError("ERR_SUBPROTOCOL", `Cannot offer subprotocol ${quote(invalid)}: it is not a token`);
  }
  if (new Set(protocols).size < protocols.length) {
    throw new ProtocolError(
      "ERR_SUBPROTOCOL",
      `Cannot offer subprotocols ${quote(protocols.join(", "))}: one comes twice`,
    );
  }
}

/**
 * The names in a value of `Sec-WebSocket-Extensions` that we offer.
 *
 * @throws {ProtocolError} `ERR_EXTENSION` if an offer is malformed.
 */
export function offeredNames(extensions: string): readonly string[] {
  return splitExtensions([extensions]).map((element) => {
    const offer = parseExtension(element);
    if (offer === undefined) {
      throw new ProtocolError("ERR_EXTENSION", `Cannot offer extension ${quote(element)}: it is malformed`);
    }
    return offer.name;
  });
}

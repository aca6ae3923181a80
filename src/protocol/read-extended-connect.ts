import type { Refusal } from "./handshake-answer.ts";
import {
  findBodyFault,
  findFieldFault,
  type HandshakeRequest,
  readOffers,
  readProtocols,
  refuse,
} from "./handshake.ts";
import { headerPairs, indexHeaders, quote } from "./header-values.ts";
import type { HeaderIndex } from "./header-values.ts";
import { parseHost } from "./host.ts";
import { defaultMaxHeadBytes, isTarget, maxHeaderCount, maxTargetBytes } from "./http1.ts";

/** A handshake of HTTP/2 in which every header is as RFC 8441 §5 wants it. It has no key: the stream itself proves who answers. */
export type ExtendedConnectRequest = Omit<HandshakeRequest, "key">;

/**
 * Reads an extended CONNECT (RFC 8441 §4 and §5). Never throws for what a peer sent.
 *
 * The faults are looked for in this order, and the first one is the answer: size, method, `:protocol`, the other
 * pseudo-headers, form of the headers, body, version, `Origin`, subprotocols.
 *
 * @param rawHeaders - name, value, name, value, pseudo-headers included.
 */
export function readExtendedConnect(rawHeaders: readonly string[]): ExtendedConnectRequest | Refusal {
  const headers = indexHeaders(rawHeaders);
  const fieldHeaders = headerPairs(rawHeaders).filter(([name]) => !name.startsWith(":"));
  const target = headers.get(":path")?.[0] ?? "";
  const host = headers.get(":authority")?.join(", ") ?? "";
  const fault =
    findSizeFault(rawHeaders, target) ??
    findMethodFault(headers) ??
    findPseudoFault(headers, { target, host }) ??
    findFieldFault({ rawHeaders: fieldHeaders.flat() }) ??
    findBodyFault(headers) ??
    findHandshakeFault(headers);
  if (fault !== undefined) return fault;
  const origin = headers.get("origin")?.[0];
  const protocols = readProtocols(headers);
  if ("type" in protocols) return protocols;
  return { type: "request", target, host, origin, protocols, extensions: readOffers(headers) };
}

function findSizeFault(rawHeaders: readonly string[], target: string): Refusal | undefined {
  if (target.length > maxTargetBytes) return refuse(414, `Cannot accept a path of more than ${maxTargetBytes} bytes`);
  if (rawHeaders.length > maxHeaderCount * 2) return refuse(431, `Cannot accept more than ${maxHeaderCount} headers`);
  let headBytes = 0;
  for (const text of rawHeaders) headBytes += text.length + 2; // what it would be in HTTP/1.1
  return headBytes > defaultMaxHeadBytes
    ? refuse(431, `Cannot accept headers of more than ${defaultMaxHeadBytes} bytes`)
    : undefined;
}

function findMethodFault(headers: HeaderIndex): Refusal | undefined {
  const method = headers.get(":method")?.join(", ") ?? "";
  if (method !== "CONNECT") {
    return refuse(405, `Cannot accept method ${quote(method)}: a WebSocket handshake of HTTP/2 is a CONNECT`, [
      ["Allow", "CONNECT"],
    ]);
  }
  const protocol = headers.get(":protocol")?.join(", ");
  if (protocol === undefined) return refuse(400, "Cannot accept CONNECT without :protocol: this is no proxy");
  // RFC 8441 §5: `:protocol` has the value `websocket`, in these letters.
  return protocol === "websocket" ? undefined : refuse(501, `Cannot speak protocol ${quote(protocol)}`);
}

function findPseudoFault(
  headers: HeaderIndex,
  { target, host }: { readonly target: string; readonly host: string },
): Refusal | undefined {
  const scheme = headers.get(":scheme")?.join(", ") ?? "";
  if (scheme !== "https" && scheme !== "http") {
    return refuse(400, `Cannot accept :scheme ${quote(scheme)}: it is neither http nor https`);
  }
  if (parseHost(host) === undefined) {
    return refuse(400, `Cannot accept :authority ${quote(host)}: it is not a name and a port`);
  }
  // RFC 9113 §8.3.1: a server treats a request as malformed whose Host differs from `:authority`.
  const hosts = headers.get("host") ?? [];
  if (hosts.some((other) => other.toLowerCase() !== host.toLowerCase())) {
    return refuse(400, `Cannot accept Host ${quote(hosts.join(", "))}: :authority is ${quote(host)}`);
  }
  if (headers.get(":path")?.length === 1 && target.startsWith("/") && isTarget(target)) return undefined;
  return refuse(400, `Cannot accept :path ${quote(target)}: it is not one path of visible ASCII`);
}

function findHandshakeFault(headers: HeaderIndex): Refusal | undefined {
  // RFC 8441 §5: "Implementations using this extended CONNECT to bootstrap WebSockets do not do the processing of the
  // Sec-WebSocket-Key and Sec-WebSocket-Accept header fields". HAProxy passes on the key of its HTTP/1.1 side.
  const version = headers.get("sec-websocket-version")?.join(", ") ?? "";
  if (version !== "13") {
    // Not 426: that must come with `Upgrade`, which HTTP/2 forbids.
    return refuse(400, `Cannot accept Sec-WebSocket-Version ${quote(version)}: only 13 is spoken`, [
      ["Sec-WebSocket-Version", "13"],
    ]);
  }
  return (headers.get("origin")?.length ?? 0) > 1
    ? refuse(403, "Cannot accept more than one Origin header")
    : undefined;
}

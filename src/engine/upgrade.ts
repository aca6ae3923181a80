import type { IncomingHttpHeaders } from "node:http";
import type { ExtendedConnectRequest, Header, Refusal } from "../protocol/index.ts";
import type { Caller } from "./caller.ts";

/** A handshake that keeps every rule of RFC 6455 §4.2.1, from an origin that is allowed: what is left is whether you want it. */
export interface UpgradeRequest {
  /** The path, without the query: `/rooms/42`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The value of `Host`. */
  readonly host: string;
  /** Only browsers send it. */
  readonly origin: string | undefined;
  /** The subprotocols the client offers, the one it likes best first. */
  readonly protocols: readonly string[];
  /** As `node:http` gives them: names in lower case. With HTTP/2 `host` is its `:authority`. */
  readonly headers: IncomingHttpHeaders;
  /** The IP address of the other end of the socket, which may be a proxy's. */
  readonly remoteAddress: string | undefined;
  /** Whether the socket itself is TLS. Behind a proxy that ends TLS it is not. */
  readonly isSecure: boolean;
}

/** Headers to answer with. A list of values becomes as many headers, which `Set-Cookie` needs. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[]>>;

/** Put the call through. Made by {@link accept}. */
export interface Accept<Data> {
  readonly type: "accept";
  readonly data: Data;
  readonly protocol: string | undefined;
  readonly headers: readonly Header[];
}

/** Do not. Made by {@link reject}. */
export type Reject = Refusal;

/** What {@link accept} can be given. */
export interface AcceptOptions<Data> {
  /** Becomes `socket.data`. */
  readonly data: Data;
  /** One of the subprotocols the client offered. Default: the first of the server's `protocols` that it did. */
  readonly protocol?: string;
  /** Further headers of the 101, or of the 200 of HTTP/2. */
  readonly headers?: ResponseHeaders;
}

/** Accepts a handshake whose connection carries no data. */
export function accept(): Accept<undefined>;
/** Accepts a handshake, and says what the connection's `data` is. */
export function accept<Data>(options: AcceptOptions<Data>): Accept<Data>;
export function accept<Data>(options?: AcceptOptions<Data>): Accept<Data | undefined> {
  return { type: "accept", data: options?.data, protocol: options?.protocol, headers: headerPairs(options?.headers) };
}

/**
 * Refuses a handshake with an HTTP response, after which the socket is destroyed. Browsers do not show it to the page: one that
 * needs to know accepts and closes with a code of its own.
 *
 * @param status - 300 to 599.
 * @param reason - the body, plain text for people. Default empty.
 */
export function reject(status: number, reason = "", headers: ResponseHeaders = {}): Reject {
  return { type: "refusal", status, reason, headers: headerPairs(headers) };
}

function headerPairs(headers: ResponseHeaders = {}): readonly Header[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : value.map((one) => [name, one] as const),
  );
}

/** What the `upgrade` handler gets to see. It keeps nothing of the request's machinery alive. */
export function describeUpgrade(handshake: ExtendedConnectRequest, caller: Caller): UpgradeRequest {
  const queryAt = handshake.target.indexOf("?");
  return {
    path: queryAt < 0 ? handshake.target : handshake.target.slice(0, queryAt),
    query: new URLSearchParams(queryAt < 0 ? "" : handshake.target.slice(queryAt)),
    host: handshake.host,
    origin: handshake.origin,
    protocols: handshake.protocols,
    headers: caller.headers,
    remoteAddress: caller.remoteAddress,
    isSecure: caller.isSecure,
  };
}

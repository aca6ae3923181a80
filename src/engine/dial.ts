import type { Socket } from "node:net";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import type { Address } from "./address.ts";
import { openSocket } from "./open-socket.ts";
import { openTunnel, type Proxy } from "./proxy-tunnel.ts";

/** How to get to a server. */
export interface Route {
  readonly address: Address;
  readonly tls: TlsOptions;
  readonly proxy: Proxy | undefined;
}

/**
 * Connects: by TCP, through a socket in the file system, or through a proxy's tunnel; with TLS where the address is secure.
 *
 * @throws {HandshakeError} if there is no connection in the end, or the `signal`'s reason; then no socket is left.
 */
export async function dial(route: Route, alpn: "http/1.1" | "h2", signal: AbortSignal): Promise<Socket> {
  const { address, proxy } = route;
  const { hostname, port, isSecure, socketPath } = address;
  // Half open on HTTP/1.1: when a server closes and ends at once, our close frame still has to go out. A session ends whole.
  const allowHalfOpen = alpn === "http/1.1";
  const tunnel = proxy && (await openTunnel(proxy, address, { allowHalfOpen, signal }));
  if (tunnel !== undefined && !isSecure) return tunnel;
  const direct = socketPath === undefined ? { host: hostname, port } : { path: socketPath };
  const to = tunnel === undefined ? direct : { socket: tunnel };
  const tls = isSecure ? withAlpn(route.tls, alpn) : undefined;
  return openSocket({ to, hostname, tls, allowHalfOpen }, signal);
}

function withAlpn(tls: TlsOptions, alpn: "http/1.1" | "h2"): TlsOptions {
  return alpn === "h2" ? { ...tls, ALPNProtocols: [alpn] } : { ALPNProtocols: [alpn], ...tls };
}

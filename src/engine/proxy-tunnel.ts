import type { Socket } from "node:net";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { HeadReader, headerPairs, parseStatusLine, writeProxyConnect } from "../protocol/index.ts";
import type { Address } from "./address.ts";
import { waitFor } from "./attempt.ts";
import { HandshakeError, type HandshakeErrorDetails } from "./errors.ts";
import { openSocket } from "./open-socket.ts";

/** An HTTP proxy that opens tunnels. */
export interface Proxy {
  /** Scheme, name and port: what may be said of it aloud. */
  readonly name: string;
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** The value of `Proxy-Authorization`. */
  readonly authorization: string | undefined;
  readonly tls: TlsOptions;
}

/**
 * Reads `http://user:password@host:port` or `https:` likewise.
 *
 * @throws {TypeError} for another URL.
 */
export function readProxy(text: string | URL, tls: TlsOptions = {}): Proxy {
  const url = new URL(text);
  const isSecure = url.protocol === "https:";
  if (!isSecure && url.protocol !== "http:") {
    throw new TypeError(`Cannot connect through ${url.protocol}//${url.host}: a proxy's scheme must be http or https`);
  }
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    name: url.origin,
    isSecure,
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || (isSecure ? 443 : 80)),
    authorization: user === ":" ? undefined : `Basic ${Buffer.from(user).toString("base64")}`,
    tls,
  };
}

/**
 * Opens a tunnel to `address` (RFC 9110 §9.3.6).
 *
 * @throws {HandshakeError} `ERR_PROXY`, naming the proxy, or the `signal`'s reason; then no socket is left.
 */
export async function openTunnel(
  proxy: Proxy,
  address: Address,
  { allowHalfOpen, signal }: { readonly allowHalfOpen: boolean; readonly signal: AbortSignal },
): Promise<Socket> {
  const socket = await reachProxy(proxy, { allowHalfOpen, signal });
  try {
    const answer = await askProxy(socket, { proxy, address, signal });
    if (answer.length > 0) socket.unshift(answer);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function reachProxy(
  proxy: Proxy,
  { allowHalfOpen, signal }: { readonly allowHalfOpen: boolean; readonly signal: AbortSignal },
): Promise<Socket> {
  const { name, isSecure, hostname, port } = proxy;
  const tls = isSecure ? { ALPNProtocols: ["http/1.1"], ...proxy.tls } : undefined;
  try {
    return await openSocket({ to: { host: hostname, port }, hostname, tls, allowHalfOpen }, signal);
  } catch (error) {
    if (!(error instanceof HandshakeError) || error.code !== "ERR_NETWORK") throw error;
    throw proxyError(name, `cannot be reached: ${error.message.replace(/^Cannot connect: /, "")}`, {
      cause: error.cause,
    });
  }
}

/** Asks for the tunnel. Returns what the proxy sent behind its answer. The socket is left paused. */
function askProxy(
  socket: Socket,
  { proxy, address, signal }: { readonly proxy: Proxy; readonly address: Address; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const authority = authorityOf(address);
  return waitFor<Uint8Array>(signal, (resolve, reject) => {
    const fail = (reason: string, details?: HandshakeErrorDetails): void =>
      reject(proxyError(proxy.name, reason, details));
    const reader = new HeadReader(parseStatusLine);
    const receive = (chunk: Buffer): void => {
      const answer = reader.receive(chunk);
      if (answer === undefined) return;
      if (answer.type === "fault") return fail(`gave no answer in HTTP: ${answer.reason}`);
      const { status, rawHeaders } = answer.head;
      if (status >= 200 && status < 300) return resolve(answer.rest);
      const headers = headerPairs(rawHeaders);
      fail(`answered ${status} to CONNECT ${authority}`, { status, headers, body: answer.rest.slice() });
    };
    const receiveEnd = (): void => fail("ended the connection before its answer was complete");
    const lose = (cause: Error): void => fail(`cannot be reached: ${cause.message}`, { cause });
    socket.on("data", receive).on("end", receiveEnd).on("error", lose);
    socket.write(writeProxyConnect({ authority, authorization: proxy.authorization }));
    return () => socket.pause().off("data", receive).off("end", receiveEnd).off("error", lose);
  });
}

/** RFC 9110 §9.3.6: "there is no default port; a client MUST send the port number even if the CONNECT request is based on a URI
 * reference that contains an authority component with an elided port". */
function authorityOf({ hostname, port }: Address): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

function proxyError(name: string, reason: string, details?: HandshakeErrorDetails): HandshakeError {
  return new HandshakeError("ERR_PROXY", `Cannot connect: proxy ${name} ${reason}`, details);
}

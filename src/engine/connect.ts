import type { ClientHttp2Session } from "node:http2";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { readAddress } from "./address.ts";
import { askOnHttp1 } from "./ask-http1.ts";
import { askOnHttp2 } from "./ask-http2.ts";
import { startAttempt } from "./attempt.ts";
import { cutSocket } from "./caller.ts";
import type { Codec } from "./codec.ts";
import { Compression, type CompressionOptions, type DeflateOffer } from "./compression.ts";
import { createCounters } from "./counters.ts";
import { HandshakeError } from "./errors.ts";
import type { HandshakeCall, Opened } from "./handshake-call.ts";
import type { SocketHandlers } from "./handlers.ts";
import { type LineLimits, readLimits, requireCount, requireLimit } from "./limits.ts";
import { Line } from "./line.ts";
import { readProxy } from "./proxy-tunnel.ts";
import { followRedirects } from "./redirects.ts";
import type { ClientSocket } from "./sockets.ts";
import { sharedTimerWheel, type TimerWheel } from "./timer-wheel.ts";

/** Handlers and options of a client's connection. */
export interface ConnectOptions extends SocketHandlers<ClientSocket>, Partial<LineLimits> {
  /** The subprotocols to offer, the best one first. Default none. */
  readonly protocols?: readonly string[];
  /** The value of `Origin`; default none, as a browser's pages alone need one. */
  readonly origin?: string;
  /** Further headers of the request, such as `Authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For `wss:`, as `node:tls` takes them: `ca`, `cert`, `key`, `servername`, `rejectUnauthorized`. */
  readonly tls?: TlsOptions;
  /**
   * Connects over HTTP/2 (RFC 8441): `true` on a session of the engine's, which all sockets to the same server with the same
   * `tls` and `proxy` share; or on a session of yours, to whatever server it leads. On `ws:` the server is taken to speak HTTP/2
   * (prior knowledge). Default false.
   */
  readonly http2?: boolean | ClientHttp2Session;
  /** The path of a Unix socket, or the name of a Windows pipe, to connect to instead of the URL's host and port. Default none. */
  readonly socketPath?: string;
  /**
   * The HTTP proxy to go through: `http://user:password@host:port`, or `https:` likewise. Each connection is a tunnel (CONNECT), so
   * the proxy sees of `wss:` nothing but host and port. No environment variable is read. Default none.
   */
  readonly proxy?: string | URL;
  /** For a proxy of `https:`, as `node:tls` takes them. */
  readonly proxyTls?: TlsOptions;
  /**
   * How many redirects to follow. To another server go none of `headers`, no user name and no certificate of `tls`; from `wss:` to
   * `ws:` goes nothing. Default 0.
   */
  readonly maxRedirects?: number;
  /** Offers to compress (permessage-deflate). Default: no offer. */
  readonly compression?: CompressionOptions;
  /** How long everything up to the 101 may take, proxy and redirects included, in milliseconds. Default 10 000. */
  readonly handshakeTimeoutMs?: number;
  /** Gives the attempt up when it is aborted. Has no effect on an open connection. */
  readonly signal?: AbortSignal;
  /**
   * Whether plain TCP is read into a shared buffer and written without the stream of `node:net`, where this Node has the parts for
   * that: faster, and the same to see but for `bytesWritten` of the socket. They are no documented ones. Default true.
   */
  readonly directIo?: boolean;
  /** Whose deadlines these are. Default: one wheel for the process. */
  readonly timers?: TimerWheel;
}

/**
 * Opens a connection to a WebSocket server.
 *
 * The `open` handler is called before the promise resolves, every other one after.
 *
 * @param url - `ws:` or `wss:` (`http:` and `https:` are taken for these), without a fragment or a user name; or
 * `ws+unix:/path/of/socket:/path`.
 * @throws {TypeError} for another URL, or a proxy's that is not `http:` or `https:`.
 * @throws {RangeError} for a limit that is not a positive integer or `Infinity`, or `maxRedirects` that is negative or no integer.
 * @throws {ProtocolError} for a header or subprotocol that may not be sent.
 * @throws {HandshakeError} if there is no connection in the end.
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<ClientSocket> {
  return connectLine(url, options);
}

/** As {@link connect}, for the engine's own use. */
export async function connectLine(url: string | URL, options: ConnectOptions): Promise<Line<undefined>> {
  const limits = readLimits(options);
  const { compression } = options;
  const deflate = compression && new Compression("client", compression).offer();
  const call = readCall(url, options, deflate?.header);
  const opened = await open(call, options);
  const { socket, agreement, rest } = opened;
  const line = new Line<undefined>({
    role: "client",
    socket,
    handlers: options,
    limits,
    isDirect: options.directIo ?? true,
    timers: call.timers,
    protocol: agreement.protocol,
    extensions: extensionsOf(opened),
    codec: deflate && agree(deflate, opened),
    data: undefined,
    id: 0,
    counters: createCounters(),
    onClosed: doNothing,
  });
  line.open(new Uint8Array());
  // The caller's code after `await connect()` runs first: its handlers may use what it sets up there.
  setImmediate(() => line.read(rest));
  return line;
}

function extensionsOf({ headers }: Opened): string {
  const values = headers.filter(([name]) => name.toLowerCase() === "sec-websocket-extensions");
  return values.map(([, value]) => value).join(", ");
}

function readCall(url: string | URL, options: ConnectOptions, extensions: string | undefined): HandshakeCall {
  const {
    protocols = [],
    origin,
    headers = {},
    tls = {},
    http2 = false,
    socketPath,
    timers = sharedTimerWheel(),
  } = options;
  const address = readAddress(url, socketPath);
  const proxy = options.proxy === undefined ? undefined : readProxy(options.proxy, options.proxyTls);
  if (proxy !== undefined && address.socketPath !== undefined) {
    throw new TypeError(`Cannot connect to ${address.socketPath} through a proxy: it is a socket of this machine`);
  }
  return { address, tls, proxy, protocols, extensions, origin, headers: Object.entries(headers), http2, timers };
}

async function open(call: HandshakeCall, options: ConnectOptions): Promise<Opened> {
  const maxRedirects = requireCount("maxRedirects", options.maxRedirects ?? 0);
  const attempt = startAttempt({
    timers: call.timers,
    timeoutMs: requireLimit("handshakeTimeoutMs", options.handshakeTimeoutMs ?? 10_000),
    signal: options.signal,
  });
  try {
    return await followRedirects(call, maxRedirects, (next) =>
      next.http2 === false ? askOnHttp1(next, attempt.signal) : askOnHttp2(next, attempt.signal),
    );
  } finally {
    attempt.end();
  }
}

/** What the connection compresses with, if the server answered our offer. */
function agree(deflate: DeflateOffer, { socket, agreement, status, headers }: Opened): Codec | undefined {
  const [extension] = agreement.extensions; // there is one at most: one was offered
  if (extension === undefined) return undefined;
  const reading = deflate.read(extension);
  if (reading.type === "agreed") return deflate.createCodec(reading.parameters);
  cutSocket(socket);
  throw new HandshakeError("ERR_RESPONSE", `Cannot connect: ${reading.reason}`, { status, headers });
}

function doNothing(): void {}

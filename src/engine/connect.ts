import { randomBytes } from "node:crypto";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions as TlsOptions } from "node:tls";
import { type AcceptedResponse, type RefusedResponse, ResponseReader, writeRequest } from "../protocol/index.ts";
import { createCounters } from "./counters.ts";
import type { Codec } from "./codec.ts";
import { Compression, type CompressionOptions, type DeflateOffer } from "./compression.ts";
import { HandshakeError, type HandshakeErrorCode, type HandshakeErrorDetails } from "./errors.ts";
import type { SocketHandlers } from "./handlers.ts";
import { type LineLimits, readLimits, requireLimit } from "./limits.ts";
import { Line } from "./line.ts";
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
  /** Offers to compress (permessage-deflate). Default: no offer. */
  readonly compression?: CompressionOptions;
  /** How long everything up to the 101 may take, in milliseconds. Default 10 000. */
  readonly handshakeTimeoutMs?: number;
  /** Gives the attempt up when it is aborted. Has no effect on an open connection. */
  readonly signal?: AbortSignal;
  /** Whose deadlines these are. Default: one wheel for the process. */
  readonly timers?: TimerWheel;
}

/**
 * Opens a connection to a WebSocket server.
 *
 * The `open` handler is called before the promise resolves, every other one after. Follows no redirects.
 *
 * @param url - `ws:` or `wss:` (`http:` and `https:` are taken for these), without a fragment or a user name.
 * @throws {TypeError} for another URL.
 * @throws {RangeError} for a limit that is not a positive integer or `Infinity`.
 * @throws {ProtocolError} for a header or subprotocol that may not be sent.
 * @throws {HandshakeError} if there is no connection in the end.
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<ClientSocket> {
  return (await connectLine(url, options)).line;
}

/** A connection, and what the standard's class tells of its handshake. */
export interface ConnectedLine {
  readonly line: Line<undefined>;
  /** What the server answered in `Sec-WebSocket-Extensions`. */
  readonly extensions: string;
}

/** As {@link connect}, for the engine's own use. */
export async function connectLine(url: string | URL, options: ConnectOptions): Promise<ConnectedLine> {
  const address = readUrl(url);
  const limits = readLimits(options);
  const timeoutMs = requireLimit("handshakeTimeoutMs", options.handshakeTimeoutMs ?? 10_000);
  const { protocols = [], origin, timers = sharedTimerWheel(), signal } = options;
  const deflate = options.compression && new Compression("client", options.compression).offer();
  const extensions = deflate?.header;
  const key = randomBytes(16).toString("base64");
  const { host, target, isSecure } = address;
  const request = writeRequest({
    host,
    target,
    key,
    protocols,
    extensions,
    origin,
    headers: Object.entries(options.headers ?? {}),
  });
  const reader = new ResponseReader({ key, protocols, extensions });
  const socket = openSocket(address, options.tls ?? {});
  const answer = await shakeHands({ socket, isSecure, request, reader, timers, timeoutMs, signal });
  const { protocol, rest } = answer;
  const line = new Line<undefined>({
    role: "client",
    socket,
    handlers: options,
    limits,
    timers,
    protocol,
    codec: deflate && agree(deflate, answer, socket),
    data: undefined,
    id: 0,
    counting: createCounters(),
    onClosed: doNothing,
  });
  line.open(new Uint8Array());
  // The caller's code after `await connect()` runs first: its handlers may use what it sets up there.
  setImmediate(() => line.read(rest));
  return { line, extensions: extensionsOf(answer) };
}

function extensionsOf({ headers }: AcceptedResponse): string {
  const values = headers.filter(([name]) => name.toLowerCase() === "sec-websocket-extensions");
  return values.map(([, value]) => value).join(", ");
}

/** What the connection compresses with, if the server answered our offer. */
function agree(deflate: DeflateOffer, { extensions, headers }: AcceptedResponse, socket: Socket): Codec | undefined {
  const [extension] = extensions; // there is one at most: one was offered
  if (extension === undefined) return undefined;
  const reading = deflate.read(extension);
  if (reading.type === "agreed") return deflate.createCodec(reading.parameters);
  socket.destroy();
  throw new HandshakeError("ERR_RESPONSE", `Cannot connect: ${reading.reason}`, { status: 101, headers });
}

interface Address {
  readonly hostname: string;
  readonly port: number;
  readonly host: string;
  readonly target: string;
  readonly isSecure: boolean;
}

function readUrl(text: string | URL): Address {
  const url = new URL(text);
  if (!["ws:", "wss:", "http:", "https:"].includes(url.protocol)) {
    throw new TypeError(`Cannot connect to ${url.href}: the scheme must be ws or wss`);
  }
  if (url.hash !== "") throw new TypeError(`Cannot connect to ${url.href}: a fragment is not allowed`);
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(`Cannot connect to ${url.host}: a user name in the URL is not allowed`);
  }
  const isSecure = url.protocol === "wss:" || url.protocol === "https:";
  return {
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || (isSecure ? 443 : 80)),
    host: url.host,
    target: url.pathname + url.search,
    isSecure,
  };
}

function openSocket({ hostname, port, isSecure }: Address, tls: TlsOptions): Socket {
  // Half open: when a server closes and ends at once, our close frame still has to go out.
  const target = { host: hostname, port, allowHalfOpen: true };
  const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
  const socket = isSecure
    ? connectTls({ ALPNProtocols: ["http/1.1"], ...servername, ...tls, ...target })
    : connectTcp(target);
  socket.on("error", doNothing); // told by whoever listens besides; without any it would end the process
  return socket.setNoDelay(true);
}

interface Attempt {
  readonly socket: Socket;
  readonly isSecure: boolean;
  readonly request: Uint8Array;
  readonly reader: ResponseReader;
  readonly timers: TimerWheel;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Sends the request and waits for the 101. The socket is left paused, with nobody listening but for errors. */
function shakeHands(attempt: Attempt): Promise<AcceptedResponse> {
  const { socket, reader, timers, timeoutMs, signal } = attempt;
  return new Promise((resolve, reject) => {
    const deadline = timers.schedule(timeoutMs, () => fail("ERR_TIMEOUT", `no answer within ${timeoutMs} ms`));
    const receive = (chunk: Buffer): void => conclude(reader.receive(chunk));
    const receiveEnd = (): void => conclude(reader.receiveEnd());
    const lose = (cause: Error): void => fail("ERR_NETWORK", cause.message, { cause });
    const abort = (): void => fail("ERR_ABORTED", "the attempt was aborted", { cause: signal?.reason });
    function stop(): void {
      timers.cancel(deadline);
      signal?.removeEventListener("abort", abort);
      socket.off("data", receive).off("end", receiveEnd).off("error", lose);
    }
    function fail(code: HandshakeErrorCode, reason: string, details?: HandshakeErrorDetails): void {
      stop();
      socket.destroy();
      reject(new HandshakeError(code, `Cannot connect: ${reason}`, details));
    }
    function conclude(answer: AcceptedResponse | RefusedResponse | undefined): void {
      if (answer === undefined) return;
      // A status of 0 or 101 is the server's fault, any other its decision.
      if (answer.type === "refused") {
        return fail(
          answer.status === 0 || answer.status === 101 ? "ERR_RESPONSE" : "ERR_REFUSED",
          answer.reason,
          answer,
        );
      }
      stop();
      socket.pause();
      resolve(answer);
    }
    socket.on("data", receive).on("end", receiveEnd).on("error", lose);
    socket.once(attempt.isSecure ? "secureConnect" : "connect", () => socket.write(attempt.request));
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
  });
}

function doNothing(): void {}

import type { IncomingMessage } from "node:http";
import { once } from "node:events";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  Connection,
  type ExtendedConnectRequest,
  type PreparedMessage,
  prepareMessage,
  type Refusal,
  selectProtocol,
} from "../protocol/index.ts";
import { type AnyHttpServer, attachTo } from "./attachments.ts";
import { type Caller, cutSocket, isStream, streamCaller, upgradeCaller } from "./caller.ts";
import { type AgreedDeflate, Compression, compressionOf, type CompressionOptions } from "./compression.ts";
import { type Counting, createCounters, type ServerCounters } from "./counters.ts";
import { tellHandshake } from "./diagnostics.ts";
import { reportError, type SocketHandlers } from "./handlers.ts";
import { type LineLimits, readLimits, requireLimit } from "./limits.ts";
import { Line } from "./line.ts";
import {
  createHandshakeServer,
  type HandshakeServer,
  type ListenAddress,
  type ListenOptions,
  startListening,
} from "./listener.ts";
import { isAllowedOrigin, type OriginPolicy } from "./origin-policy.ts";
import { PendingUpgrade } from "./pending-upgrade.ts";
import { createRefusal, refuse } from "./refuse.ts";
import type { ServerSocket } from "./sockets.ts";
import { sharedTimerWheel, type TimerWheel } from "./timer-wheel.ts";
import { Topics } from "./topics.ts";
import { accept, type Accept, describeUpgrade, type Reject, type UpgradeRequest } from "./upgrade.ts";

/** Handlers and options of a server. The defaults are safe ones; every limit is finite. */
export interface ServerOptions<Data = undefined> extends SocketHandlers<ServerSocket<Data>>, Partial<LineLimits> {
  /**
   * Decides about a handshake that is otherwise in order: return {@link accept} or {@link reject}, or a promise of one. Default:
   * accept. One that throws or rejects is answered with 500 and reported to `error`.
   */
  upgrade?(request: UpgradeRequest): Accept<Data> | Reject | Promise<Accept<Data> | Reject>;
  /** The path to answer, without a query: `/ws`. Default: all. */
  readonly path?: string;
  /** The subprotocols this server speaks, the best one first. Default none. */
  readonly protocols?: readonly string[];
  /** Which pages may connect. Default `"same"`. */
  readonly origins?: OriginPolicy;
  /** How long a handshake may take, in milliseconds, an asynchronous `upgrade` included (503 then). Default 10 000. */
  readonly handshakeTimeoutMs?: number;
  /** Compresses with the clients that offer it (permessage-deflate). Default: with none. */
  readonly compression?: CompressionOptions;
  /** More connections than this, handshakes included, are refused with 503. Default 20 000. */
  readonly maxConnections?: number;
  /** The most topics one socket may be subscribed to; `subscribe` returns false above. Default 256. */
  readonly maxTopicsPerSocket?: number;
  /**
   * Whether plain TCP is read into a shared buffer and written without the stream of `node:net`, where this Node has the parts for
   * that: faster, and the same to see but for `bytesWritten` of the socket. They are no documented ones. Default true.
   */
  readonly directIo?: boolean;
  /** Whose deadlines these are. Default: one wheel for the process. */
  readonly timers?: TimerWheel;
}

/** How to close a server. */
export interface CloseServerOptions {
  /** What every connection is closed with. Default 1001. */
  readonly code?: number;
  /** At most 123 bytes of UTF-8. Default empty. */
  readonly reason?: string;
  /** How long to wait for the peers to close too, in milliseconds; then they are cut. Default 5 000. */
  readonly graceMs?: number;
}

/** How to publish. */
export interface PublishOptions<Data = undefined> {
  /** The one who is not told, though it may be subscribed: usually the sender. Default nobody. */
  readonly except?: ServerSocket<Data> | undefined;
}

/** A WebSocket server. Made by {@link createWebSocketServer}. */
export interface WebSocketServer<Data = undefined> {
  /** All connections that are not closed. */
  readonly sockets: ReadonlySet<ServerSocket<Data>>;
  /** What it has done so far: a copy, made when asked for. */
  readonly counters: ServerCounters;
  /** Listens on a port of its own; whatever is not a handshake gets 426 there. Rejects with Node's error, such as `EADDRINUSE`. */
  listen(options: ListenOptions): Promise<ListenAddress>;
  /**
   * Answers the handshakes of an HTTP server. A path that is not ours is left to the other `upgrade` listeners; where there are
   * none, it gets 404. `path` overrides the server's own. A server of `node:http2` is told to take WebSockets over HTTP/2 (RFC
   * 8441): attach before it listens.
   */
  attach(server: AnyHttpServer, options?: { readonly path?: string }): void;
  /** Answers one handshake, as `node:http`'s `upgrade` event gives it. Looks at no path. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Answers one handshake of HTTP/2 (RFC 8441), as the `stream` event of `node:http2` gives it. Looks at no path. */
  handleStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
  /**
   * Sends one message to every socket that is subscribed to `topic`. It is framed once, whatever their number; those who read
   * too slowly are subject to the same limits as with {@link ServerSocket.send}.
   *
   * @returns how many sockets it was sent to.
   * @throws {ProtocolError} `ERR_PAYLOAD_TYPE` if `data` cannot be sent; not if nobody listens, as it is not looked at then.
   */
  publish(topic: string, data: string | Uint8Array | PreparedMessage, options?: PublishOptions<Data>): number;
  /**
   * Takes no more handshakes (503), sends every connection a close frame, waits for theirs, and resolves when all are gone.
   *
   * @throws {ProtocolError} `ERR_CLOSE_CODE` or `ERR_CLOSE_REASON`; then nothing is closed.
   */
  close(options?: CloseServerOptions): Promise<void>;
}

/**
 * Makes a WebSocket server. It does nothing until {@link WebSocketServer.listen} or {@link WebSocketServer.attach}.
 *
 * @throws {RangeError} for a limit that is not a positive integer or `Infinity`.
 *
 * @example
 * ```ts
 * const server = createWebSocketServer({
 *   upgrade: (request) => accept({ data: { name: request.query.get("name") ?? "guest" } }),
 *   message(socket, data) {
 *     socket.send(`${socket.data.name}: ${data}`);
 *   },
 * });
 * const { url } = await server.listen({ port: 0 });
 * ```
 */
export function createWebSocketServer<Data>(
  options: ServerOptions<Data> & Pick<Required<ServerOptions<Data>>, "upgrade">,
): WebSocketServer<Data>;
/** Makes a WebSocket server whose sockets carry no data of the user's. */
export function createWebSocketServer(options?: ServerOptions): WebSocketServer;
export function createWebSocketServer<Data>(options: ServerOptions<Data> = {}): WebSocketServer<Data> {
  return new LineServer(options);
}

type Answer<Data> = Accept<Data> | Reject;

/** A handshake that is in order, and where it came from. */
interface Call {
  readonly handshake: ExtendedConnectRequest;
  readonly caller: Caller;
}

const closingRefusal = createRefusal(503, "The server is closing", [["Retry-After", "5"]]);

class LineServer<Data> implements WebSocketServer<Data> {
  readonly #options: ServerOptions<Data>;
  readonly #limits: LineLimits;
  readonly #timers: TimerWheel;
  readonly #handshakeTimeoutMs: number;
  readonly #maxConnections: number;
  readonly #counting: Counting = createCounters();
  readonly #topics: Topics<Line<Data>>;
  readonly #compression: Compression | undefined;
  readonly #lines = new Set<Line<Data>>();
  readonly #pending = new Set<PendingUpgrade<Answer<Data>>>();
  /** Sockets that were refused and are not closed yet. */
  readonly #refused = new Set<Duplex>();
  readonly #detachers: (() => void)[] = [];
  readonly #listeners: HandshakeServer[] = [];
  readonly #whenEmpty: (() => void)[] = [];
  readonly #onClosed = (line: Line<Data>): void => {
    this.#counting.closed++;
    this.#lines.delete(line);
    this.#tellIfEmpty();
  };
  #lastId = 0;
  #isClosing = false;

  constructor(options: ServerOptions<Data>) {
    this.#options = options;
    this.#limits = readLimits(options);
    this.#timers = options.timers ?? sharedTimerWheel();
    this.#handshakeTimeoutMs = requireLimit("handshakeTimeoutMs", options.handshakeTimeoutMs ?? 10_000);
    this.#maxConnections = requireLimit("maxConnections", options.maxConnections ?? 20_000);
    this.#topics = new Topics(requireLimit("maxTopicsPerSocket", options.maxTopicsPerSocket ?? 256));
    const compression = compressionOf(options);
    this.#compression = compression && new Compression("server", compression);
  }

  get sockets(): ReadonlySet<ServerSocket<Data>> {
    return this.#lines;
  }

  get counters(): ServerCounters {
    return { ...this.#counting };
  }

  publish(topic: string, data: string | Uint8Array | PreparedMessage, options: PublishOptions<Data> = {}): number {
    const members = this.#topics.membersOf(topic);
    if (members.size === 0) return 0;
    const message = typeof data === "string" || data instanceof Uint8Array ? prepareMessage(data) : data;
    let count = 0;
    for (const line of members) {
      if (line === options.except || line.state !== "open") continue;
      line.send(message);
      count++;
    }
    return count;
  }

  async listen(options: ListenOptions): Promise<ListenAddress> {
    const server = createHandshakeServer({ handshakeTimeoutMs: this.#handshakeTimeoutMs, tls: options.tls });
    const address = await startListening(server, { ...options, path: this.#options.path });
    this.#listeners.push(server);
    this.attach(server);
    return address;
  }

  attach(server: AnyHttpServer, options: { readonly path?: string } = {}): void {
    const detach = attachTo(server, {
      path: options.path ?? this.#options.path,
      handle: (caller) => this.#receive(caller),
      handleForeign: (caller) => this.#refuse(caller, createRefusal(404, "Nothing is here")),
    });
    this.#detachers.push(detach);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#receive(upgradeCaller(request, socket, head));
  }

  handleStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    this.#receive(streamCaller(stream, headers));
  }

  async close(options: CloseServerOptions = {}): Promise<void> {
    const { code = 1001, reason = "", graceMs = 5_000 } = options;
    new Connection({ role: "server" }).sendClose(code, reason); // throws what every connection would throw
    this.#isClosing = true;
    for (const detach of this.#detachers.splice(0)) detach();
    const closed = this.#listeners.splice(0).map(closeListener);
    for (const pending of this.#pending) pending.answer(closingRefusal);
    for (const line of this.#lines) line.close(code, reason);
    const cutting = this.#timers.schedule(graceMs, () => this.#cutAll());
    await this.#empty();
    this.#timers.cancel(cutting);
    await Promise.all(closed);
  }

  #receive(caller: Caller): void {
    caller.socket.on("error", ignoreError);
    const handshake = this.#judge(caller);
    if (handshake.type === "refusal") return this.#refuse(caller, handshake);
    const call: Call = { handshake, caller };
    const answer = this.#decide(describeUpgrade(handshake, caller));
    if (answer instanceof Promise) this.#await(answer, call);
    else this.#answer(answer, call);
  }

  /** What can be known without the application. */
  #judge(caller: Caller): ExtendedConnectRequest | Refusal {
    if (this.#isClosing) return closingRefusal;
    const handshake = caller.readHandshake();
    if (handshake.type === "refusal") return handshake;
    const { origin = "", host } = handshake;
    if (!isAllowedOrigin(this.#options.origins ?? "same", { ...handshake, isSecure: caller.isSecure })) {
      return createRefusal(403, `Cannot accept a connection from ${origin} to ${host}`);
    }
    if (this.#lines.size + this.#pending.size < this.#maxConnections) return handshake;
    return createRefusal(503, "Too many connections", [["Retry-After", "5"]]);
  }

  #decide(request: UpgradeRequest): Answer<Data> | Promise<Answer<Data>> {
    if (this.#options.upgrade === undefined) return accept() as Accept<Data>; // without it Data is undefined: see the overloads
    try {
      return this.#options.upgrade(request);
    } catch (error) {
      return this.#fail(error);
    }
  }

  #await(answer: Promise<Answer<Data>>, call: Call): void {
    const pending = new PendingUpgrade<Answer<Data>>({
      socket: call.caller.socket,
      timers: this.#timers,
      timeoutMs: this.#handshakeTimeoutMs,
      lateAnswer: createRefusal(503, "The decision took too long"),
      onSettled: (settled) => this.#pending.delete(settled),
      onAnswer: (given) => this.#answer(given, call),
    });
    this.#pending.add(pending);
    answer.then(
      (given) => pending.answer(given),
      (error: unknown) => pending.answer(this.#fail(error)),
    );
  }

  #answer(answer: Answer<Data>, call: Call): void {
    const { socket, head } = call.caller;
    if (socket.destroyed) return;
    const greeting = this.#greet(answer, call);
    if (greeting.type === "refusal") return this.#refuse(call.caller, greeting);
    this.#counting.accepted++;
    tellHandshake({ remoteAddress: call.caller.remoteAddress, status: isStream(socket) ? 200 : 101, reason: "" });
    if (socket instanceof Socket) socket.setTimeout(0).setNoDelay(true);
    const line = new Line<Data>({
      role: "server",
      socket,
      handlers: this.#options,
      limits: this.#limits,
      isDirect: this.#options.directIo ?? true,
      timers: this.#timers,
      protocol: greeting.protocol,
      codec: greeting.deflate?.createCodec(),
      data: greeting.data,
      id: ++this.#lastId,
      counting: this.#counting,
      topics: this.#topics,
      onClosed: this.#onClosed,
    });
    this.#lines.add(line);
    socket.off("error", ignoreError);
    line.open(greeting.bytes);
    line.read(head);
  }

  #greet(answer: Answer<Data>, { handshake, caller }: Call): Greeting<Data> | Refusal {
    try {
      if (answer.type === "refusal") return answer;
      // Whatever else an untyped program returns: when in doubt, nobody is let in.
      if (answer.type !== "accept") {
        throw new TypeError("Cannot answer a handshake: upgrade must return accept() or reject()");
      }
      const { data, headers, protocol = selectProtocol(handshake.protocols, this.#options.protocols ?? []) } = answer;
      const deflate = this.#compression?.answer(handshake.extensions);
      const bytes = caller.accept({ protocol, headers, extensions: deflate?.header });
      return { type: "greeting", bytes, protocol: protocol ?? "", deflate, data };
    } catch (error) {
      return this.#fail(error); // a header or a subprotocol that may not be sent, or no answer at all
    }
  }

  #refuse(caller: Caller, refusal: Refusal): void {
    const { remoteAddress, socket } = caller;
    socket.on("error", ignoreError);
    const linger = { timers: this.#timers, lingerMs: this.#limits.closeTimeoutMs };
    try {
      refuse(caller, refusal, linger);
      tellHandshake({ remoteAddress, status: refusal.status, reason: refusal.reason });
    } catch (error) {
      const failure = this.#fail(error);
      refuse(caller, failure, linger);
      tellHandshake({ remoteAddress, status: failure.status, reason: failure.reason });
    }
    this.#counting.refused++;
    this.#refused.add(socket);
    socket.once("close", () => {
      this.#refused.delete(socket);
      this.#tellIfEmpty();
    });
  }

  #fail(error: unknown): Reject {
    reportError(this.#options, error);
    return createRefusal(500, "Internal error");
  }

  #cutAll(): void {
    for (const line of this.#lines) line.terminate();
    for (const socket of this.#refused) cutSocket(socket);
  }

  #empty(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
      this.#tellIfEmpty();
    });
  }

  #tellIfEmpty(): void {
    if (this.#lines.size + this.#refused.size > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

interface Greeting<Data> {
  readonly type: "greeting";
  readonly bytes: Uint8Array;
  readonly protocol: string;
  /** Where compression was negotiated. */
  readonly deflate: AgreedDeflate | undefined;
  readonly data: Data;
}

/** A peer may leave during its handshake: `close` follows. */
function ignoreError(): void {}

async function closeListener(server: HandshakeServer): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections(); // those that have not begun a handshake; the others are no connections to it any more
  await closed;
}

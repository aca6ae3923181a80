import type { IncomingMessage } from "node:http";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import type { AnyHttpServer } from "./attachments.ts";
import type { CompressionOptions } from "./compression.ts";
import type { ServerCounters } from "./counters.ts";
import type { SocketHandlers } from "./handlers.ts";
import type { LineLimits } from "./limits.ts";
import type { ListenAddress, ListenOptions } from "./listener.ts";
import type { OriginPolicy } from "./origin-policy.ts";
import type { MessageData } from "./queue-message.ts";
import type { ServerSocket } from "./sockets.ts";
import type { TimerWheel } from "./timer-wheel.ts";
import type { Accept, Reject, UpgradeRequest } from "./upgrade.ts";

/** Handlers and options of a server. The defaults are safe ones; every limit is finite. */
export interface ServerOptions<Data = undefined> extends SocketHandlers<ServerSocket<Data>>, Partial<LineLimits> {
  /**
   * Decides about a handshake that is otherwise in order: return `accept()` or `reject()`, or a promise of one. Default:
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

/** A WebSocket server. Made by `createWebSocketServer()`. */
export interface WebSocketServer<Data = undefined> {
  /** All connections that are not closed. */
  readonly sockets: ReadonlySet<ServerSocket<Data>>;
  /** What it has done so far: a copy, made when asked for. */
  readonly counters: ServerCounters;
  /** Listens on a port of its own; whatever is not a handshake gets 426 there. Rejects with Node's error, such as `EADDRINUSE`, and once it is closed. */
  listen(options: ListenOptions): Promise<ListenAddress>;
  /**
   * Answers the handshakes of an HTTP server. A path that is not ours is left to the other `upgrade` listeners; where there are
   * none, it gets 404. `path` overrides the server's own. A server of `node:http2` is told to take WebSockets over HTTP/2 (RFC
   * 8441): attach before it listens.
   *
   * @throws {Error} once it is closed.
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
  publish(topic: string, data: MessageData, options?: PublishOptions<Data>): number;
  /**
   * Takes no more handshakes (503), sends every connection a close frame, waits for theirs, and resolves when all are gone. A `listen()` that
   * is under way is waited for and undone. For good: it does not listen again.
   *
   * @throws {ProtocolError} `ERR_CLOSE_CODE` or `ERR_CLOSE_REASON`; then nothing is closed.
   */
  close(options?: CloseServerOptions): Promise<void>;
}

import type { MessageBytes, PreparedMessage, SendOptions } from "../protocol/index.ts";
import type { SocketCounters } from "./counters.ts";
import type { MessageSource, SendStreamOptions } from "./stream-sender.ts";

/** Both sides' view of one connection. */
export interface EngineSocket {
  /** The subprotocol both sides agreed on; empty when none. */
  readonly protocol: string;
  /** The extensions both sides agreed on, as the server's `Sec-WebSocket-Extensions` names them (RFC 6455 §9.1); empty when none. */
  readonly extensions: string;
  /** The IP address of the other end of the socket, which may be a proxy's; undefined on a socket that has none. */
  readonly remoteAddress: string | undefined;
  /** `open`: both may send. `closing`: a close frame was sent or received, or the connection failed. `closed`: nothing is left. */
  readonly state: "open" | "closing" | "closed";
  /** Bytes that were sent but are not in the operating system's hands yet, headers included. */
  readonly bufferedBytes: number;
  /**
   * How long the peer took to answer the last ping of the heartbeat, in milliseconds. Undefined until it has answered one: pings are
   * sent after `pingAfterMs` of silence only, so a busy connection may never know.
   */
  readonly roundTripMs: number | undefined;
  /** What went over it so far. It counts on: take a copy to keep. */
  readonly counters: SocketCounters;
  /**
   * Sends one message: a string as text, a `Uint8Array` as binary, what a `messageBytes` handler was given as it came. Does not copy large
   * arrays: leave the bytes unchanged.
   *
   * All that is sent in one turn of the event loop leaves in one write.
   *
   * @param options.compress - where compression was negotiated: `true` also below its threshold, `false` not at all. Default: from the
   * threshold on.
   * @returns false if more than `highWaterBytes` are queued: wait for `drain`. Also false, with nothing sent, if the connection
   * is not open any more: `close` was called or will be.
   * @throws {ProtocolError} `ERR_PAYLOAD_TYPE` for anything else, a `DataView` or `Float32Array` too.
   */
  send(data: string | Uint8Array | MessageBytes, options?: SendOptions): boolean;
  /**
   * Sends one message in pieces (RFC 6455 §5.4), as its source gives them: of any length, and never held. It asks the source for more when
   * the peer has taken what is under way. Pings and pongs go in between; what is sent meanwhile, and further streams, at most 64, wait in
   * order behind it, and count in `bufferedBytes`. Compressed where `compress` says so.
   *
   * If the source fails, the connection is closed with 1011: the receiver must not take the beginning for the whole. `close()` does
   * not wait for a stream: await it first.
   *
   * @param pieces - strings or `Uint8Array`s: an array, a generator, a `ReadableStream`, a Node stream. It is told when nobody reads on.
   * @returns when the last piece is queued.
   * @throws {StreamError} `ERR_CLOSED` if the connection is not open, or not until the end; `ERR_QUEUE_FULL`.
   * @throws what the source throws, and a `TypeError` for a piece that cannot be sent in such a message: then too it is closed with 1011.
   */
  sendStream(pieces: MessageSource, options?: SendStreamOptions): Promise<void>;
  /**
   * Sends a ping; its answer comes to the `pong` handler. Does nothing if the connection is not open.
   *
   * @param data - at most 125 bytes (RFC 6455 §5.5). Default empty.
   * @throws {ProtocolError} `ERR_CONTROL_TOO_BIG` or `ERR_PAYLOAD_TYPE`.
   */
  ping(data?: Uint8Array): void;
  /**
   * Sends a close frame and waits `closeTimeoutMs` for the peer's; then the connection is destroyed. What was sent before still
   * arrives, and what the peer sends until then is still delivered. Does nothing if the connection is not open.
   *
   * @param code - 1000-1003, 1007-1014 or 3000-4999 (RFC 6455 §7.4). Default 1000.
   * @param reason - at most 123 bytes of UTF-8. Default empty.
   * @throws {ProtocolError} `ERR_CLOSE_CODE` or `ERR_CLOSE_REASON`.
   */
  close(code?: number, reason?: string): void;
  /** Cuts the connection at once, without a close frame; what is queued is lost. */
  terminate(): void;
  /** Stops reading: the peer is slowed down by TCP. No message is delivered until {@link resume}. Closing reads on. */
  pause(): void;
  /** Reads on. */
  resume(): void;
}

/** A client's connection, as `connect()` gives it. */
export interface ClientSocket extends EngineSocket {}

/** A server's connection to one client. */
export interface ServerSocket<Data = undefined> extends EngineSocket {
  /** What the `upgrade` handler accepted the connection with. */
  readonly data: Data;
  /** Different for every connection of this server; counts up from 1. */
  readonly id: number;
  /** As in {@link EngineSocket.send}; a prepared message is framed once, and compressed
   * once for each kind of receiver, whatever their number. */
  send(data: string | Uint8Array | MessageBytes | PreparedMessage, options?: SendOptions): boolean;
  /**
   * From now on the socket gets what is published to `topic`, until it unsubscribes or is closed. Once more does nothing.
   *
   * @param topic - any string; it is kept, so limit its length if a peer may choose it.
   * @returns false, with nothing done, if it would be more than `maxTopicsPerSocket`, or if the connection is not open any more.
   */
  subscribe(topic: string): boolean;
  /** Takes {@link subscribe} back. @returns false if the socket was not subscribed to `topic`. */
  unsubscribe(topic: string): boolean;
}

import type { Duplex } from "node:stream";
import type { Connection, Refusal, Role } from "../protocol/index.ts";
import { refuseOnHttp1 } from "./caller.ts";
import type { PeerClose } from "./close-info.ts";
import type { Codec } from "./codec.ts";
import { createCounters } from "./counters.ts";
import type { SocketHandlers } from "./handlers.ts";
import { type LineLimits, readLimits } from "./limits.ts";
import { Line } from "./line.ts";
import type { LineHooks } from "./line-options.ts";
import { lingerBehind } from "./refuse.ts";
import type { EngineSocket } from "./sockets.ts";
import { sharedTimerWheel } from "./timer-wheel.ts";

/** A connection whose handshake was somebody else's work. Made by {@link adoptSocket}. */
export interface AdoptedSocket extends EngineSocket {
  /**
   * Sends a frame there is no other method for: `sendFragment` or `sendPong` of `connection`. While a message has fragments to come,
   * `send` must not be called. Does nothing if the connection is not open.
   *
   * @throws {ProtocolError} what `make` throws.
   */
  sendFrame(make: (connection: Connection) => Uint8Array): void;
  /** As `close()`, with a close frame that has no code: the peer sees 1005. */
  closeWithoutCode(): void;
  /** What the peer's close frame said, whoever began; undefined while none came. */
  readonly peerClose: PeerClose | undefined;
}

/** What a socket is adopted with. */
export interface AdoptOptions extends SocketHandlers<AdoptedSocket>, Partial<LineLimits> {
  readonly role: Role;
  /** After the handshake; nothing else may read or write it any more. */
  readonly socket: Duplex;
  /** What was read of the socket behind the handshake. Default none. */
  readonly head?: Uint8Array;
  /** The subprotocol both sides agreed on. Default empty. */
  readonly protocol?: string;
  /** What the socket shows as its `extensions`; it has no effect. Default empty. */
  readonly extensions?: string;
  /** As with a server. Default true. */
  readonly directIo?: boolean;
  /** Whether pings are answered. Default true. */
  readonly answersPings?: boolean;
  /** Whether a close frame is answered. Default true; otherwise by the hook `closing`, with a close frame of its own. */
  readonly answersCloses?: boolean;
  /** What both sides agreed to compress with; it is closed with the connection. Default none. */
  readonly codec?: Codec | undefined;
  /** 32 random bits for the mask of a client's next frame (RFC 6455 §5.3). Default: from a CSPRNG, and nothing else should do. */
  readonly createMaskingKey?: (() => number) | undefined;
  /** Default none. */
  readonly hooks?: LineHooks;
}

/**
 * Speaks WebSocket on a socket whose handshake is done: for whoever shakes hands by himself, with `readHandshake()` and
 * `writeAccept()`, or over another transport. Everybody else takes `createWebSocketServer()` and `connect()`.
 *
 * Only the `open` handler is called before it returns: what comes in is read a tick later.
 *
 * @throws {RangeError} for a limit that is not a positive integer or `Infinity`.
 */
export function adoptSocket(options: AdoptOptions): AdoptedSocket {
  const {
    role,
    socket,
    head,
    protocol = "",
    extensions = "",
    answersPings = true,
    answersCloses = true,
    codec,
    createMaskingKey,
    hooks = {},
  } = options;
  const line = new Line<undefined>({
    role,
    socket,
    handlers: options,
    limits: readLimits(options),
    isDirect: options.directIo ?? true,
    timers: sharedTimerWheel(),
    protocol,
    extensions,
    data: undefined,
    id: 0,
    counters: createCounters(),
    onClosed: doNothing,
    hooks,
    answers: { answersPings, answersCloses },
    codec,
    createMaskingKey,
  });
  if (head !== undefined && head.length > 0) socket.unshift(head);
  line.open(noBytes);
  line.read(noBytes);
  return line;
}

/**
 * Answers a handshake with a whole HTTP response and ends the socket; what comes behind it is thrown away.
 *
 * @param refusal - or the bytes of a response the caller has written himself.
 * @throws {ProtocolError} `ERR_STATUS` or `ERR_HEADER` for a refusal that cannot be written.
 */
export function refuseSocket(socket: Duplex, refusal: Refusal | Uint8Array): void {
  if (refusal instanceof Uint8Array) socket.end(refusal);
  else refuseOnHttp1(socket, refusal);
  lingerBehind(socket, { timers: sharedTimerWheel(), lingerMs: 5_000 });
}

const noBytes = new Uint8Array();

function doNothing(): void {}

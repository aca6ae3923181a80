import { EventEmitter } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { adoptSocket, type AdoptedSocket, frameHeaderBytes, ProtocolError } from "../engine/index.ts";
import { ClientAttempt, type ClientOptions, splitArguments } from "./client-handshake.ts";
import {
  addHandler,
  defineAttributes,
  dropHandler,
  type EventHandler,
  type WebSocketEventMap,
  type WebSocketEventType,
} from "./event-listeners.ts";
import { binaryTypes, type BinaryType, type RawData, type SendData, toBuffer, toRawData } from "./payload.ts";
import { PendingSends, type SendCallback } from "./pending-sends.ts";

/** What a {@link WebSocket} emits, as `ws` does. */
export interface WebSocketEvents {
  open: [];
  /** Text comes as a `Buffer` too: look at `isBinary`. */
  message: [data: RawData, isBinary: boolean];
  ping: [data: Buffer];
  pong: [data: Buffer];
  /** The code and the reason of the peer's close frame: 1005 if it had none, 1006 if there was no frame. */
  close: [code: number, reason: Buffer];
  error: [error: Error];
  upgrade: [response: IncomingMessage];
  "unexpected-response": [request: ClientRequest, response: IncomingMessage];
  redirect: [url: string, request: ClientRequest];
}

/** Options of one message. */
export interface SendOptions {
  /** Whether it goes out as binary. Default: whether `data` is no string. */
  readonly binary?: boolean | undefined;
  /** Whether it is the message's last piece. Default true. */
  readonly fin?: boolean | undefined;
  /** Without effect while no compression is negotiated. */
  readonly compress?: boolean | undefined;
  /** Without effect: a client masks and a server does not (RFC 6455 §5.1). */
  readonly mask?: boolean | undefined;
}

/** How `setSocket` takes a socket over. Sizes in bytes; 0 is unlimited. */
export interface SocketOptions {
  readonly maxPayload?: number | undefined;
  readonly maxFragments?: number | undefined;
}

const stateNames = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"] as const;
const lineStates = { open: 1, closing: 2, closed: 3 } as const;

/**
 * The class `WebSocket` of `ws` 8, on Switchboard's engine: an `EventEmitter` with the events of a browser's `WebSocket` besides.
 * docs/guide/ws-drop-in.md lists where it is stricter.
 */
export class WebSocket extends EventEmitter<WebSocketEvents> {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;
  declare onopen: EventHandler<WebSocketEventMap<this>["open"]> | null;
  declare onmessage: EventHandler<WebSocketEventMap<this>["message"]> | null;
  declare onerror: EventHandler<WebSocketEventMap<this>["error"]> | null;
  declare onclose: EventHandler<WebSocketEventMap<this>["close"]> | null;

  /** The socket below, null before the handshake is done; `_` because `ws` calls it so, and its users read it. */
  _socket: Duplex | null = null;
  /** Which side of a socket handed to `setSocket` this is. */
  _isServer: boolean;
  /** The subprotocol of a socket that is to be handed to `setSocket`. */
  _protocol = "";
  readonly #options: ClientOptions;
  readonly #sends = new PendingSends();
  #binaryType: BinaryType = "nodebuffer";
  #line: AdoptedSocket | undefined;
  #attempt: ClientAttempt | undefined;
  #stateBefore: 0 | 2 | 3 = 0;
  #url = "";
  #isPaused = false;
  #lostBytes = 0;
  #fragments: StringDecoder | "binary" | undefined;

  /**
   * Connects to `address`; with `null` it waits for {@link WebSocket.setSocket}, which is how a server makes its sockets.
   *
   * @throws {SyntaxError} for a URL or a subprotocol that cannot be.
   * @throws {RangeError} for a `protocolVersion` other than 13.
   */
  constructor(
    address: string | URL | null,
    protocols?: string | readonly string[] | ClientOptions,
    options?: ClientOptions,
  ) {
    super();
    const given = splitArguments(protocols, options);
    this.#options = given.options;
    this._isServer = address === null;
    if (address === null) return;
    this.#attempt = new ClientAttempt(address, given, {
      url: (url) => (this.#url = url),
      emitsUnexpected: (request, response) => this.emit("unexpected-response", request, response),
      emitsRedirect: (url, request) => this.emit("redirect", url, request),
      hasRedirectListener: () => this.listenerCount("redirect") > 0,
      upgrade: (response) => {
        this.emit("upgrade", response);
        return this.readyState === WebSocket.CONNECTING;
      },
      fail: (error) => this.#failAttempt(error),
      open: ({ socket, head, protocol }) => {
        this._protocol = protocol;
        this.setSocket(socket, head, given.options);
      },
    });
    const request = this.#attempt.start();
    if (given.options.finishRequest === undefined) request.end();
    else given.options.finishRequest(request, this);
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.#line === undefined ? this.#stateBefore : lineStates[this.#line.state];
  }

  /** What a binary message comes as. Default `"nodebuffer"`; another value than the four is ignored. */
  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    if (binaryTypes.includes(type)) this.#binaryType = type;
  }

  /** Bytes that were sent but are not in the operating system's hands, and those that were sent too late. */
  get bufferedAmount(): number {
    return (this.#line?.bufferedBytes ?? 0) + this.#lostBytes;
  }

  /** Always empty: no extension is negotiated. */
  get extensions(): string {
    return "";
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get protocol(): string {
    return this._protocol;
  }

  /** The URL connected to; empty on a server's socket. */
  get url(): string {
    return this.#url;
  }

  /** Begins to speak WebSocket on a socket whose handshake is done. */
  setSocket(socket: Duplex, head: Uint8Array, options: SocketOptions = {}): void {
    this._socket = socket;
    if (socket instanceof Socket) socket.setTimeout(0).setNoDelay(true);
    this.#line = adoptSocket({
      role: this._isServer ? "server" : "client",
      socket,
      head,
      protocol: this._protocol,
      answersPings: this.#options.autoPong !== false,
      // `ws` leaves heartbeats and queues to its users: what it does not do by itself a drop-in must not do either.
      pingAfterMs: Infinity,
      deadAfterMs: Infinity,
      stalledAfterMs: Infinity,
      messageTimeoutMs: Infinity,
      maxPingCount: Infinity,
      highWaterBytes: Infinity,
      maxQueuedBytes: Infinity,
      closeTimeoutMs: this.#options.closeTimeout ?? 30_000,
      maxMessageBytes: unlimitedIfZero(options.maxPayload ?? 100 * 1024 * 1024),
      maxFragmentCount: unlimitedIfZero(options.maxFragments ?? 16 * 1024),
      message: (_line, data) => void this.emit("message", toRawData(data, this.#binaryType), typeof data !== "string"),
      ping: (_line, data) => void this.emit("ping", toBuffer(data)),
      pong: (_line, data) => void this.emit("pong", toBuffer(data)),
      close: (line) => this.#handleClosed(line.peerClose?.code ?? 1006, line.peerClose?.reason ?? ""),
      error: throwLater,
      hooks: {
        failed: (code, reason) => this.#handleFailed(code, reason),
        taken: () => this.#sends.settle(this.#line?.bufferedBytes ?? 0),
      },
    });
    this.emit("open");
  }

  /**
   * Sends a message, or a piece of one with `fin: false`. `callback` is called when the operating system has it, or with an error.
   *
   * @throws {Error} while connecting.
   */
  send(data: SendData, callback?: SendCallback): void;
  send(data: SendData, options?: SendOptions, callback?: SendCallback): void;
  send(data: SendData, options?: SendOptions | SendCallback, callback?: SendCallback): void {
    const settings = typeof options === "function" ? {} : (options ?? {});
    const done = typeof options === "function" ? options : callback;
    const line = this.#requireLine(data, done);
    if (line === undefined) return;
    const { binary: isBinary = typeof data !== "string" && typeof data !== "number", fin: isFinal = true } = settings;
    const payload = typeof data === "string" ? data : toBuffer(data);
    const payloadBytes = Buffer.byteLength(payload);
    this.#sends.add(frameHeaderBytes(payloadBytes, !this._isServer) + payloadBytes, done);
    if (this.#fragments !== undefined || !isFinal) this.#sendFragment(toBuffer(payload), { isBinary, isFinal });
    else line.send(isBinary ? toBuffer(payload) : payload.toString());
  }

  /**
   * Sends a ping of at most 125 bytes. `mask` has no effect.
   *
   * @throws {Error} while connecting, {@link RangeError} if it is longer.
   */
  ping(data?: SendData | SendCallback, mask?: boolean | SendCallback, callback?: SendCallback): void {
    this.#sendControl("ping", [data, mask, callback]);
  }

  /** As {@link WebSocket.ping}, a pong nobody asked for. */
  pong(data?: SendData | SendCallback, mask?: boolean | SendCallback, callback?: SendCallback): void {
    this.#sendControl("pong", [data, mask, callback]);
  }

  /**
   * Sends a close frame and waits `closeTimeout` for the peer's. While connecting it gives the attempt up, which is an `error`.
   *
   * @throws {TypeError} for a code that may not be sent, {@link RangeError} for a reason of more than 123 bytes.
   */
  close(code?: number, reason: string | Buffer = ""): void {
    if (this.#line === undefined) return this.#giveUp();
    if (this.#line.state !== "open") return;
    if (code === undefined) this.#line.closeWithoutCode();
    else translateFaults(() => this.#line?.close(code, reason.toString()));
  }

  /** Cuts the connection at once. */
  terminate(): void {
    if (this.#line === undefined) this.#giveUp();
    else this.#line.terminate();
  }

  /** Stops reading. */
  pause(): void {
    if (this.#line === undefined || this.readyState === WebSocket.CLOSED) return;
    this.#isPaused = true;
    this.#line.pause();
  }

  /** Reads on. */
  resume(): void {
    if (this.#line === undefined || this.readyState === WebSocket.CLOSED) return;
    this.#isPaused = false;
    this.#line.resume();
  }

  /** As a browser's; `once` is the one option. */
  addEventListener<Type extends WebSocketEventType>(
    type: Type,
    handler: EventHandler<WebSocketEventMap<this>[Type]>,
    options: { readonly once?: boolean } = {},
  ): void {
    addHandler(this, type, { handler, once: options.once ?? false, isAttribute: false });
  }

  removeEventListener<Type extends WebSocketEventType>(
    type: Type,
    handler: EventHandler<WebSocketEventMap<this>[Type]>,
  ): void {
    dropHandler(this, type, { handler, isAttribute: false });
  }

  #requireLine(data: unknown, callback: SendCallback | undefined): AdoptedSocket | undefined {
    const state = this.readyState;
    if (state === WebSocket.CONNECTING) throw new Error("WebSocket is not open: readyState 0 (CONNECTING)");
    if (state === WebSocket.OPEN) return this.#line;
    this.#lostBytes += toBuffer(data as SendData).length; // it is what send() was given
    const error = new Error(`WebSocket is not open: readyState ${state} (${stateNames[state]})`);
    if (callback !== undefined) process.nextTick(callback, error);
    return undefined;
  }

  #sendFragment(bytes: Buffer, { isBinary, isFinal }: { readonly isBinary: boolean; readonly isFinal: boolean }): void {
    // As in `ws` the first piece says of which kind all are. A character may be cut by two pieces.
    this.#fragments ??= isBinary ? "binary" : new StringDecoder();
    const fragments = this.#fragments;
    const piece = fragments === "binary" ? bytes : fragments.write(bytes) + (isFinal ? fragments.end() : "");
    if (isFinal) this.#fragments = undefined;
    this.#line?.sendFrame((connection) => connection.sendFragment(piece, isFinal));
  }

  #sendControl(kind: "ping" | "pong", [data, mask, callback]: readonly unknown[]): void {
    const done = [data, mask, callback].find((each): each is SendCallback => typeof each === "function");
    const payload = typeof data === "function" ? undefined : (data as SendData | undefined); // the callback may come first
    const line = this.#requireLine(payload, done);
    if (line === undefined) return;
    const bytes = toBuffer(payload);
    translateFaults(() =>
      line.sendFrame((connection) => (kind === "ping" ? connection.sendPing(bytes) : connection.sendPong(bytes))),
    );
    this.#sends.add(frameHeaderBytes(bytes.length, !this._isServer) + bytes.length, done);
  }

  #handleFailed(code: number, reason: string): void {
    const error = Object.assign(new RangeError(`Invalid WebSocket frame: ${reason}`), { code: faultCodes[code] });
    // Not from within the engine's reading: without a listener it throws, which is the program's affair.
    process.nextTick(() => this.emit("error", error));
  }

  #handleClosed(code: number, reason: string): void {
    this.#sends.fail(new Error("The socket was closed before the data was written"));
    this.emit("close", code, Buffer.from(reason));
  }

  #giveUp(): void {
    if (this.#stateBefore !== 0) return;
    this.#stateBefore = 2;
    this.#attempt?.abort();
    const error = new Error("WebSocket was closed before the connection was established");
    process.nextTick(() => this.#finishAttempt(error));
  }

  #failAttempt(error: Error): void {
    if (this.#stateBefore !== 0) return;
    this.#stateBefore = 2;
    this.#finishAttempt(error);
  }

  #finishAttempt(error: Error): void {
    try {
      this.emit("error", error);
    } finally {
      this.#stateBefore = 3;
      this.emit("close", 1006, Buffer.alloc(0));
    }
  }
}

// On the prototype, where `ws` has them, so that an instance has no members of its own for them.
for (const [value, name] of stateNames.entries()) {
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true, value });
}
defineAttributes(WebSocket.prototype);

const faultCodes: Readonly<Record<number, string>> = {
  1002: "WS_ERR_INVALID_FRAME",
  1007: "WS_ERR_INVALID_UTF8",
  1008: "WS_ERR_TOO_MANY_BUFFERED_PARTS",
  1009: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
};

function unlimitedIfZero(limit: number): number {
  return limit > 0 ? limit : Infinity;
}

/** The engine's fault as `ws` throws it. */
function translateFaults(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const Class = error.code === "ERR_CLOSE_CODE" ? TypeError : RangeError;
    throw new Class(error.message, { cause: error });
  }
}

/** A listener that throws ends the process unless `uncaughtException` is handled: so it is with every `EventEmitter`. */
function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}

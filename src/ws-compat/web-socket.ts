import type { ClientRequest, ClientRequestArgs, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { AdoptedSocket } from "../engine/index.ts";
import { ClientAttempt, type ClientOptions, splitArguments } from "./client-handshake.ts";
import {
  addHandler,
  defineAttributes,
  dropHandler,
  type EventHandler,
  type EventListenerOptions,
  type WebSocketEventMap,
  type WebSocketEventType,
} from "./event-listeners.ts";
import type { extension } from "./extension.ts";
import { createFault } from "./faults.ts";
import { openLine, type SocketOptions } from "./open-line.ts";
import { Outgoing, type SendOptions } from "./outgoing.ts";
import { binaryTypes, type BinaryType, byteLengthOf, type SendData, toBuffer, toRawData } from "./payload.ts";
import type { ControlCallback, SendCallback } from "./pending-sends.ts";
import type { PerMessageDeflate } from "./permessage-deflate.ts";
import { type ReadyState, shapeClass, stateNames } from "./ready-states.ts";
import { ReceiverView } from "./receiver-view.ts";
import type { Receiver } from "./receiver.ts";
import type { Sender } from "./sender.ts";
import type { createWebSocketStream } from "./stream.ts";
import type { subprotocol } from "./subprotocol.ts";
import { TypedEmitter } from "./typed-emitter.ts";
import type * as types from "./types-of-ws.ts";
import type { WebSocketEvents } from "./web-socket-events.ts";
import type { WebSocketServer } from "./web-socket-server.ts";

/**
 * The class `WebSocket` of `ws` 8, on Switchboard's engine: an `EventEmitter` with the events of a browser's `WebSocket` besides.
 * docs/guide/ws-drop-in.md lists where it is stricter.
 */
export class WebSocket extends TypedEmitter<WebSocketEvents> {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;
  // index.ts puts them there: the module is the class.
  declare static readonly WebSocket: typeof WebSocket;
  declare static readonly Server: typeof WebSocketServer;
  declare static readonly WebSocketServer: typeof WebSocketServer;
  declare static readonly createWebSocketStream: typeof createWebSocketStream;
  declare static readonly extension: typeof extension;
  declare static readonly PerMessageDeflate: typeof PerMessageDeflate;
  declare static readonly Receiver: typeof Receiver;
  declare static readonly Sender: typeof Sender;
  declare static readonly subprotocol: typeof subprotocol;
  declare onopen: ((event: WebSocketEventMap["open"]) => void) | null;
  declare onmessage: ((event: WebSocketEventMap["message"]) => void) | null;
  declare onerror: ((event: WebSocketEventMap["error"]) => void) | null;
  declare onclose: ((event: WebSocketEventMap["close"]) => void) | null;

  /** The socket below, null before the handshake is done; `_` because `ws` calls it so, and its users read it. */
  _socket: Duplex | null = null;
  /** Which side of a socket handed to `setSocket` this is. */
  _isServer: boolean;
  /** The subprotocol of a socket that is to be handed to `setSocket`. */
  _protocol = "";
  /** The extension both sides agreed on, likewise. */
  _extensions: { "permessage-deflate"?: PerMessageDeflate } = {};
  /** The request of the handshake while it is on its way; the one member that `finishRequest` has no other way to. */
  _req: ClientRequest | null = null;
  /** How many redirects there were. */
  _redirects = 0;
  readonly #options: ClientOptions;
  #binaryType: BinaryType = "nodebuffer";
  #line: AdoptedSocket | undefined;
  #outgoing: Outgoing | undefined;
  #attempt: ClientAttempt | undefined;
  /** Made for who asks for it. */
  #receiver: ReceiverView | undefined;
  #maxPayload = 0;
  /** The state while there is no line, and when it has told that it is gone. */
  #ownState: 0 | 2 | 3 = 0;
  /** `close()` waits for a Blob. */
  #isClosing = false;
  #url = "";
  #isPaused = false;
  /** `error` is emitted once. */
  #hasFailed = false;
  #lostBytes = 0;

  /**
   * Connects to `address`; with `null` it waits for {@link WebSocket.setSocket}, which is how a server makes its sockets.
   *
   * @throws {SyntaxError} for a URL or a subprotocol that cannot be.
   * @throws {RangeError} for a `protocolVersion` other than 13.
   */
  constructor(
    address: string | URL | null,
    protocols?: string | readonly string[] | ClientOptions | ClientRequestArgs,
    options?: ClientOptions | ClientRequestArgs,
  ) {
    super();
    const given = splitArguments(protocols, options);
    this.#options = given.options;
    this._isServer = address === null;
    if (address === null) return;
    this.#attempt = new ClientAttempt(address, given, {
      begin: (url, request) => {
        this.#url = url;
        this._req = request;
      },
      emitsUnexpected: (request, response) => this.emit("unexpected-response", request, response),
      emitsRedirect: (url, request) => this.emit("redirect", url, request),
      countRedirect: () => ++this._redirects,
      hasRedirectListener: () => this.listenerCount("redirect") > 0,
      upgrade: (response) => {
        this.emit("upgrade", response);
        return this.readyState === WebSocket.CONNECTING;
      },
      fail: (error) => this.#failAttempt(error),
      open: ({ socket, head, protocol, deflate }) => {
        this._req = null;
        this._protocol = protocol;
        if (deflate !== undefined) this._extensions = { "permessage-deflate": deflate };
        this.setSocket(socket, head, given.options);
      },
    });
    const request = this.#attempt.start();
    if (given.options.finishRequest === undefined) request.end();
    else given.options.finishRequest(request, this);
  }

  get readyState(): ReadyState {
    if (this.#line === undefined || this.#ownState === WebSocket.CLOSED) return this.#ownState;
    return this.#line.state === "open" && !this.#isClosing ? WebSocket.OPEN : WebSocket.CLOSING;
  }

  /**
   * What a binary message comes as. Default `"nodebuffer"`; another value than the four is ignored. `"blob"` may be set, and is read
   * again; that it is not in the type is for programs and libraries which were written to that of `@types/ws`.
   */
  get binaryType(): Exclude<BinaryType, "blob"> {
    return this.#binaryType as Exclude<BinaryType, "blob">;
  }

  set binaryType(type: BinaryType) {
    if (binaryTypes.includes(type)) this.#binaryType = type;
  }

  /** Bytes of messages that are not in the operating system's hands, and of those that were sent too late. */
  get bufferedAmount(): number {
    return (this.#outgoing?.bufferedBytes ?? 0) + this.#lostBytes;
  }

  /** `permessage-deflate` where it was negotiated, or empty. */
  get extensions(): string {
    return Object.keys(this._extensions).join();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get protocol(): string {
    return this._protocol;
  }

  /** Takes frames that are made already: Socket.IO broadcasts one for all. Null before the handshake is done. */
  get _sender(): Pick<Outgoing, "sendFrame"> | null {
    return this.#outgoing ?? null;
  }

  /** Null before the handshake is done. */
  get _receiver(): ReceiverView | null {
    if (this.#line === undefined) return null;
    return (this.#receiver ??= new ReceiverView(this.#maxPayload, this._extensions));
  }

  /** The URL connected to; empty on a server's socket. */
  get url(): string {
    return this.#url;
  }

  /** Begins to speak WebSocket on a socket whose handshake is done. */
  setSocket(socket: Duplex, head: Uint8Array, options: SocketOptions = {}): void {
    this._socket = socket;
    this.#maxPayload = options.maxPayload ?? 100 * 1024 * 1024;
    const line = openLine(
      {
        ...options,
        maxPayload: this.#maxPayload,
        isServer: this._isServer,
        socket,
        head,
        protocol: this._protocol,
        deflate: this._extensions["permessage-deflate"],
        autoPong: this.#options.autoPong,
        closeTimeout: this.#options.closeTimeout,
      },
      {
        messageBytes: (_line, { opcode, data }) =>
          void this.emit("message", toRawData(Buffer.from(data), opcode, this.#binaryType), opcode === "binary"),
        ping: (_line, data) => void this.emit("ping", toBuffer(data)),
        pong: (_line, data) => void this.emit("pong", toBuffer(data)),
        close: (gone) => this.#handleClosed(gone.peerClose?.code ?? 1006, gone.peerClose?.reason ?? ""),
        hooks: {
          closing: (code, reason) => this.#answerClose(code, reason),
          failed: (_code, reason) => this.#handleFailed(reason),
          taken: () => this.#outgoing?.settle(),
        },
      },
    );
    this.#line = line;
    this.#outgoing = new Outgoing(line, (error) => this.#fail(error));
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
    this.#requireOutgoing(data, done)?.send(data ?? Buffer.alloc(0), settings, done);
  }

  /**
   * Sends a ping of at most 125 bytes. `mask` has no effect.
   *
   * @throws {Error} while connecting, {@link RangeError} if it is longer.
   */
  ping(data?: unknown, mask?: boolean | ControlCallback, callback?: ControlCallback): void {
    this.#sendControl("ping", [data, mask, callback]);
  }

  /** As {@link WebSocket.ping}, a pong nobody asked for. */
  pong(data?: unknown, mask?: boolean | ControlCallback, callback?: ControlCallback): void {
    this.#sendControl("pong", [data, mask, callback]);
  }

  /**
   * Sends a close frame and waits `closeTimeout` for the peer's. While connecting it gives the attempt up, which is an `error`.
   *
   * @throws {TypeError} for a code that may not be sent, {@link RangeError} for a reason of more than 123 bytes.
   */
  close(code?: number, reason: string | Buffer = ""): void {
    if (this.#line === undefined) return this.#giveUp();
    if (this.readyState !== WebSocket.OPEN) return;
    this.#outgoing?.close(code, reason);
    this.#isClosing = true;
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
    this.#line.resume(); // in a tick of its own it delivers what is held, which is before the socket gives more
    this._socket?.resume();
  }

  /** As a browser's; `once` is the one option. */
  addEventListener<Type extends WebSocketEventType>(
    type: Type,
    handler: EventHandler<WebSocketEventMap[Type]>,
    options: EventListenerOptions = {},
  ): void {
    addHandler(this, type, { handler, once: options.once ?? false, isAttribute: false });
  }

  removeEventListener<Type extends WebSocketEventType>(
    type: Type,
    handler: EventHandler<WebSocketEventMap[Type]>,
  ): void {
    dropHandler(this, type, { handler, isAttribute: false });
  }

  #requireOutgoing(data: unknown, callback: SendCallback | undefined): Outgoing | undefined {
    const state = this.readyState;
    if (state === WebSocket.CONNECTING) throw new Error("WebSocket is not open: readyState 0 (CONNECTING)");
    if (state === WebSocket.OPEN) return this.#outgoing;
    this.#lostBytes += byteLengthOf(data as SendData); // it is what send() was given
    const error = new Error(`WebSocket is not open: readyState ${state} (${stateNames[state]})`);
    if (callback !== undefined) process.nextTick(callback, error);
    return undefined;
  }

  #sendControl(kind: "ping" | "pong", [data, mask, callback]: readonly unknown[]): void {
    const done = [data, mask, callback].find((each): each is SendCallback => typeof each === "function");
    const payload = typeof data === "function" ? undefined : (data as SendData | undefined); // the callback may come first
    this.#requireOutgoing(payload, done)?.sendControl(kind, payload ?? "", done);
  }

  /** As `ws` does: after what the program still said to the messages before it, and with the peer's own words. */
  #answerClose(code: number, reason: string): void {
    this.#line?.sendFrame((connection) =>
      code === 1005 ? connection.sendClose() : connection.sendClose(code, reason),
    );
    process.nextTick(() => this.#receiver?.emit("conclude", code, Buffer.from(reason)));
  }

  #handleFailed(reason: string): void {
    // Not from within the engine's reading: without a listener it throws, which is the program's affair.
    process.nextTick(() => this.#emitError(createFault(reason)));
  }

  /** What was to be sent cannot be. After `close` it is the callback's affair alone. */
  #fail(error: Error): void {
    if (this.readyState === WebSocket.CLOSED) return;
    this.#line?.terminate();
    this.#emitError(error);
  }

  #emitError(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.emit("error", error);
  }

  #handleClosed(code: number, reason: string): void {
    this.#outgoing?.fail();
    this.#ownState = 3;
    this.emit("close", code, Buffer.from(reason));
  }

  #giveUp(): void {
    if (this.#ownState !== 0) return;
    this.#attempt?.abort();
    this.#failAttempt(new Error("WebSocket was closed before the connection was established"));
  }

  #failAttempt(error: Error): void {
    if (this.#ownState !== 0) return;
    this.#ownState = 2;
    process.nextTick(() => this.#finishAttempt(error));
  }

  #finishAttempt(error: Error): void {
    try {
      this.emit("error", error);
    } finally {
      this.#ownState = 3;
      this.emit("close", 1006, Buffer.alloc(0));
    }
  }
}

shapeClass(WebSocket);
defineAttributes(WebSocket.prototype);

/** The types that `@types/ws` has on the class; the same as those that the module exports. */
export declare namespace WebSocket {
  export type AddressInfo = types.AddressInfo;
  export type CertMeta = types.CertMeta;
  export type ClientOptions = types.ClientOptions;
  export type CloseEvent = types.CloseEvent;
  export type Data = types.Data;
  export type ErrorEvent = types.ErrorEvent;
  export type Event = types.Event;
  export type EventListenerOptions = types.EventListenerOptions;
  export type FinishRequestCallback = types.FinishRequestCallback;
  export type MessageEvent = types.MessageEvent;
  export type PerMessageDeflateOptions = types.PerMessageDeflateOptions;
  export type RawData = types.RawData;
  export type Server<
    Class extends typeof WebSocket = typeof WebSocket,
    Request extends typeof IncomingMessage = typeof IncomingMessage,
  > = types.Server<Class, Request>;
  export type ServerOptions<
    Class extends typeof WebSocket = typeof WebSocket,
    Request extends typeof IncomingMessage = typeof IncomingMessage,
  > = types.ServerOptions<Class, Request>;
  export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> =
    types.VerifyClientCallbackAsync<Request>;
  export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> =
    types.VerifyClientCallbackSync<Request>;
  export type WebSocket = types.WebSocketOfModule;
  export type WebSocketEventMap = types.WebSocketEventMap;
  export type WebSocketServer = types.Server;
}

import { connectAsPage, readLocation } from "./connect-as-page.ts";
import type { ConnectOptions } from "./connect.ts";
import type { CloseInfo } from "./close-info.ts";
import type { CompressionOptions } from "./compression.ts";
import type { LineLimits } from "./limits.ts";
import type { Line } from "./line.ts";
import { CloseEvent, type CloseEventInit } from "./close-event.ts";
import { type EventHandler, EventHandlerAttribute } from "./event-handler.ts";
import { FailureEvent } from "./failure-event.ts";
import { createMessageEvent } from "./message-event.ts";
import { Outbox } from "./outbox.ts";
import {
  convertCloseCode,
  convertCloseReason,
  convertProtocols,
  parseData,
  parseUrl,
  requireCloseCode,
  requireCloseReason,
  requireProtocols,
  type SendData,
} from "./web-socket-arguments.ts";
import { defineConstants, shapeInterface } from "./shape-interface.ts";

/** What a program on Node may say besides: the third argument of {@link WebSocket}, which no standard knows. */
export interface WebSocketOptions
  extends Pick<ConnectOptions, "headers" | "origin" | "tls" | "handshakeTimeoutMs" | "timers">, Partial<LineLimits> {
  /**
   * How to compress, or false for no offer to. Default: the offer that browsers make, with messages that refer to earlier ones. See
   * {@link CompressionOptions} about secrets.
   */
  readonly compression?: CompressionOptions | false;
}

/** The events of a {@link WebSocket}, by their type. */
export interface WebSocketEventMap {
  readonly open: Event;
  readonly message: MessageEvent;
  readonly error: FailureEvent;
  readonly close: CloseEvent;
}

/** A listener for one kind of event. */
export type WebSocketListener<Kind extends Event> =
  | ((this: WebSocket, event: Kind) => unknown)
  | { handleEvent(event: Kind): unknown };

type ReadyState = 0 | 1 | 2 | 3;
const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;

/**
 * The `WebSocket` of browsers (WebSockets Standard), on Node.
 *
 * Deviations: there is no page. Relative URLs and `Origin` are those of `globalThis.location` where the program has one, and there are
 * no cookies; `options` may name both headers. Events are not `isTrusted`, and `error` events say what happened. The limits of the
 * engine hold: a message above 1 MiB fails the connection unless `maxMessageBytes` says otherwise. As in a browser, one connection at a
 * time is being opened to a host and port (RFC 6455 §4.1); {@link connect} knows no such order.
 */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- types the inherited methods, which must not be redefined
export class WebSocket extends EventTarget {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;
  readonly #url: URL;
  readonly #abort = new AbortController();
  readonly #outbox = new Outbox();
  readonly #onopen = new EventHandlerAttribute<WebSocket, Event>(this, "open");
  readonly #onmessage = new EventHandlerAttribute<WebSocket, MessageEvent>(this, "message");
  readonly #onerror = new EventHandlerAttribute<WebSocket, FailureEvent>(this, "error");
  readonly #onclose = new EventHandlerAttribute<WebSocket, CloseEvent>(this, "close");
  #line: Line<undefined> | undefined;
  #readyState: ReadyState = states.CONNECTING;
  #binaryType: "blob" | "arraybuffer" = "blob";
  /** Why the connection is given up, if we are the ones who do. */
  #failure: Error | undefined;
  /** Events that have not been fired yet. */
  #taskCount = 0;

  /**
   * Begins to connect.
   *
   * @param url - absolute, or relative to `globalThis.location`; `http:` and `https:` stand for `ws:` and `wss:`. A user name and password become `Authorization`.
   * @param protocols - the subprotocols to offer, the best one first.
   * @throws {DOMException} `SyntaxError` for a URL or subprotocols that may not be.
   */
  constructor(url: string | URL, protocols: string | Iterable<string> = [], options?: WebSocketOptions) {
    if (arguments.length === 0) throw new TypeError("Cannot construct WebSocket: give a URL");
    super();
    const text = `${url as string}`;
    const names = convertProtocols(protocols);
    this.#url = parseUrl(text, readLocation()?.href);
    requireProtocols(names);
    void this.#connect(names, typeof options === "object" ? (options ?? {}) : {});
  }

  /** The URL, serialized. */
  get url(): string {
    return this.#url.href;
  }

  /** 0 `CONNECTING`, 1 `OPEN`, 2 `CLOSING`, 3 `CLOSED`. */
  get readyState(): ReadyState {
    return this.#readState();
  }

  /** Bytes of messages that were sent but have not left yet; those sent after the end stay counted. */
  get bufferedAmount(): number {
    return this.#outbox.bufferedBytes;
  }

  /** Called with `open` events. */
  get onopen(): EventHandler<WebSocket, Event> {
    return this.#onopen.get();
  }
  set onopen(value: EventHandler<WebSocket, Event>) {
    this.#onopen.set(value);
  }

  /** Called with `error` events. */
  get onerror(): EventHandler<WebSocket, FailureEvent> {
    return this.#onerror.get();
  }
  set onerror(value: EventHandler<WebSocket, FailureEvent>) {
    this.#onerror.set(value);
  }

  /** Called with `close` events. */
  get onclose(): EventHandler<WebSocket, CloseEvent> {
    return this.#onclose.get();
  }
  set onclose(value: EventHandler<WebSocket, CloseEvent>) {
    this.#onclose.set(value);
  }

  /** The extensions in use, as the server named them; empty when none, and before `open`. */
  get extensions(): string {
    return this.#line?.extensions ?? "";
  }

  /** The subprotocol both sides agreed on; empty when none, and before `open`. */
  get protocol(): string {
    return this.#line?.protocol ?? "";
  }

  /**
   * Closes the connection; one that is not open yet fails.
   *
   * @param code - 1000 or 3000-4999. Default: a close frame without a code.
   * @param reason - at most 123 bytes of UTF-8.
   * @throws {DOMException} `InvalidAccessError` for another code, `SyntaxError` for a longer reason.
   */
  close(code?: number, reason?: string): void {
    const readyState = this.#readState();
    const givenCode = code === undefined ? undefined : convertCloseCode(code);
    const givenReason = reason === undefined ? "" : convertCloseReason(reason);
    if (givenCode !== undefined) requireCloseCode(givenCode);
    requireCloseReason(givenReason);
    if (readyState === states.CLOSING || readyState === states.CLOSED) return;
    this.#readyState = states.CLOSING;
    if (readyState === states.CONNECTING) this.#abort.abort();
    else this.#outbox.close(givenCode ?? (givenReason === "" ? undefined : 1000), givenReason);
  }

  /** Called with `message` events. */
  get onmessage(): EventHandler<WebSocket, MessageEvent> {
    return this.#onmessage.get();
  }
  set onmessage(value: EventHandler<WebSocket, MessageEvent>) {
    this.#onmessage.set(value);
  }

  /** What the `data` of a binary message is. Default `blob`. Any other value is ignored. */
  get binaryType(): "blob" | "arraybuffer" {
    return this.#binaryType;
  }
  set binaryType(value: "blob" | "arraybuffer") {
    void this.#binaryType; // a wrong receiver is told before the value is looked at
    const text = `${value}`;
    if (text === "blob" || text === "arraybuffer") this.#binaryType = text;
  }

  /**
   * Sends a message: text for a string, binary for bytes. Bytes are copied. Once the connection is closing it only counts them.
   *
   * @throws {DOMException} `InvalidStateError` while it is connecting.
   */
  send(data: SendData): void {
    const readyState = this.#readState();
    if (arguments.length === 0) throw new TypeError("Cannot send: give a string, a Blob or bytes");
    const message = parseData(data);
    if (readyState === states.CONNECTING) {
      throw new DOMException("Cannot send: the connection is not open yet", "InvalidStateError");
    }
    if (readyState === states.OPEN) this.#outbox.send(message);
    else this.#outbox.lose(message);
  }

  #readState(): ReadyState {
    // The peer has begun to close, and everything it said before has been told.
    const isEnding = this.#readyState === states.OPEN && this.#taskCount === 0 && this.#line?.state !== "open";
    return isEnding ? states.CLOSING : this.#readyState;
  }

  async #connect(protocols: readonly string[], options: WebSocketOptions): Promise<void> {
    try {
      const line = await connectAsPage(this.#url, {
        ...options,
        protocols,
        signal: this.#abort.signal,
        message: (_line, data) => this.#queueTask(() => this.#receive(data)),
        close: (_line, info) => this.#queueTask(() => this.#handleClosed(info)),
      });
      if (protocols.length > 0 && line.protocol === "") {
        this.#failure = new Error("Cannot connect: the server has chosen none of the subprotocols");
      }
      this.#queueTask(() => this.#handleOpened(line));
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(`Cannot connect: ${String(error)}`);
      this.#queueTask(() => this.#finish({ wasClean: false, code: 1006, reason: "" }, cause));
    }
  }

  /** Each event is a task of its own: what waits for one by a promise is there before the next. */
  #queueTask(task: () => void): void {
    this.#taskCount++;
    setImmediate(() => {
      task();
      this.#taskCount--;
    });
  }

  #handleOpened(line: Line<undefined>): void {
    // It may have been closed between the 101 and this task.
    if (this.#failure !== undefined || this.#readyState !== states.CONNECTING) return line.terminate();
    this.#line = line;
    this.#outbox.open(line);
    this.#readyState = states.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  #receive(data: string | Uint8Array): void {
    if (this.#readyState !== states.OPEN || this.#outbox.isFull) return; // §3.1 tells messages while OPEN alone
    this.dispatchEvent(createMessageEvent(this.#wrap(data), this.#url.origin));
  }

  #wrap(data: string | Uint8Array): string | Blob | ArrayBufferLike {
    if (typeof data === "string") return data;
    if (this.#binaryType === "blob") return new Blob([data]);
    const { buffer, byteOffset, byteLength } = data;
    return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
  }

  #handleClosed(info: CloseInfo): void {
    const { isFull } = this.#outbox;
    this.#outbox.settle();
    // The code of the frame that came, not of the one that went (RFC 6455 §7.1.5).
    const { code, reason } = this.#line?.peerClose ?? { code: 1006, reason: "" };
    const hasFailed = !info.wasClean || isFull;
    const failure = this.#failure ?? (hasFailed ? new Error(info.reason) : undefined);
    this.#finish({ wasClean: info.wasClean, code, reason }, failure);
  }

  #finish(how: CloseEventInit, failure: Error | undefined): void {
    this.#readyState = states.CLOSED;
    if (failure !== undefined) this.dispatchEvent(new FailureEvent(failure));
    this.dispatchEvent(new CloseEvent("close", how));
  }
}

/** The types of `WebSocket`'s events; the methods are `EventTarget`'s. */
export interface WebSocket {
  addEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: WebSocketListener<WebSocketEventMap[Type]> | null,
    options?: Parameters<EventTarget["addEventListener"]>[2],
  ): void;
  addEventListener(
    type: string,
    listener: Parameters<EventTarget["addEventListener"]>[1],
    options?: Parameters<EventTarget["addEventListener"]>[2],
  ): void;
  removeEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: WebSocketListener<WebSocketEventMap[Type]> | null,
    options?: Parameters<EventTarget["removeEventListener"]>[2],
  ): void;
  removeEventListener(
    type: string,
    listener: Parameters<EventTarget["addEventListener"]>[1],
    options?: Parameters<EventTarget["removeEventListener"]>[2],
  ): void;
}

Object.defineProperty(WebSocket.prototype.close, "length", { value: 0 }); // both arguments are optional in the IDL
defineConstants(WebSocket, states);
shapeInterface(WebSocket, [
  "url",
  "readyState",
  "bufferedAmount",
  "onopen",
  "onerror",
  "onclose",
  "extensions",
  "protocol",
  "close",
  "onmessage",
  "binaryType",
  "send",
]);

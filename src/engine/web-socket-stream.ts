import { ReadableStream, type ReadableStreamDefaultController, WritableStream } from "node:stream/web";
import type { WritableStreamDefaultController } from "node:stream/web";
import { isArrayBuffer } from "node:util/types";
import type { CloseInfo } from "./close-info.ts";
import { connectAsPage, readLocation } from "./connect-as-page.ts";
import { deferred, type Deferred } from "./deferred.ts";
import type { Line } from "./line.ts";
import { shapeInterface } from "./shape-interface.ts";
import type { WebSocketOptions } from "./web-socket.ts";
import { convertProtocols, parseData, parseUrl, requireProtocols } from "./web-socket-arguments.ts";
import {
  type CloseFrame,
  createCloseError,
  parseCloseInfo,
  type WebSocketCloseInfo,
  WebSocketError,
} from "./web-socket-error.ts";

/** What to connect with. Besides the standard's `protocols` and `signal`, what a program on Node may say. */
export interface WebSocketStreamOptions extends WebSocketOptions {
  /** The subprotocols to offer, the best one first. Default none. */
  readonly protocols?: Iterable<string>;
  /** Gives the attempt up when it is aborted. Has no effect on an open connection. */
  readonly signal?: AbortSignal;
}

/** What a message may be written as. Anything else becomes a string. */
export type WritableMessage = string | ArrayBuffer | ArrayBufferView;

/** An open connection. */
export interface WebSocketOpenInfo {
  /** The messages: strings and `Uint8Array`s. One is read ahead; what is behind it stays with the peer. */
  readonly readable: ReadableStream<string | Uint8Array>;
  /** Each chunk is a message. A write is done when no more than `highWaterBytes`, here 64 KiB, were queued, or they have gone. */
  readonly writable: WritableStream<WritableMessage>;
  /** The extensions in use, as the server answered our offer; empty when none. */
  readonly extensions: string;
  /** The subprotocol both sides agreed on; empty when none. */
  readonly protocol: string;
}

/**
 * The `WebSocketStream` of Chromium (WebSockets Standard, in the making), on Node: messages as streams, with backpressure in both
 * directions. A reader that does not read stops the socket; a writer that waits for its writes never fills the memory.
 *
 * Neither promise ends the process when nobody listens. Deviations are those of {@link WebSocket}.
 */
export class WebSocketStream {
  readonly #url: URL;
  readonly #opened: Deferred<WebSocketOpenInfo> = quiet(deferred());
  readonly #closed: Deferred<Required<WebSocketCloseInfo>> = quiet(deferred());
  readonly #abort = new AbortController();
  #line: Line<undefined> | undefined;
  #reader: ReadableStreamDefaultController<string | Uint8Array> | undefined;
  #writer: WritableStreamDefaultController | undefined;
  /** Lets the line read on. */
  #wanted: (() => void) | undefined;
  /** The message that is being written. */
  #writing: Deferred<void> | undefined;
  /** Set when the writable was closed: it waits for the end. */
  #closing: Deferred<void> | undefined;
  /** We have begun to close: what comes is not told any more. */
  #isClosing = false;
  /** The readable was cancelled: it is closed already. */
  #isCancelled = false;

  /**
   * Begins to connect.
   *
   * @param url - absolute; `http:` and `https:` stand for `ws:` and `wss:`. A user name and password become `Authorization`.
   * @throws {DOMException} `SyntaxError` for a URL or subprotocols that may not be.
   * @throws {TypeError} for options that are no dictionary.
   */
  constructor(url: string | URL, options: WebSocketStreamOptions = {}) {
    if (arguments.length === 0) throw new TypeError("Cannot construct WebSocketStream: give a URL");
    this.#url = parseUrl(`${url as string}`, readLocation()?.href);
    if (typeof options !== "object") throw new TypeError(`Cannot construct WebSocketStream with ${String(options)}`);
    const { protocols = [], signal, ...others } = options ?? {};
    if (typeof protocols !== "object") throw new TypeError("Cannot offer subprotocols: give a sequence of them");
    const names = convertProtocols(protocols);
    requireProtocols(names);
    void this.#connect(names, signal, others);
  }

  /** The URL, serialized. */
  get url(): string {
    return this.#url.href;
  }

  /** The streams, when the handshake is done. Rejects with a {@link WebSocketError}, or with the reason of the `signal`. */
  get opened(): Promise<WebSocketOpenInfo> {
    return this.#opened.promise;
  }

  /**
   * The peer's close code and reason, when the connection was closed cleanly and all that was written had left. Rejects with a
   * {@link WebSocketError} otherwise.
   */
  get closed(): Promise<Required<WebSocketCloseInfo>> {
    return this.#closed.promise;
  }

  /**
   * Closes the connection; one that is not open yet fails.
   *
   * @throws {TypeError} for what is no dictionary.
   * @throws {DOMException} `InvalidAccessError` for a code, `SyntaxError` for a reason that may not be sent.
   */
  close(info: WebSocketCloseInfo = {}): void {
    this.#close(parseCloseInfo(info));
  }

  async #connect(
    protocols: readonly string[],
    signal: AbortSignal | undefined,
    options: WebSocketOptions,
  ): Promise<void> {
    try {
      signal?.throwIfAborted();
      const line = await connectAsPage(this.#url, {
        highWaterBytes: 64 * 1024,
        maxQueuedBytes: Infinity, // one message is queued, the next waits for it
        ...options,
        protocols,
        signal: AbortSignal.any(signal === undefined ? [this.#abort.signal] : [this.#abort.signal, signal]),
        message: (_line, data) => this.#receive(data),
        drain: () => this.#writing?.resolve(),
        close: (_line, info) => this.#end(info),
      });
      this.#open(line);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#fail(signal?.aborted === true ? signal.reason : createCloseError(message, 1006, ""));
    }
  }

  #open(line: Line<undefined>): void {
    this.#line = line;
    const readable = new ReadableStream<string | Uint8Array>({
      start: (controller) => {
        this.#reader = controller;
      },
      pull: () => this.#wanted?.(),
      cancel: (reason) => {
        this.#isCancelled = true;
        this.#close(frameOf(reason));
      },
    });
    const writable = new WritableStream<WritableMessage>({
      start: (controller) => {
        this.#writer = controller;
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#closeWritable(),
      abort: (reason) => this.#close(frameOf(reason)),
    });
    const { extensions, protocol } = line;
    this.#opened.resolve({ readable, writable, extensions, protocol });
    if (this.#isClosing) line.terminate(); // closed between the 101 and now
  }

  #fail(error: unknown): void {
    this.#opened.reject(error);
    this.#closed.reject(error);
  }

  /** Given back to the line, a promise makes it wait: see the `message` handler. */
  #receive(data: string | Uint8Array): Promise<void> | undefined {
    if (this.#isClosing || this.#reader === undefined) return undefined;
    this.#reader.enqueue(data);
    if ((this.#reader.desiredSize ?? 0) > 0) return undefined;
    return new Promise((resolve) => {
      this.#wanted = resolve;
    });
  }

  #write(chunk: WritableMessage): Promise<void> | undefined {
    const data = parseMessage(chunk);
    if (this.#line === undefined || this.#line.state !== "open") throw closedWritable();
    if (this.#line.send(data)) return undefined;
    this.#writing = deferred();
    const settled = (): void => {
      this.#writing = undefined;
    };
    return this.#writing.promise.then(settled);
  }

  #closeWritable(): Promise<void> {
    this.#closing = deferred();
    this.#close({ closeCode: undefined, reason: "" });
    return this.#closing.promise;
  }

  #close({ closeCode, reason }: CloseFrame): void {
    this.#isClosing = true;
    this.#wanted?.(); // the peer's close frame may be behind a message that nobody read
    if (this.#line === undefined) this.#abort.abort(new Error("Cannot connect: close() was called"));
    else if (closeCode === undefined) this.#line.closeWithoutCode();
    else this.#line.close(closeCode, reason);
  }

  #end(info: CloseInfo): void {
    const { code, reason } = this.#line?.peerClose ?? { code: 1006, reason: "" };
    if (info.wasClean && this.#writing === undefined) this.#endCleanly({ closeCode: code, reason });
    else this.#break(createCloseError(info.reason, code, reason));
  }

  #endCleanly(info: Required<WebSocketCloseInfo>): void {
    if (!this.#isCancelled) this.#reader?.close();
    this.#writer?.error(closedWritable());
    this.#closing?.resolve();
    this.#closed.resolve(info);
  }

  #break(error: WebSocketError): void {
    this.#reader?.error(error);
    this.#writing?.reject(error);
    this.#writer?.error(error);
    this.#closing?.reject(error);
    this.#closed.reject(error);
  }
}

shapeInterface(WebSocketStream, ["url", "opened", "closed", "close"]);

/** What `abort()` and `cancel()` close with: only a {@link WebSocketError} says. */
function frameOf(reason: unknown): CloseFrame {
  if (!(reason instanceof WebSocketError)) return { closeCode: undefined, reason: "" };
  return { closeCode: reason.closeCode ?? undefined, reason: reason.reason };
}

function parseMessage(chunk: WritableMessage): string | Uint8Array {
  const buffer: unknown = ArrayBuffer.isView(chunk) ? chunk.buffer : chunk;
  const isResizable = isArrayBuffer(buffer) && "resizable" in buffer && buffer.resizable === true;
  if (isResizable) throw new TypeError("Cannot send a resizable buffer: give a copy of it");
  const data = parseData(chunk);
  return typeof data === "string" || data instanceof Uint8Array ? data : `${data as unknown as string}`;
}

function closedWritable(): DOMException {
  return new DOMException("Cannot write: the connection is closed", "InvalidStateError");
}

/** A promise that nobody needs to listen to. */
function quiet<Value>(made: Deferred<Value>): Deferred<Value> {
  made.promise.catch(() => {});
  return made;
}

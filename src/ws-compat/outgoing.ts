import { isUtf8 } from "node:buffer";
import { StringDecoder } from "node:string_decoder";
import type { AdoptedSocket, MessageBytes } from "../engine/index.ts";
import { BlobQueue } from "./blob-queue.ts";
import { byteLengthOf, type SendData, toBuffer } from "./payload.ts";
import { PendingSends, type SendCallback } from "./pending-sends.ts";
import { closePayload, requireControl } from "./sender.ts";

/** Options of one message. */
export interface SendOptions {
  /** Whether it goes out as binary. Default: whether `data` is no string. */
  binary?: boolean | undefined;
  /** Whether it is the message's last piece. Default true. */
  fin?: boolean | undefined;
  /** False leaves it uncompressed. Default: as `threshold` says. A message in pieces is never compressed. */
  compress?: boolean | undefined;
  /** Without effect: a client masks and a server does not (RFC 6455 §5.1). */
  mask?: boolean | undefined;
}

/** What one open socket sends: in order, with a callback for each. */
export class Outgoing {
  readonly #line: AdoptedSocket;
  readonly #sends = new PendingSends();
  readonly #queue: BlobQueue<SendData>;
  #fragments: StringDecoder | "binary" | undefined;
  /** What was sent since nothing was left to be taken, without the frames around it. */
  #payloadBytes = 0;

  /** @param onFailed - is told of a Blob that cannot be read. */
  constructor(line: AdoptedSocket, onFailed: (error: Error) => void) {
    this.#line = line;
    this.#queue = new BlobQueue(onFailed);
  }

  /** Bytes of messages that are not in the operating system's hands. */
  get bufferedBytes(): number {
    return Math.min(this.#payloadBytes, this.#line.bufferedBytes) + this.#queue.byteCount;
  }

  /** Sends a message, or a piece of one. */
  send(data: SendData, options: SendOptions, callback: SendCallback | undefined): void {
    this.#enqueue(data, callback, (payload) => this.#send(payload, options, callback));
  }

  /** Sends a ping or a pong. @throws {RangeError} if it is longer than 125 bytes. */
  sendControl(kind: "ping" | "pong", data: SendData, callback: SendCallback | undefined): void {
    this.#enqueue(requireControl(data), callback, (payload) => {
      const bytes = toBuffer(payload);
      this.#write(callback, (line) =>
        line.sendFrame((connection) => (kind === "ping" ? connection.sendPing(bytes) : connection.sendPong(bytes))),
      );
    });
  }

  /** Sends a frame that the program has made, with `Sender.frame` for instance: as it is, neither checked nor compressed. */
  sendFrame(list: readonly (string | Buffer)[], callback: SendCallback | undefined): void {
    const frame = Buffer.concat(list.map((chunk) => Buffer.from(chunk as string))); // one of its overloads takes each
    this.#enqueue(frame, callback, () => this.#write(callback, (line) => line.sendFrame(() => frame)));
  }

  /** @throws {TypeError} for a code that may not be sent, {@link RangeError} for a reason of more than 123 bytes. */
  close(code: number | undefined, reason: string | Buffer): void {
    closePayload(code, reason);
    this.#enqueue("", undefined, () => {
      if (code === undefined) this.#line.closeWithoutCode();
      else this.#line.close(code, reason.toString());
    });
  }

  /** The operating system has taken some. */
  settle(): void {
    const { bufferedBytes } = this.#line;
    if (bufferedBytes === 0) this.#payloadBytes = 0;
    this.#sends.settle(bufferedBytes);
  }

  /** The socket is gone: what is not sent will not be. What waits for a Blob is told so when that is read. */
  fail(): void {
    this.#sends.fail(new Error("The socket was closed before the data was written"));
  }

  #enqueue(data: SendData, callback: SendCallback | undefined, use: (payload: SendData) => void): void {
    const byteCount = byteLengthOf(data);
    this.#queue.add({
      data,
      byteCount,
      use: (payload) => {
        if (this.#line.state !== "open") {
          return callback?.(new Error("The socket was closed while the blob was being read"));
        }
        this.#payloadBytes += byteCount;
        use(payload);
      },
      fail: (error) => callback?.(error),
    });
  }

  #send(data: SendData, options: SendOptions, callback: SendCallback | undefined): void {
    const { binary: isBinary = typeof data !== "string" && typeof data !== "number", fin: isFinal = true } = options;
    const payload = typeof data === "string" ? data : toBuffer(data);
    this.#write(callback, (line) => {
      if (this.#fragments !== undefined || !isFinal) {
        return this.#sendFragment(toBuffer(payload), { isBinary, isFinal });
      }
      const message = isBinary ? toBuffer(payload) : typeof payload === "string" ? payload : asText(payload);
      line.send(message, options.compress === false ? { compress: false } : undefined);
    });
  }

  #sendFragment(bytes: Buffer, { isBinary, isFinal }: { readonly isBinary: boolean; readonly isFinal: boolean }): void {
    // As in `ws` the first piece says of which kind all are. A character may be cut by two pieces.
    this.#fragments ??= isBinary ? "binary" : new StringDecoder();
    const fragments = this.#fragments;
    const piece = fragments === "binary" ? bytes : fragments.write(bytes) + (isFinal ? fragments.end() : "");
    if (isFinal) this.#fragments = undefined;
    this.#line.sendFrame((connection) => connection.sendFragment(piece, isFinal));
  }

  #write(callback: SendCallback | undefined, write: (line: AdoptedSocket) => unknown): void {
    const { bufferedBytes } = this.#line;
    write(this.#line);
    // Measured, not reckoned: it may have been compressed, or have left already.
    this.#sends.add(Math.max(0, this.#line.bufferedBytes - bufferedBytes), callback);
  }
}

/** What is UTF-8 goes out as it is. What is not would end the connection at the peer: it gets U+FFFD instead. */
function asText(data: Buffer): MessageBytes | string {
  return isUtf8(data) ? { type: "bytes", opcode: "text", data } : data.toString();
}

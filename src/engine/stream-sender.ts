import { Readable } from "node:stream";
import type { SendOptions } from "../protocol/index.ts";
import type { Pressure } from "./pressure.ts";
import { StreamError } from "./stream-error.ts";

/** The pieces of one message: strings or bytes from an iterable, such as an array, a generator, a web or a Node stream. */
export type MessageSource = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** How to send a message in pieces. */
export interface SendStreamOptions {
  /**
   * What the message is. In a text bytes are taken as UTF-8, cut anywhere; in a binary message strings are a fault. Default: text if the
   * first piece is a string, else binary.
   */
  readonly type?: "text" | "binary";
  /**
   * Whether to compress where compression was negotiated, each piece in the calling thread, 64 KiB at a time. Default false: what is
   * large is mostly compressed already.
   */
  readonly compress?: boolean;
}

/** The line a {@link StreamSender} sends on. */
export interface SendingLine {
  readonly state: "open" | "closing" | "closed";
  sendFragment(data: string | Uint8Array, isFinal: boolean, options: SendOptions): void;
  close(code: number, reason: string): void;
}

interface Job {
  /** Of what waits in memory; a stream's source does not. */
  readonly byteCount: number;
  readonly start: () => void;
  readonly cancel: () => void;
}

/** How many streams may wait for the one before them. */
const maxWaitingStreams = 64;
// A piece is cut to fragments of this size, so that a huge one is copied bit by bit, as the peer takes it.
const maxFragmentBytes = 64 * 1024;

/** Sends messages in pieces, one after the other, and keeps what is sent meanwhile in its order. */
export class StreamSender {
  readonly #line: SendingLine;
  readonly #pressure: Pick<Pressure, "isFull">;
  #jobs: Job[] = [];
  #isSending = false;
  #waitingBytes = 0;
  #waitingStreamCount = 0;
  /** Ends the wait for the source or for the peer. */
  #interrupt: ((error: Error) => void) | undefined;
  #goOn: (() => void) | undefined;

  /** @param pressure - whether so much waits to be taken that no more should be added. */
  constructor(line: SendingLine, pressure: Pick<Pressure, "isFull">) {
    this.#line = line;
    this.#pressure = pressure;
  }

  /** Whether a message has begun and has pieces to come: nothing else may be sent before its end. */
  get isBusy(): boolean {
    return this.#isSending;
  }

  /** Bytes of messages that wait for a stream to end. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Sends something after the stream that is under way. */
  enqueue(byteCount: number, start: () => void): void {
    this.#push({ byteCount, start, cancel: doNothing });
  }

  /** Sends one message; resolves when its last piece is queued in the line. */
  async send(source: MessageSource, options: SendStreamOptions): Promise<void> {
    const pieces = iterate(source);
    try {
      await this.#takeTurn();
    } catch (error) {
      dismiss(source, pieces);
      throw error;
    }
    try {
      await this.#pump(pieces, options);
    } catch (error) {
      dismiss(source, pieces);
      // RFC 6455 has no way to take a message back that has begun: what came first must not look like the whole.
      this.#line.close(1011, "The source of a message failed");
      throw error;
    }
    this.#finish();
  }

  /** The line has room again. */
  handleTaken(): void {
    if (!this.#pressure.isFull(this.#waitingBytes)) this.#goOn?.();
  }

  /** The line is closing: what is not sent will never be. */
  stop(): void {
    this.#interrupt?.(closedError());
    const jobs = this.#jobs;
    this.#jobs = [];
    this.#waitingBytes = 0;
    for (const job of jobs) job.cancel();
  }

  async #pump(iterator: Pieces, options: SendStreamOptions): Promise<void> {
    let { type } = options;
    // What a stream of bytes is cut by is not what a character is cut by.
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    for (;;) {
      const { done, value } = await this.#interruptible(() => Promise.resolve(iterator.next()));
      if (done === true) break;
      type ??= typeof value === "string" ? "text" : "binary";
      await this.#sendPiece(type === "binary" ? requireBinary(value) : toText(value, decoder), options);
    }
    this.#write(type === "text" ? decoder.decode() : new Uint8Array(), true, options);
  }

  async #sendPiece(piece: string | Uint8Array, options: SendOptions): Promise<void> {
    for (let at = 0; at < piece.length; at += maxFragmentBytes) {
      if (this.#pressure.isFull(this.#waitingBytes)) await this.#interruptible(() => this.#room());
      const end = at + maxFragmentBytes;
      this.#write(typeof piece === "string" ? piece.slice(at, end) : piece.subarray(at, end), false, options);
    }
  }

  #write(fragment: string | Uint8Array, isFinal: boolean, options: SendOptions): void {
    if (this.#line.state !== "open") throw closedError();
    this.#line.sendFragment(fragment, isFinal, options);
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#goOn = () => {
        this.#goOn = undefined;
        resolve();
      };
    });
  }

  /** Waits, until the line is closing. */
  #interruptible<Value>(wait: () => Promise<Value>): Promise<Value> {
    if (this.#line.state !== "open") return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      wait().then(resolve, reject);
    });
  }

  async #takeTurn(): Promise<void> {
    if (this.#line.state !== "open") throw closedError();
    if (this.#isSending) await this.#waitForTurn();
    this.#isSending = true;
  }

  #waitForTurn(): Promise<void> {
    if (this.#waitingStreamCount === maxWaitingStreams) {
      const message = `Cannot send a stream: ${maxWaitingStreams} others are waiting for their turn`;
      return Promise.reject(new StreamError("ERR_QUEUE_FULL", message));
    }
    this.#waitingStreamCount++;
    return new Promise<void>((resolve, reject) => {
      const start = (): void => {
        this.#waitingStreamCount--;
        this.#isSending = true;
        resolve();
      };
      this.#push({ byteCount: 0, start, cancel: () => reject(closedError()) });
    });
  }

  #push(job: Job): void {
    this.#jobs.push(job);
    this.#waitingBytes += job.byteCount;
  }

  #finish(): void {
    this.#interrupt = undefined;
    this.#isSending = false;
    let count = 0;
    for (const job of this.#jobs) {
      if (this.#isSending) break; // the next stream has begun
      count++;
      this.#waitingBytes -= job.byteCount;
      job.start();
    }
    this.#jobs.splice(0, count);
  }
}

type Pieces = AsyncIterator<string | Uint8Array> | Iterator<string | Uint8Array>;

function iterate(source: MessageSource): Pieces {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

function toText(piece: string | Uint8Array, decoder: InstanceType<typeof TextDecoder>): string {
  return typeof piece === "string" ? piece : decoder.decode(piece, { stream: true });
}

function requireBinary(piece: string | Uint8Array): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError(`Cannot send a ${typeof piece} in a binary message: give a Uint8Array`);
}

/** Tells a source that nobody reads on. How it takes that is its own affair. */
function dismiss(source: MessageSource, pieces: Pieces): void {
  if (source instanceof Readable) source.destroy(); // its iterator does so only once it has begun
  Promise.resolve(pieces.return?.()).catch(doNothing);
}

function closedError(): StreamError {
  return new StreamError("ERR_CLOSED", "Cannot send the message: the connection is not open any more");
}

function doNothing(): void {}

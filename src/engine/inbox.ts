import { inflateFaults, type MessagePiece } from "../protocol/index.ts";
import type { Codec } from "./codec.ts";
import type { InflatingMessage, InflatingStep } from "./inflating-message.ts";
import type { LineLimits } from "./limits.ts";
import { IncomingMessage, type MessageStream } from "./message-stream.ts";
import { StreamError } from "./stream-error.ts";

const noBytes = new Uint8Array();

/** The line whose messages an {@link Inbox} delivers. */
export interface ReceivingLine {
  readonly limits: LineLimits;
  /** Calls the `messageStream` handler. Gives the promise it returned, made one that never rejects; undefined if it returned none. */
  openStream(message: MessageStream): Promise<void> | undefined;
  /** Delivery may go on. Never called while something is delivered. */
  readOn(): void;
  /** What the peer sent cannot be used: it is closed with this code. */
  refuse(reason: string, code: number): void;
}

/** Delivers one message after the other: the next waits until the handler's promise is settled and a stream is read to its end. */
export class Inbox {
  readonly #line: ReceivingLine;
  readonly #codec: Codec | undefined;
  readonly #tellReady: () => void;
  #message: IncomingMessage | undefined;
  /** What is left of the message to be inflated, if it is compressed. */
  #inflating: InflatingMessage | undefined;
  /** Whether there may be more in it without anything having to come. */
  #hasMore = false;
  #isHandling = false;
  /** What came cannot be inflated, so nothing behind it can be understood. */
  #isBroken = false;

  constructor(line: ReceivingLine, codec: Codec | undefined) {
    this.#line = line;
    this.#codec = codec;
    // Not within a reader's next(): the handler that reads may be on the stack.
    this.#tellReady = () => process.nextTick(() => line.readOn());
  }

  /** Whether nothing may be delivered now. */
  get isBusy(): boolean {
    const message = this.#message;
    if (message === undefined) return this.#isHandling;
    if (message.isComplete) return this.#isHandling || !message.isTaken;
    return !message.isWanted || this.#hasMore;
  }

  /** A handler was given a message, and is done with it when `handling` is settled. */
  wait(handling: Promise<void>): void {
    this.#isHandling = true;
    void handling.then(() => {
      this.#isHandling = false;
      this.#tellReady();
    });
  }

  /** Delivers the next piece. To be called only while not busy. */
  put(piece: MessagePiece): void {
    if (this.#isBroken) return;
    if (!piece.isFirst) return this.#add(this.#message as IncomingMessage, piece); // that of the first one
    const message = new IncomingMessage(piece.opcode, this.#tellReady);
    this.#message = message;
    if (piece.isCompressed && !this.#beginInflating(piece)) return;
    this.#add(message, piece);
    const handling = this.#line.openStream(message);
    // A handler that has ended has read what it wanted.
    if (handling !== undefined) this.wait(handling.then(() => message.cancel()));
  }

  /** Gives of a compressed message what is wanted now. False if nothing may be delivered even then. */
  goOn(): boolean {
    this.#inflate();
    return !this.isBusy;
  }

  /** The message that is being read will not come to its end. */
  fail(reason: string): void {
    this.#endInflating();
    this.#message?.fail(new StreamError("ERR_INCOMPLETE", `Cannot read the message to its end: ${reason}`));
  }

  #add(message: IncomingMessage, piece: MessagePiece): void {
    if (!piece.isCompressed) return message.put(piece);
    // Of a message that was left nothing but its end matters.
    if (this.#inflating === undefined) return message.put({ data: noBytes, isLast: piece.isLast });
    this.#inflating.feed(piece.data as Uint8Array, piece.isLast); // compressed text is told as bytes too
    this.#inflate();
  }

  /** False if there is no memory for it. */
  #beginInflating({ opcode }: MessagePiece): boolean {
    const codec = this.#codec as Codec; // what is compressed comes through only where that was agreed on
    this.#inflating = codec.inflatePieces(opcode === "text", this.#line.limits.maxStreamedMessageBytes);
    if (this.#inflating === undefined) this.#break(inflateFaults.overloaded);
    return this.#inflating !== undefined;
  }

  #inflate(): void {
    const [message, inflating] = [this.#message, this.#inflating];
    if (message === undefined || inflating === undefined) return;
    this.#hasMore = true;
    while (message.isWanted && this.#hasMore) {
      if (message.isDropped && !inflating.isRemembered) return this.#leaveRest(message, inflating);
      this.#take(inflating.next(), message);
      // Nobody slows down the rest of a message that was left: it must not keep others waiting.
      if (message.isDropped && this.#hasMore) return void setImmediate(() => this.#line.readOn());
    }
  }

  #take(step: InflatingStep | undefined, message: IncomingMessage): void {
    if (step === undefined) this.#hasMore = false;
    else if (step.type === "fault") this.#break(step);
    else {
      if (step.isLast) this.#endInflating();
      message.put(step);
    }
  }

  #leaveRest(message: IncomingMessage, inflating: InflatingMessage): void {
    inflating.end();
    this.#endInflating();
    message.put({ data: noBytes, isLast: inflating.hasAll });
  }

  #endInflating(): void {
    this.#inflating = undefined;
    this.#hasMore = false;
  }

  #break({ code, reason }: { readonly code: number; readonly reason: string }): void {
    this.#isBroken = true;
    this.fail(reason);
    this.#line.refuse(reason, code);
  }
}

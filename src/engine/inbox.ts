import type { MessagePiece } from "../protocol/index.ts";
import { IncomingMessage, type MessageStream } from "./message-stream.ts";
import { StreamError } from "./stream-error.ts";

/** The line whose messages an {@link Inbox} delivers. */
export interface ReceivingLine {
  /** Calls the `messageStream` handler. Gives the promise it returned, made one that never rejects; undefined if it returned none. */
  openStream(message: MessageStream): Promise<void> | undefined;
  /** Delivery may go on. Never called while something is delivered. */
  readOn(): void;
}

/** Delivers one message after the other: the next waits until the handler's promise is settled and a stream is read to its end. */
export class Inbox {
  readonly #line: ReceivingLine;
  readonly #tellReady: () => void;
  #message: IncomingMessage | undefined;
  #isHandling = false;

  constructor(line: ReceivingLine) {
    this.#line = line;
    // Not within a reader's next(): the handler that reads may be on the stack.
    this.#tellReady = () => process.nextTick(() => line.readOn());
  }

  /** Whether nothing may be delivered now. */
  get isBusy(): boolean {
    const message = this.#message;
    if (message === undefined) return this.#isHandling;
    return message.isComplete ? this.#isHandling || !message.isTaken : !message.isWanted;
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
    if (!piece.isFirst) return this.#message?.put(piece);
    const message = new IncomingMessage(piece.opcode, this.#tellReady);
    this.#message = message;
    message.put(piece);
    const handling = this.#line.openStream(message);
    // A handler that has ended has read what it wanted.
    if (handling !== undefined) this.wait(handling.then(() => message.cancel()));
  }

  /** The message that is being read will not come to its end. */
  fail(reason: string): void {
    this.#message?.fail(new StreamError("ERR_INCOMPLETE", `Cannot read the message to its end: ${reason}`));
  }
}

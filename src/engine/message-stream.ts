import type { MessagePiece } from "../protocol/index.ts";
import { StreamError } from "./stream-error.ts";

/**
 * One message, as it comes. Read it once, with `for await`: a text gives strings, cut between characters, binary gives bytes. What is
 * not asked for is not read from the socket: the peer is slowed down by TCP.
 *
 * Leaving the loop throws the rest of the message away; it is still read, up to `maxStreamedMessageBytes`, as the next message comes
 * behind it. The loop throws a {@link StreamError} `ERR_INCOMPLETE` if the connection ends first, or fails because of the message.
 */
export interface MessageStream extends AsyncIterable<string | Uint8Array> {
  readonly type: "text" | "binary";
  /** Throws away what was not read. */
  cancel(): void;
}

interface Reader {
  readonly resolve: (result: IteratorResult<string | Uint8Array, undefined>) => void;
  readonly reject: (error: Error) => void;
}

const done: IteratorResult<never, undefined> = { done: true, value: undefined };

/** A {@link MessageStream} and the side that fills it: it takes a piece only when somebody waits for one. */
export class IncomingMessage implements MessageStream, AsyncIterator<string | Uint8Array, undefined> {
  readonly type: "text" | "binary";
  readonly #onWanted: () => void;
  /** The one piece that may wait for a reader. */
  #piece: string | Uint8Array | undefined;
  #reader: Reader | undefined;
  #failure: StreamError | undefined;
  #isComplete = false;
  #isDropped = false;
  #isIterated = false;

  /** @param onWanted - called when a piece can be put again, or none is waited for any more. */
  constructor(type: "text" | "binary", onWanted: () => void) {
    this.type = type;
    this.#onWanted = onWanted;
  }

  /** Whether the last piece was put. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Whether {@link put} may be called: somebody waits, or nobody ever will. */
  get isWanted(): boolean {
    return this.#isDropped || this.#reader !== undefined;
  }

  /** Whether nobody will read on. */
  get isDropped(): boolean {
    return this.#isDropped;
  }

  /** Whether all that was put is taken. */
  get isTaken(): boolean {
    return this.#piece === undefined;
  }

  put({ data, isLast }: Pick<MessagePiece, "data" | "isLast">): void {
    this.#isComplete = isLast;
    if (this.#isDropped) return;
    if (data.length > 0) this.#piece = data;
    if (this.#reader === undefined || (this.#piece === undefined && !isLast)) return;
    const { resolve } = this.#reader;
    this.#reader = undefined;
    resolve(this.#take());
  }

  /** The rest will not come, and if the reader's turn is now, it is told. */
  fail(error: StreamError): void {
    if (this.#isComplete) return;
    this.#failure = error;
    this.#drop();
    this.#reader?.reject(error);
    this.#reader = undefined;
    this.#onWanted();
  }

  cancel(): void {
    this.#drop();
    this.#reader?.resolve(done);
    this.#reader = undefined;
    this.#onWanted();
  }

  [Symbol.asyncIterator](): AsyncIterator<string | Uint8Array, undefined> {
    if (this.#isIterated) throw new TypeError("Cannot read a message twice");
    this.#isIterated = true;
    return this;
  }

  next(): Promise<IteratorResult<string | Uint8Array, undefined>> {
    if (this.#piece !== undefined) return Promise.resolve(this.#take());
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#isComplete || this.#isDropped) return Promise.resolve(done);
    if (this.#reader !== undefined) return Promise.reject(new TypeError("Cannot read on: the last read has not ended"));
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#onWanted();
    });
  }

  return(): Promise<IteratorResult<string | Uint8Array, undefined>> {
    this.cancel();
    return Promise.resolve(done);
  }

  #take(): IteratorResult<string | Uint8Array, undefined> {
    const value = this.#piece;
    if (value === undefined) return done;
    this.#piece = undefined;
    if (this.#isComplete) this.#onWanted();
    return { done: false, value };
  }

  #drop(): void {
    this.#isDropped = true;
    this.#piece = undefined;
  }
}

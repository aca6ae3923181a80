import { ClientError } from "./errors.ts";

interface Waiting<Item> {
  resolve(result: IteratorResult<Item, undefined>): void;
  reject(error: unknown): void;
}

export interface MessageStreamOptions {
  /** One more than this, unread, ends the stream. */
  readonly maxBufferedCount: number;
  /** Called once, when nothing will be read from it any more. */
  readonly ended: () => void;
}

/** What a `for await` loop reads from. What came before its end is read first, then the error, if there was one. */
export class MessageStream<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #options: MessageStreamOptions;
  readonly #buffer: Item[] = [];
  readonly #waiting: Waiting<Item>[] = [];
  #end: { readonly error: ClientError | undefined } | undefined;

  constructor(options: MessageStreamOptions) {
    this.#options = options;
  }

  /** Whether all that came was read, and the loop is back for more. */
  get isIdle(): boolean {
    return this.#buffer.length === 0 && this.#waiting.length > 0;
  }

  /** @param isOlder - finds in the buffer what the item takes the place of: then that is not read any more. */
  push(item: Item, isOlder?: (buffered: Item) => boolean): void {
    if (this.#end !== undefined) return;
    const { maxBufferedCount } = this.#options;
    const olderAt = isOlder === undefined ? -1 : this.#buffer.findIndex(isOlder);
    if (olderAt !== -1) this.#buffer.splice(olderAt, 1);
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting.resolve({ done: false, value: item });
    else if (this.#buffer.length < maxBufferedCount) this.#buffer.push(item);
    else this.end(new ClientError("TOO_SLOW", `Cannot keep more than ${maxBufferedCount} messages for a loop`));
  }

  end(error?: ClientError): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#options.ended();
    for (const waiting of this.#waiting.splice(0)) this.#finish(waiting);
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    return new Promise((resolve, reject) => {
      const [item] = this.#buffer.splice(0, 1).map((value) => ({ done: false, value }) as const);
      if (item !== undefined) resolve(item);
      else if (this.#end === undefined) this.#waiting.push({ resolve, reject });
      else this.#finish({ resolve, reject });
    });
  }

  /** The loop was left. */
  return(): Promise<IteratorResult<Item, undefined>> {
    this.#buffer.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The error is thrown once: a loop sees it once. */
  #finish(waiting: Waiting<Item>): void {
    const error = this.#end?.error;
    this.#end = { error: undefined };
    if (error === undefined) waiting.resolve({ done: true, value: undefined });
    else waiting.reject(error);
  }
}

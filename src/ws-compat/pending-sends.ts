/** What `send()` calls when the bytes are in the operating system's hands, or never will be. */
export type SendCallback = (error?: Error) => void;
/** The same of `ping` and `pong`. `@types/ws` has the error always there, and so have callbacks that were written to it. */
export type ControlCallback = (error: Error) => void;

/** The callbacks of one socket's sends, in order. It counts our bytes, so it needs no answer from the writer for each. */
export class PendingSends {
  readonly #waiting: { readonly endsAt: number; readonly callback: SendCallback }[] = [];
  #sentBytes = 0;

  /** So many bytes were handed to the socket. */
  add(frameBytes: number, callback: SendCallback | undefined): void {
    this.#sentBytes += frameBytes;
    if (callback !== undefined) this.#waiting.push({ endsAt: this.#sentBytes, callback });
  }

  /** Of all that was sent, at most the last `bufferedBytes` still wait: control frames of the engine's own may be among them. */
  settle(bufferedBytes: number): void {
    const takenBytes = this.#sentBytes - bufferedBytes;
    while (this.#waiting.length > 0 && (this.#waiting[0]?.endsAt ?? 0) <= takenBytes) this.#waiting.shift()?.callback();
  }

  /** The socket is gone. */
  fail(error: Error): void {
    for (const { callback } of this.#waiting.splice(0)) callback(error);
  }
}

const noBytes = Buffer.alloc(0);

/**
 * The end of all that was compressed in one direction of a connection: what "context takeover" takes over (RFC 7692 §7.1.1).
 *
 * zlib takes it as a dictionary, so that no stream of its own has to live on between messages. It costs what the messages were long,
 * the window at most; a stream of zlib's would take an eighth to eight times more, at once, and beside the heap.
 */
export class History {
  readonly #windowBytes: number;
  #memory: Buffer = noBytes;
  #byteCount = 0;

  constructor(windowBits: number) {
    this.#windowBytes = 2 ** windowBits;
  }

  /** The last bytes, as many as the window has; `undefined` if there are none. A view until the next {@link append}. */
  get dictionary(): Buffer | undefined {
    return this.#byteCount === 0 ? undefined : this.#memory.subarray(0, this.#byteCount);
  }

  /** Adds a copy of what was compressed next. */
  append(bytes: Uint8Array): void {
    const added = bytes.subarray(Math.max(0, bytes.length - this.#windowBytes));
    const keptBytes = Math.min(this.#byteCount, this.#windowBytes - added.length);
    const kept = this.#memory.subarray(this.#byteCount - keptBytes, this.#byteCount);
    this.#byteCount = keptBytes + added.length;
    if (this.#byteCount > this.#memory.length) this.#memory = this.#grow(this.#byteCount);
    this.#memory.set(kept);
    this.#memory.set(added, keptBytes);
  }

  #grow(neededBytes: number): Buffer {
    return Buffer.allocUnsafeSlow(Math.min(this.#windowBytes, 2 ** Math.ceil(Math.log2(neededBytes))));
  }
}

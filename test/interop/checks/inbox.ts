/** Turns what is called back into what is awaited: values that came first wait for their reader, readers for their value. */
export class Inbox<Value> {
  readonly #values: Value[] = [];
  readonly #readers: { readonly resolve: (value: Value) => void; readonly reject: (reason: Error) => void }[] = [];
  #ending: Error | undefined;

  put(value: Value): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#values.push(value);
    else reader.resolve(value);
  }

  /** From now on who waits in vain is told why. */
  end(reason: Error): void {
    this.#ending = reason;
    for (const reader of this.#readers.splice(0)) reader.reject(reason);
  }

  take(): Promise<Value> {
    const value = this.#values.shift();
    if (value !== undefined) return Promise.resolve(value);
    if (this.#ending !== undefined) return Promise.reject(this.#ending);
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }
}

import type { Line } from "./line.ts";

/** The way from `send()` to the line: keeps messages behind a Blob that is still read, and counts what has not left. */
export class Outbox {
  #line: Line<undefined> | undefined;
  /** Set while a Blob is read: what comes after waits for it. */
  #last: Promise<void> | undefined;
  #waitingBytes = 0;
  #lineBytes = 0;
  #lostBytes = 0;
  #isCountFixed = false;
  #isFull = false;

  open(line: Line<undefined>): void {
    this.#line = line;
  }

  /** Whether the connection is closed because more was sent than may wait. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /**
   * Payload bytes that were sent but have not left: "as of the last time the event loop reached step 1" (WebSockets Standard
   * §3.1), so it does not shrink within a task. While the line is busy it may be too high by the headers of what waits.
   */
  get bufferedBytes(): number {
    this.#count();
    return this.#waitingBytes + this.#lineBytes + this.#lostBytes;
  }

  send(data: string | Uint8Array | Blob): void {
    const byteCount = countBytes(data);
    this.#waitingBytes += byteCount;
    this.#enqueue(() => {
      if (!(data instanceof Blob)) return this.#write(data, byteCount);
      return data.arrayBuffer().then(
        (buffer) => this.#write(new Uint8Array(buffer), byteCount),
        () => this.#line?.terminate(), // the file behind the Blob has changed or is gone
      );
    });
  }

  /** Counts what was sent when the connection was closing already. It never leaves. */
  lose(data: string | Uint8Array | Blob): void {
    this.#lostBytes += countBytes(data);
  }

  close(code: number | undefined, reason: string): void {
    this.#enqueue(() => {
      if (code === undefined) this.#line?.closeWithoutCode();
      else this.#line?.close(code, reason);
    });
  }

  /** The line is gone: what has not left never will. */
  settle(): void {
    this.#count();
    this.#line = undefined;
  }

  #write(data: string | Uint8Array, byteCount: number): void {
    this.#waitingBytes -= byteCount;
    if (this.#line?.state !== "open") {
      this.#lostBytes += byteCount;
      return;
    }
    this.#count();
    this.#lineBytes += byteCount;
    this.#fixCount();
    this.#line.send(data);
    if (this.#line.state !== "open") this.#isFull = true;
  }

  #count(): void {
    if (this.#isCountFixed || this.#line === undefined) return;
    this.#lineBytes = Math.min(this.#lineBytes, this.#line.bufferedBytes);
  }

  #fixCount(): void {
    if (this.#isCountFixed) return;
    this.#isCountFixed = true;
    setImmediate(() => {
      this.#isCountFixed = false;
    });
  }

  #enqueue(job: () => Promise<void> | void): void {
    const running = this.#last === undefined ? job() : this.#last.then(job);
    if (running === undefined) return;
    const last = running.then(() => {
      if (this.#last === last) this.#last = undefined;
    });
    this.#last = last;
  }
}

function countBytes(data: string | Uint8Array | Blob): number {
  if (typeof data === "string") return Buffer.byteLength(data);
  return data instanceof Blob ? data.size : data.byteLength;
}

/** One thing to send. */
export interface BlobQueueJob<Data> {
  readonly data: Data | Blob;
  readonly byteCount: number;
  use(data: Data | ArrayBuffer): void;
  fail(error: Error): void;
}

/** Keeps the order of what is sent while a Blob is read, which takes its time. */
export class BlobQueue<Data> {
  readonly #waiting: BlobQueueJob<Data>[] = [];
  readonly #onFailed: (error: Error) => void;
  #isReading = false;
  #byteCount = 0;

  /** @param onFailed - is told of a Blob that cannot be read, after the jobs are. */
  constructor(onFailed: (error: Error) => void) {
    this.#onFailed = onFailed;
  }

  /** The bytes that wait. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /** Calls `job.use` with the bytes: at once, unless they are a Blob's or behind one. */
  add(job: BlobQueueJob<Data>): void {
    if (!this.#isReading && !(job.data instanceof Blob)) return job.use(job.data);
    this.#waiting.push(job);
    this.#byteCount += job.byteCount;
    if (!this.#isReading) this.#next();
  }

  #fail(error: Error): void {
    this.#isReading = false;
    this.#byteCount = 0;
    for (const job of this.#waiting.splice(0)) job.fail(error);
    this.#onFailed(error);
  }

  #next(): void {
    const job = this.#waiting[0];
    this.#isReading = job !== undefined;
    if (job === undefined) return;
    const finish = (data: Data | ArrayBuffer): void => {
      this.#waiting.shift();
      this.#byteCount -= job.byteCount;
      job.use(data);
      this.#next();
    };
    const { data } = job;
    if (!(data instanceof Blob)) return finish(data);
    // In a tick of its own: what a callback throws is not the promise's affair.
    data.arrayBuffer().then(
      (bytes) => process.nextTick(finish, bytes),
      (error: Error) => process.nextTick(() => this.#fail(error)), // a Blob rejects with a DOMException
    );
  }
}

import type {
  AppendRequest,
  AppendResult,
  Broker,
  BrokerInfo,
  BrokerSink,
  Entry,
  ReadRequest,
  ReadResult,
} from "../gateway/index.ts";

/** The one matcher that the suite needs, as `vitest` and `jest` have it. */
export type ExpectFunction = (actual: unknown) => { toEqual(expected: unknown): void };

/** A store of a broker, made empty for one test. */
export interface BrokerStore {
  /** A broker on this store that is not open yet. Asked again, after the one before was closed, when `isPersistent`. */
  makeBroker(): Broker;
  /** Called when the test is over and its brokers are closed. */
  dispose?(): Promise<void>;
}

/** What a broker told its sink. */
export interface Announcement {
  readonly channel: string;
  readonly epoch: string;
  readonly entry: Entry;
}

/** One test's broker, its store, and all it said: what the cases of the suite are written with. */
export class BrokerBench implements BrokerSink {
  readonly expect: ExpectFunction;
  readonly announcements: Announcement[] = [];
  readonly broadcasts: string[] = [];
  readonly #store: BrokerStore;
  #broker: Broker;
  #tag = 0x80000000;
  #onAppended: ((announcement: Announcement) => void) | undefined;

  constructor(store: BrokerStore, expect: ExpectFunction) {
    this.#store = store;
    this.expect = expect;
    this.#broker = store.makeBroker();
  }

  get broker(): Broker {
    return this.#broker;
  }

  async open(): Promise<BrokerInfo> {
    return this.#broker.open(this);
  }

  /** Closes the broker and opens another on the same store. */
  async reopen(): Promise<void> {
    await this.#broker.close();
    this.#broker = this.#store.makeBroker();
    await this.open();
  }

  async dispose(): Promise<void> {
    await this.#broker.close();
    await this.#store.dispose?.();
  }

  /** A request with a fresh tag; everything else has a value that a case replaces when it matters. */
  request(messageId: string, parts: Partial<AppendRequest> = {}): AppendRequest {
    this.#tag += 1;
    const data = parts.data ?? JSON.stringify({ text: messageId });
    return {
      channel: "chat/a",
      event: "message",
      messageId,
      user: { id: "u1", name: "Ada" },
      data,
      payloadHash: `hash of ${data}`,
      tag: this.#tag,
      nowMs: startMs,
      history: { maxCount: 1000, maxAgeMs: Infinity },
      ...parts,
    };
  }

  async append(messageId: string, parts?: Partial<AppendRequest>): Promise<AppendResult> {
    return this.#broker.append(this.request(messageId, parts));
  }

  /** Appends `count` entries, `m1` on, one after the other. */
  async fill(count: number, parts?: Partial<AppendRequest>): Promise<readonly AppendRequest[]> {
    const requests = Array.from({ length: count }, (_, index) => this.request(`m${index + 1}`, parts));
    for (const request of requests) this.expect((await this.#broker.append(request)).type).toEqual("stored");
    return requests;
  }

  async read(parts: Partial<ReadRequest> = {}): Promise<ReadResult> {
    return this.#broker.read({ channel: "chat/a", after: 0, maxCount: 10_000, maxBytes: Infinity, ...parts });
  }

  /** The code of the error that a promise rejects with; undefined when it does not. */
  async codeOf(promise: Promise<unknown>): Promise<unknown> {
    try {
      await promise;
      return undefined;
    } catch (error) {
      return error instanceof Error && "code" in error ? error.code : error;
    }
  }

  /** Calls back within the announcement, until the test is over. */
  onAppended(listener: (announcement: Announcement) => void): void {
    this.#onAppended = listener;
  }

  appended(channel: string, epoch: string, entry: Entry): void {
    const announcement = { channel, epoch, entry };
    this.announcements.push(announcement);
    this.#onAppended?.(announcement);
  }

  broadcasted(channel: string, payload: string): void {
    this.broadcasts.push(`${channel} ${payload}`);
  }

  availability(isAvailable: boolean, reason: string): void {
    if (!isAvailable) throw new Error(`The store became unavailable within a test of the contract: ${reason}`);
  }
}

/** When the suite's appends happen unless a case says otherwise: 2026-01-01. */
export const startMs: number = Date.UTC(2026, 0, 1);

import type { BrokerSink, Entry } from "../gateway/index.ts";

/** The channels that this node has joined, and the sink it is told through. */
export class Audience {
  readonly #sink: BrokerSink;
  readonly #joined = new Set<string>();

  constructor(sink: BrokerSink) {
    this.#sink = sink;
  }

  has(channel: string): boolean {
    return this.#joined.has(channel);
  }

  join(channel: string): void {
    this.#joined.add(channel);
  }

  leave(channel: string): void {
    this.#joined.delete(channel);
  }

  appended(channel: string, epoch: string, entry: Entry): void {
    if (this.#joined.has(channel)) this.#sink.appended(channel, epoch, entry);
  }

  broadcasted(channel: string, payload: string): void {
    if (this.#joined.has(channel)) this.#sink.broadcasted(channel, payload);
  }

  availability(isAvailable: boolean, reason: string): void {
    this.#sink.availability(isAvailable, reason);
  }
}

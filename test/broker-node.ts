/** What tests of several nodes on one store are written with. */
import type { AppendRequest, Broker, BrokerSink, Entry } from "../src/gateway/index.ts";

/** What a node hears, and promises of what it will. */
export class Ear implements BrokerSink {
  readonly entries: Entry[] = [];
  readonly epochs: string[] = [];
  readonly broadcasts: string[] = [];
  readonly states: string[] = [];
  #wake: () => void = () => {};

  appended(_channel: string, epoch: string, entry: Entry): void {
    this.entries.push(entry);
    this.epochs.push(epoch);
    this.#wake();
  }

  broadcasted(channel: string, payload: string): void {
    this.broadcasts.push(`${channel} ${payload}`);
    this.#wake();
  }

  availability(isAvailable: boolean, reason: string): void {
    this.states.push(`${isAvailable} ${reason}`);
    this.#wake();
  }

  async until(isThere: (ear: this) => boolean): Promise<void> {
    while (!isThere(this)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** Until the store was away and is back. */
  async untilBack(): Promise<void> {
    await this.until(({ states }) => states.at(-1)?.startsWith("true") === true);
  }
}

/** One node of a store, and what it hears. */
export interface BrokerNode {
  readonly broker: Broker;
  readonly ear: Ear;
}

let tag = 1;

/** An append to `chat/a`, with a tag of its own. */
export function appendRequest(messageId: string, parts: Partial<AppendRequest> = {}): AppendRequest {
  return {
    channel: "chat/a",
    event: "message",
    messageId,
    user: { id: "ada" },
    data: `{"text":"${messageId}"}`,
    payloadHash: messageId,
    tag: tag++,
    nowMs: Date.UTC(2026, 0, 1),
    history: { maxCount: 1000, maxAgeMs: Infinity },
    ...parts,
  };
}

/** All of `chat/a`. */
export const wholePage: Parameters<Broker["read"]>[0] = {
  channel: "chat/a",
  after: 0,
  maxCount: 5_000,
  maxBytes: Infinity,
};

/** What tests of several nodes on one store are written with. */
import { expect } from "vitest";
import type { AppendRequest, Broker, BrokerSink, Entry, ReadResult } from "../src/gateway/index.ts";

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

interface StoreProcess {
  signal(signal: "SIGCONT"): void;
  dispose(): Promise<void>;
}

/** Opens a node, and is closed with the test. */
export type OpenNode<Options> = (options?: Options) => Promise<BrokerNode>;

/** Runs a test of nodes on a store of its own, and ends them all whatever came of it. */
export async function withNodes<Store extends StoreProcess, Options>(
  store: Store,
  makeBroker: (options: Options | undefined) => Broker,
  body: (store: Store, open: OpenNode<Options>) => Promise<void>,
): Promise<void> {
  const brokers: Broker[] = [];
  try {
    await body(store, async (options) => {
      const [broker, ear] = [makeBroker(options), new Ear()];
      brokers.push(broker);
      await broker.open(ear);
      return { broker, ear };
    });
  } finally {
    store.signal("SIGCONT");
    await Promise.all(brokers.map((broker) => broker.close()));
    await store.dispose();
  }
}

/** Two nodes append to one log by turns, and broadcast: both hear all of it, once. */
export async function expectOneLog([one, two]: readonly [BrokerNode, BrokerNode]): Promise<void> {
  await Promise.all([one, two].map(({ broker }) => broker.join("chat/a")));
  const ids = Array.from({ length: 100 }, (_, index) => `m${index}`);
  await Promise.all(ids.map((id, index) => (index % 2 === 0 ? one : two).broker.append(appendRequest(id))));
  await one.broker.broadcast("chat/a", "hello");
  for (const { ear } of [one, two]) {
    await ear.until(({ entries, broadcasts }) => entries.length + broadcasts.length >= 101);
  }
  const page = await two.broker.read(wholePage);
  expectChain(page, 100);
  for (const { ear } of [one, two]) {
    expect(ear.entries.toSorted((a, b) => a.offset - b.offset)).toEqual(page.entries);
    expect(new Set(ear.epochs)).toEqual(new Set([page.top.epoch]));
    expect(ear.broadcasts).toEqual(["chat/a hello"]);
  }
}

/** A whole log of so many entries: dense, and each names the one before it. */
export function expectChain({ entries, first }: ReadResult, count: number): void {
  expect([first, entries.length]).toEqual([1, count]);
  expect(entries.map(({ offset }) => offset)).toEqual(entries.map((_, index) => index + 1));
  expect(entries.every(({ previousTag }, index) => previousTag === (entries[index - 1]?.tag ?? 0))).toBe(true);
}

/** What one node stored is a duplicate on another. */
export async function expectDuplicate([one, two]: readonly [BrokerNode, BrokerNode]): Promise<void> {
  const stored = await one.broker.append(appendRequest("m"));
  const again = await two.broker.append(appendRequest("m"));
  expect(again).toEqual({ type: "duplicate", position: stored.type === "stored" ? stored.position : undefined });
}

/** Appends 2 000 entries to some channels and waits for the first hundred. @returns how to hear of all that were acknowledged. */
export async function appendHundred(
  { broker }: BrokerNode,
  channels: readonly string[],
): Promise<() => Promise<readonly string[]>> {
  const acknowledged: string[] = [];
  const ended: Promise<unknown>[] = [];
  await new Promise<void>((resolve) => {
    for (let index = 0; index < 2_000; index += 1) {
      const channel = channels[index % channels.length] ?? "";
      const stored = broker.append(appendRequest(`m${index}`, { channel })).then(() => {
        acknowledged.push(`m${index}`);
        if (acknowledged.length === 100) resolve();
      });
      ended.push(stored.catch(() => undefined));
    }
  });
  return async () => {
    await Promise.all(ended);
    return acknowledged;
  };
}

/** Every one of these ids is in one of these channels. */
export async function expectStored(
  { broker }: BrokerNode,
  ids: readonly string[],
  channels: readonly string[],
): Promise<void> {
  const pages = await Promise.all(channels.map((channel) => broker.read({ ...wholePage, channel })));
  const found = new Set(pages.flatMap(({ entries }) => entries.map(({ messageId }) => messageId)));
  expect(ids.filter((id) => !found.has(id))).toEqual([]);
}

/** Runs a small gateway with three clients through crashes, rollbacks and reconnects, and records it. Same seed, same run. */
import type { Durability } from "switchboard/wire";
import type { Bug } from "./bug.ts";
import type { HistoryEvent } from "./event.ts";
import { ModelReader } from "./model-reader.ts";
import { ModelStore, type ModelEntry, type ModelMessage } from "./model-store.ts";

const channel = "chat/1";
const users = ["ada", "bob", "eve"];
const stepCount = 400;
const maxCount = 15;

interface ModelClient {
  readonly user: string;
  readonly reader: ModelReader;
  /** Published and not yet answered. */
  readonly outstanding: Map<string, ModelMessage>;
  publishCount: number;
}

/** The history of one run. */
export function runModel(seed: number, bug?: Bug): readonly HistoryEvent[] {
  const run = new ModelRun(seed, bug);
  for (let step = 0; step < stepCount; step++) run.step();
  return run.finish();
}

class ModelRun {
  readonly #history: HistoryEvent[] = [];
  readonly #random: () => number;
  readonly #bug: Bug | undefined;
  readonly #store: ModelStore;
  readonly #clients: readonly ModelClient[];
  #nowMs = 0;

  constructor(seed: number, bug: Bug | undefined) {
    this.#random = createRandom(seed);
    this.#bug = bug;
    this.#store = new ModelStore({ maxCount, random: this.#random, bug });
    this.#clients = users.map((user) => this.#createClient(user));
  }

  step(): void {
    this.#nowMs += 1;
    const client = this.#pick(this.#clients);
    const dice = this.#random();
    if (dice < 0.4) this.#publish(client);
    else if (dice < 0.6) this.#commit();
    else if (dice < 0.8) this.#move(client);
    else if (dice < 0.9) this.#connect(client);
    else if (dice < 0.95) this.#disconnect(client);
    else if (dice < 0.98) client.reader.probe();
    else this.#breakStore();
  }

  /** Everyone comes back, says what is unsaid, and waits; then the log is read. */
  finish(): readonly HistoryEvent[] {
    for (const client of this.#clients) this.#connect(client);
    this.#commit();
    for (const client of this.#clients) {
      while (client.reader.state === "replaying") client.reader.replay();
      if (this.#bug !== "lost last hint") client.reader.probe();
      this.#record({ type: "quiet", client: client.user, channel });
    }
    for (const entry of this.#store.entries) {
      this.#record({ type: "stored", channel, epoch: this.#store.epoch, ...entry });
    }
    return this.#history;
  }

  #createClient(user: string): ModelClient {
    const where = { client: user, channel };
    const sink = {
      receive: (entry: ModelEntry, epoch: string): void => this.#record({ type: "receive", ...where, epoch, ...entry }),
      gap: (gap: Parameters<ConstructorParameters<typeof ModelReader>[0]["sink"]["gap"]>[0]): void =>
        this.#record({ type: "gap", ...where, ...gap }),
    };
    const reader = new ModelReader({ store: this.#store, sink, bug: this.#bug });
    this.#record({ type: "subscribe", ...where, ...reader.position });
    return { user, reader, outstanding: new Map(), publishCount: 0 };
  }

  #publish(client: ModelClient): void {
    client.publishCount += 1;
    // Every user counts alike, so that ids of different users meet.
    const message = { user: client.user, id: `m${client.publishCount}`, hash: `${client.user} ${client.publishCount}` };
    this.#record({ type: "publish", ...this.#by(client), id: message.id, hash: message.hash });
    client.outstanding.set(message.id, message);
    if (client.reader.state !== "offline") this.#send(client, message);
  }

  #send(client: ModelClient, message: ModelMessage): void {
    const known = this.#store.find(message);
    if (known !== undefined) return this.#answer(client, message, { entry: known, duplicate: true });
    const entry = this.#store.append(message);
    if (entry === undefined) return;
    if (this.#bug === "fan-out before stable") this.#fanOut(entry);
    if (this.#bug === "ack before append") this.#answer(client, message, { entry, duplicate: false });
  }

  #answer(
    client: ModelClient,
    message: ModelMessage,
    { entry, duplicate }: { entry: ModelEntry; duplicate: boolean },
  ): void {
    if (!client.outstanding.delete(message.id)) return;
    const of = { ...this.#by(client), id: message.id };
    if (this.#bug === "refused after storing" && this.#random() < 0.05) {
      this.#record({ type: "fail", ...of, code: "INTERNAL" });
      return;
    }
    const { offset, tag } = entry;
    this.#record({ type: "ack", ...of, epoch: this.#store.epoch, offset, tag, durability: "fsync", duplicate });
  }

  #commit(): void {
    for (const entry of this.#store.commit()) {
      const author = this.#clients.find((client) => client.user === entry.user);
      if (author !== undefined && author.reader.state !== "offline") {
        this.#answer(author, entry, { entry, duplicate: false });
      }
      // A hint may be lost, the last one too.
      if (this.#random() < 0.9) this.#fanOut(entry);
    }
  }

  #fanOut(entry: ModelEntry): void {
    for (const client of this.#clients) client.reader.hint(entry);
  }

  #move(client: ModelClient): void {
    if (client.reader.state === "replaying") client.reader.replay();
  }

  #connect(client: ModelClient): void {
    if (client.reader.state !== "offline") return;
    client.reader.resume();
    for (const message of client.outstanding.values()) this.#retry(client, message);
  }

  /** Sends again, or now and then gives up and says so. */
  #retry(client: ModelClient, message: ModelMessage): void {
    const isGivenUp = this.#random() < 0.1;
    if (!isGivenUp) return this.#send(client, message);
    client.outstanding.delete(message.id);
    if (this.#bug !== "retry forgotten") this.#record({ type: "unknown", ...this.#by(client), id: message.id });
  }

  #disconnect(client: ModelClient): void {
    // An answer that is on its way gets lost with the line.
    client.reader.disconnect();
  }

  #breakStore(): void {
    const dice = this.#random();
    if (dice < 0.6) this.#fault("kill -9", "os", () => this.#store.crash());
    else if (dice < 0.9) {
      this.#fault("failover", "quorum", () => this.#store.rollBack(1 + Math.floor(this.#random() * 5)));
    } else this.#fault("restore", "quorum", () => this.#store.wipe());
  }

  #fault(name: string, survivedBy: Durability, breakIt: () => void): void {
    this.#record({ type: "fault", name, phase: "start", survivedBy });
    for (const client of this.#clients) this.#disconnect(client);
    breakIt();
    this.#record({ type: "fault", name, phase: "stop", survivedBy });
  }

  #by(client: ModelClient): { readonly client: string; readonly channel: string; readonly user: string } {
    return { client: client.user, channel, user: client.user };
  }

  #record(event: DistributiveOmit<HistoryEvent, "atMs">): void {
    this.#history.push({ ...event, atMs: this.#nowMs });
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)] as Item; // the index is below the length
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** mulberry32: small, seeded, good enough to choose what happens next. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

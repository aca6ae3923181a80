import { deriveEpoch } from "../../src/brokers/channel-epoch.ts";
import { MemoryLog } from "../../src/brokers/memory-log.ts";
import { othersOf } from "../../src/brokers/others-of.ts";
import {
  type AppendRequest,
  type AppendResult,
  BrokerError,
  type Entry,
  type KnownLog,
  type OtherLog,
  type ReadRequest,
  type ReadResult,
  type RecallRequest,
  type RecallResult,
} from "../../src/gateway/index.ts";
import type { SeededRandom } from "../../src/testing/index.ts";
import type { World } from "./world.ts";

/** An append on its way; `settle` is called with what came of it, or never if the store died first. */
export interface Parcel {
  readonly request: AppendRequest;
  /** It has its answer: another copy of it that still comes is not looked at. */
  readonly isSettled: boolean;
  settle(outcome: AppendResult | BrokerError): void;
}

/** A node's connection to the store. */
export interface StoreClient {
  /** A hint. */
  appended(channel: string, epoch: string, entry: Entry): void;
  broadcasted(channel: string, payload: string): void;
  /** It works, or it does not and why. After an outage what was not answered is sent again. */
  availability(isAvailable: boolean, reason: string): void;
}

const maxBatchCount = 16;
/** Shorter than the time it takes to notice a half-open line: some retries come too late. */
export const dedupWindowMs = 10_000;

/**
 * A store of logs on a disk that can fail: what is written becomes stable some time later, and only that is left after a crash.
 * Recovery reads the journal from its beginning, up to where it is torn. The logs themselves are the memory broker's.
 */
export class SimStore {
  readonly #world: World;
  readonly #random: SeededRandom;
  /** What is stable on the disk. */
  #journal: AppendRequest[] = [];
  #generation = 1;
  #logs = new Map<string, MemoryLog>();
  #queue: Parcel[] = [];
  /** Written, and not stable yet. */
  #writing: Parcel[] = [];
  #isBusy = false;
  /** Counts the lives of the process. */
  #life = 1;
  readonly #audience = new Map<string, Set<StoreClient>>();
  readonly #clients = new Set<StoreClient>();
  state: "up" | "down" | "failed" = "up";
  /** How long until a write is stable, at most. */
  stabilityMs = 5;
  isFull = false;
  /** The next write fails. */
  isBreaking = false;
  /** Called once, in the middle of the next write. */
  onWrite: (() => void) | undefined;
  /** Logs keep no more than this from now on. */
  keepCount = Infinity;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random("store");
  }

  // ---- for brokers

  connect(client: StoreClient): void {
    this.#clients.add(client);
  }

  /** The node is gone. */
  disconnect(client: StoreClient): void {
    this.#clients.delete(client);
    for (const listeners of this.#audience.values()) listeners.delete(client);
  }

  append(parcel: Parcel): void {
    if (this.state === "failed") return parcel.settle(unavailable("it failed to write"));
    if (this.state === "down" || parcel.isSettled) return;
    this.#queue.push(parcel);
    this.#writeSoon();
  }

  recall({ channel, ...request }: RecallRequest): RecallResult {
    if (this.state === "down") throw unavailable("it is down");
    return this.#log(channel).recall(request);
  }

  read({ channel, ...request }: ReadRequest): ReadResult {
    if (this.state === "down") throw unavailable("it is down");
    return this.#log(channel).read(request);
  }

  compare(known: readonly KnownLog[]): readonly OtherLog[] {
    if (this.state === "down") throw unavailable("it is down");
    return othersOf(known, (channel) => this.#log(channel).top);
  }

  join(channel: string, client: StoreClient): void {
    if (this.state === "down") throw unavailable("it is down");
    const listeners = this.#audience.get(channel) ?? new Set();
    this.#audience.set(channel, listeners.add(client));
  }

  leave(channel: string, client: StoreClient): void {
    this.#audience.get(channel)?.delete(client);
  }

  broadcast(channel: string, payload: string): void {
    for (const client of this.#audience.get(channel) ?? []) client.broadcasted(channel, payload);
  }

  // ---- faults

  /** Power loss: of what was being written the first part may have reached the disk. */
  crash(): void {
    if (this.state === "down") return;
    const survivors = this.#writing.slice(0, this.#random.below(this.#writing.length + 1));
    if (this.#writing.length > 0) this.#world.count(survivors.length > 0 ? "torn writes kept" : "torn writes lost");
    this.#journal.push(...survivors.map(({ request }) => request));
    this.#stop("down");
  }

  restart(): void {
    if (this.state === "up") return;
    this.#logs = new Map();
    for (const request of this.#journal) this.#log(request.channel).append(request, Infinity);
    this.state = "up";
    this.#world.note("store is up");
    for (const client of this.#clients) client.availability(true, "");
  }

  /** A failover to a copy that lacks the newest entries. @returns how many. */
  loseTail(count: number): number {
    const lost = this.#journal.splice(Math.max(0, this.#journal.length - count)).length;
    this.#stop("down");
    return lost;
  }

  /** A new, empty disk. */
  wipe(): void {
    this.#journal = [];
    this.#generation += 1;
    this.#stop("down");
  }

  /** Everything that is in the logs now. */
  entries(channel: string): { readonly epoch: string; readonly entries: readonly Entry[] } {
    const { entries, top } = this.#log(channel).read({ after: 0, maxCount: Infinity, maxBytes: Infinity });
    return { epoch: top.epoch, entries };
  }

  #stop(state: "down" | "failed"): void {
    this.#life += 1;
    this.#queue = [];
    this.#writing = [];
    this.#isBusy = false;
    this.state = state;
    for (const client of this.#clients) client.availability(false, `The store is ${state}`);
  }

  // ---- the disk

  #writeSoon(): void {
    if (this.#isBusy || this.#queue.length === 0) return;
    this.#isBusy = true;
    this.#later(this.#random.below(5), () => {
      this.#writing = this.#queue.splice(0, maxBatchCount);
      const stableAfterMs = 1 + this.#random.below(this.stabilityMs);
      this.#later(stableAfterMs / 2, () => this.#interrupt());
      this.#later(stableAfterMs, () => this.#commit());
    });
  }

  #later(delayMs: number, run: () => void): void {
    const life = this.#life;
    this.#world.after(delayMs, () => {
      if (this.#life === life) run();
    });
  }

  #commit(): void {
    const batch = this.#writing;
    if (this.isBreaking) return this.#failToWrite([...batch, ...this.#queue]);
    this.#writing = [];
    for (const parcel of batch.filter(({ isSettled }) => !isSettled)) {
      const outcome = this.#apply(parcel.request);
      this.#announce(parcel.request.channel, outcome);
      parcel.settle(outcome);
    }
    this.#isBusy = false;
    this.#writeSoon();
  }

  #interrupt(): void {
    const { onWrite } = this;
    this.onWrite = undefined;
    onWrite?.();
  }

  /** An fsync that failed is never tried again: nobody knows what the disk has. */
  #failToWrite(parcels: readonly Parcel[]): void {
    this.isBreaking = false;
    for (const parcel of parcels) parcel.settle(unavailable("it failed to write"));
    this.#stop("failed");
  }

  #apply({ history, ...rest }: AppendRequest): AppendResult | BrokerError {
    const request = { ...rest, history: { ...history, maxCount: Math.min(history.maxCount, this.keepCount) } };
    const result = this.#log(request.channel).append(request, this.isFull ? 0 : Infinity);
    if (result.type === "full") return new BrokerError("STORAGE_FULL", "Cannot append: the disk is full");
    if (result.type === "stored") this.#journal.push(request);
    return result;
  }

  #announce(channel: string, outcome: AppendResult | BrokerError): void {
    if (outcome instanceof BrokerError || outcome.type !== "stored") return;
    const { entry, position } = outcome;
    this.#world.note(`store has ${channel} ${position.offset} ${entry.user.id} ${entry.messageId}`);
    for (const client of this.#audience.get(channel) ?? []) client.appended(channel, position.epoch, entry);
  }

  #log(channel: string): MemoryLog {
    const known = this.#logs.get(channel);
    if (known !== undefined) return known;
    const log = new MemoryLog(deriveEpoch(`disk ${this.#generation}`, channel), dedupWindowMs);
    this.#logs.set(channel, log);
    return log;
  }
}

export function unavailable(why: string): BrokerError {
  return new BrokerError("STORAGE_UNAVAILABLE", `Cannot use the store: ${why}`);
}

import {
  type AppendRequest,
  type AppendResult,
  type Broker,
  BrokerError,
  type BrokerInfo,
  type BrokerSink,
  type Entry,
  type KnownLog,
  type OtherLog,
  type ReadRequest,
  type ReadResult,
  type RecallRequest,
  type RecallResult,
} from "../../src/gateway/index.ts";
import type { SeededRandom } from "../../src/testing/index.ts";
import type { Life } from "./life.ts";
import { dedupWindowMs, type Parcel, type SimStore, type StoreClient, unavailable } from "./sim-store.ts";
import type { World } from "./world.ts";

/** How a node's way to the store is. */
export interface StoreWeather {
  /** Nothing goes either way before. */
  stalledUntilMs: number;
  /** Of a hundred hints, so many are lost, come twice, or come late and out of order. */
  lostPercent: number;
  doubledPercent: number;
  latePercent: number;
}

/** One node's broker: the store is a process of its own, asked over a connection that keeps its order; hints come beside it. */
export class SimBroker implements Broker, StoreClient {
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #store: SimStore;
  readonly #life: Life;
  readonly #weather: StoreWeather;
  #sink: BrokerSink | undefined;
  /** The world stands still while a node starts: what it asks the store before it listens is answered at once. */
  #isStarting = true;
  readonly #unanswered = new Set<Parcel>();
  #lastUpMs = 0;
  #lastDownMs = 0;

  constructor({ world, store, life, weather }: { world: World; store: SimStore; life: Life; weather: StoreWeather }) {
    this.#world = world;
    this.#random = world.random("broker");
    this.#store = store;
    this.#life = life;
    this.#weather = weather;
  }

  async open(sink: BrokerSink): Promise<BrokerInfo> {
    if (this.#store.state !== "up") throw unavailable("it is not up");
    this.#sink = sink;
    this.#store.connect(this);
    return { durability: "fsync", description: "a simulated disk", dedupWindowMs };
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    if (this.#store.state === "down") throw unavailable("it is down");
    return new Promise((resolve, reject) => {
      const unanswered = this.#unanswered;
      const parcel: Parcel = {
        request,
        get isSettled() {
          return !unanswered.has(parcel);
        },
        settle: (outcome) => {
          if (!unanswered.delete(parcel)) return;
          this.#back(() => (outcome instanceof BrokerError ? reject(outcome) : resolve(outcome)));
        },
      };
      this.#unanswered.add(parcel);
      this.#there(() => this.#store.append(parcel));
    });
  }

  recall(request: RecallRequest): Promise<RecallResult> {
    return this.#ask(() => this.#store.recall(request));
  }

  read(request: ReadRequest): Promise<ReadResult> {
    return this.#ask(() => this.#store.read(request));
  }

  compare(known: readonly KnownLog[]): Promise<readonly OtherLog[]> {
    return this.#ask(() => this.#store.compare(known));
  }

  join(channel: string): Promise<void> {
    return this.#ask(() => this.#store.join(channel, this));
  }

  leave(channel: string): Promise<void> {
    return this.#ask(() => this.#store.leave(channel, this));
  }

  async broadcast(channel: string, payload: string): Promise<void> {
    this.#there(() => this.#store.broadcast(channel, payload));
  }

  async close(): Promise<void> {
    this.forget();
  }

  /** The node is dead. */
  forget(): void {
    this.#store.disconnect(this);
  }

  // ---- what the store says

  appended(channel: string, epoch: string, entry: Entry): void {
    const tell = (): void => this.#sink?.appended(channel, epoch, entry);
    if (this.#chance(this.#weather.lostPercent, "hints lost")) return;
    if (this.#chance(this.#weather.doubledPercent, "hints doubled")) this.#life.after(this.#random.below(400), tell);
    if (this.#chance(this.#weather.latePercent, "hints late")) this.#life.after(this.#random.below(1500), tell);
    else this.#back(tell);
  }

  broadcasted(channel: string, payload: string): void {
    this.#back(() => this.#sink?.broadcasted(channel, payload));
  }

  availability(isAvailable: boolean, reason: string): void {
    this.#back(() => this.#sink?.availability(isAvailable, reason));
    if (!isAvailable) return;
    // Nobody knows what became of them; asking again stores nothing twice.
    for (const parcel of this.#unanswered) this.#there(() => this.#store.append(parcel));
  }

  /** The node listens: from now on the way to the store takes its time. */
  started(): void {
    this.#isStarting = false;
  }

  async #ask<Result>(work: () => Result): Promise<Result> {
    if (this.#isStarting) return work();
    return new Promise((resolve, reject) => {
      this.#there(() => {
        try {
          const result = work();
          this.#back(() => resolve(result));
        } catch (error) {
          this.#back(() => reject(error as BrokerError)); // the store throws nothing else
        }
      });
    });
  }

  #there(work: () => void): void {
    const { nowMs } = this.#world;
    this.#lastUpMs = Math.max(this.#lastUpMs, this.#weather.stalledUntilMs, nowMs + this.#random.below(3));
    this.#world.after(this.#lastUpMs - nowMs, work);
  }

  #back(work: () => void): void {
    const { nowMs } = this.#world;
    this.#lastDownMs = Math.max(this.#lastDownMs, this.#weather.stalledUntilMs, nowMs + this.#random.below(3));
    this.#life.after(this.#lastDownMs - nowMs, work);
  }

  #chance(percent: number, what: string): boolean {
    const isSo = percent > 0 && this.#random.below(100) < percent;
    if (isSo) this.#world.count(what);
    return isSo;
  }
}

/** What goes wrong when: one thing after another, or a kill every ten seconds and everything else in between. */
import { setTimeout as delay } from "node:timers/promises";
import type { SeededRandom } from "switchboard/testing";
import { seededRandom } from "switchboard/testing";
import type { FaultyLibc } from "../faults/faulty-libc.ts";
import type { KillableServer } from "../kill/killable-server.ts";
import type { RecordEvent } from "../kill/witness.ts";
import { drawKill, drawProcessFault, inflict } from "./process-faults.ts";
import { drawStoreFault, inflictOnStore, type StoreFault } from "./store-faults.ts";
import type { StoreProxy } from "./store-proxy.ts";
import type { StoreServer } from "./store-server.ts";

const killEveryMs = 10_000;
/** On a busy machine a server takes so long to start that nothing else would ever be seen of it. */
const livesForMs = 5_000;

/** What faults are inflicted on, and for how long. */
export interface Chamber {
  readonly seconds: number;
  readonly random: SeededRandom;
  readonly libc: FaultyLibc | undefined;
  readonly servers: readonly KillableServer[];
  readonly store: StoreServer | undefined;
  /** The way of each server to the store, where it has one of its own. */
  readonly links: readonly StoreProxy[];
  readonly record: RecordEvent;
  readonly tell: ((line: string) => void) | undefined;
}

/** How often each kind of fault was inflicted. */
export type FaultCounts = ReadonlyMap<string, number>;

/** One fault after the other, until the time is over. */
export async function oneByOne(chamber: Chamber): Promise<FaultCounts> {
  const { libc, links, random, record, servers, store } = chamber;
  const counts = new Counts(chamber);
  const canFailOver = store?.failOver !== undefined;
  while (counts.leftMs > 0) {
    if (store !== undefined && random.chance(0.5)) {
      const fault = drawStoreFault(random, { nodeCount: servers.length, maxMs: 2_000, canFailOver });
      await delay(fault.afterMs);
      counts.add(await inflictOnStore(fault, { links, store, record }));
    } else {
      const fault = drawProcessFault(random, { canBreakCommits: libc !== undefined });
      await delay(fault.afterMs);
      await inflict(fault, { server: random.pick(servers), libc, record });
      counts.add(fault.kind);
    }
  }
  return counts.all;
}

/** A server is killed every ten seconds, and comes back; meanwhile, one after the other, all else. */
export async function chaos(chamber: Chamber): Promise<FaultCounts> {
  const counts = new Counts(chamber);
  const [kills, others] = [chamber.random.uint32(), chamber.random.uint32()].map(seededRandom);
  if (kills !== undefined && others !== undefined) {
    await Promise.all([killAgainAndAgain(chamber, kills, counts), breakBetween(chamber, others, counts)]);
  }
  return counts.all;
}

async function killAgainAndAgain({ libc, record, servers }: Chamber, random: SeededRandom, counts: Counts) {
  for (let dueMs = performance.now() + killEveryMs; ;) {
    await delay(Math.max(0, Math.min(dueMs - performance.now(), counts.leftMs)));
    if (counts.leftMs <= 0) return;
    const fault = drawKill(random, libc !== undefined);
    const server = random.pick(servers);
    if (!server.isRunning) counts.add("ended by itself");
    await inflict(fault, { server, libc, record });
    counts.add(fault.kind);
    dueMs = Math.max(dueMs + killEveryMs, performance.now() + livesForMs);
  }
}

export type BetweenFault =
  | {
      readonly type: "node";
      readonly kind: "pause" | "slow disk";
      readonly node: number;
      readonly afterMs: number;
      readonly lastsMs: number;
      readonly nth: number;
    }
  | ({ readonly type: "store" } & StoreFault);

interface DrawBetween {
  readonly nodeCount: number;
  readonly canSlowDisk: boolean;
  readonly hasStore: boolean;
  readonly canFailOver: boolean;
}

const maxMs = 6_000;

/** What goes wrong between two kills: mostly the store and the ways there, now and then a server that stands still. */
export function drawBetween(random: SeededRandom, options: DrawBetween): BetweenFault {
  const { canFailOver, canSlowDisk, hasStore, nodeCount } = options;
  if (hasStore && random.chance(0.8)) {
    return { type: "store", ...drawStoreFault(random, { nodeCount, maxMs, canFailOver }) };
  }
  const kind = canSlowDisk && random.chance(0.5) ? "slow disk" : "pause";
  const [afterMs, lastsMs] = [500 + random.below(5_000), 200 + random.below(maxMs - 200)];
  return { type: "node", kind, node: random.below(nodeCount), afterMs, lastsMs, nth: 1 + random.below(5) };
}

async function breakBetween({ libc, links, record, servers, store }: Chamber, random: SeededRandom, counts: Counts) {
  const options = {
    nodeCount: servers.length,
    canSlowDisk: libc !== undefined,
    hasStore: store !== undefined,
    canFailOver: store?.failOver !== undefined,
  };
  while (counts.leftMs > 0) {
    const fault = drawBetween(random, options);
    await delay(Math.max(0, Math.min(fault.afterMs, counts.leftMs)));
    if (fault.type === "store" && store !== undefined) {
      counts.add(await inflictOnStore(fault, { links, store, record }));
    } else if (fault.type === "node") {
      const server = servers[fault.node];
      if (server !== undefined) await inflict({ ...fault, moment: "dieInWrite" }, { server, libc, record });
      counts.add(fault.kind);
    }
  }
}

class Counts {
  readonly all = new Map<string, number>();
  readonly #tell: Chamber["tell"];
  readonly #endMs: number;

  constructor({ seconds, tell }: Chamber) {
    this.#tell = tell;
    this.#endMs = performance.now() + seconds * 1_000;
  }

  get leftMs(): number {
    return this.#endMs - performance.now();
  }

  add(kind: string): void {
    this.all.set(kind, (this.all.get(kind) ?? 0) + 1);
    this.#tell?.(`${Math.max(0, Math.round(this.leftMs / 1_000))} s to go, ${kind}`);
  }
}

import { setTimeout as delay } from "node:timers/promises";
import type { SeededRandom } from "switchboard/testing";
import type { RecordEvent } from "../kill/witness.ts";
import type { Silence, StoreProxy } from "./store-proxy.ts";
import type { StoreServer } from "./store-server.ts";

/** What happens to a node's line to the store, or to the store's own process. */
const loneKinds = ["link cut", "link cut", "link silent", "link silent", "store paused", "store killed"] as const;
type Kind = (typeof loneKinds)[number] | "failover";
const silences = ["to the store", "from the store", "both ways"] as const satisfies readonly Silence[];

export interface StoreFault {
  readonly kind: Kind;
  /** Since the one before was over. */
  readonly afterMs: number;
  readonly lastsMs: number;
  /** Whose line. */
  readonly node: number;
  readonly silence: Silence;
  /** What becomes of what was sent into the silence. */
  readonly ending: "late" | "reset";
}

export interface DrawStoreFault {
  readonly nodeCount: number;
  readonly maxMs: number;
  /** The store is a primary with a replica, which is all that befalls it: what is stopped or cut off by itself would fail over by itself. */
  readonly canFailOver: boolean;
}

/** The next thing that goes wrong between the nodes and their store. A seed gives the same ones in the same order. */
export function drawStoreFault(random: SeededRandom, { canFailOver, maxMs, nodeCount }: DrawStoreFault): StoreFault {
  const kind = random.pick(loneKinds);
  return {
    kind: canFailOver ? "failover" : kind,
    afterMs: 200 + random.below(2_800),
    lastsMs: 200 + random.below(maxMs - 200),
    node: random.below(nodeCount),
    silence: random.pick(silences),
    ending: random.pick(["late", "reset"] as const),
  };
}

export interface StoreVictim {
  readonly store: StoreServer;
  /** The way of each node. None where nodes go to whoever is the primary. */
  readonly links: readonly StoreProxy[];
  readonly record: RecordEvent;
}

/** Carries it out; resolves when all is well again. Gives its name. */
export async function inflictOnStore(fault: StoreFault, { links, record, store }: StoreVictim): Promise<string> {
  const name = fault.kind === "link silent" ? `link silent ${fault.silence}` : fault.kind;
  const survivedBy = survivedByOf(fault.kind);
  record({ type: "fault", name, phase: "start", survivedBy });
  await breakLink(fault, links[fault.node]);
  await breakStore(fault, store);
  record({ type: "fault", name, phase: "stop", survivedBy });
  return name;
}

async function breakLink({ ending, kind, lastsMs, silence }: StoreFault, link: StoreProxy | undefined): Promise<void> {
  if (kind !== "link cut" && kind !== "link silent") return;
  if (kind === "link cut") link?.cut();
  else link?.silence(silence);
  await delay(lastsMs);
  link?.mend(ending);
}

async function breakStore({ kind, lastsMs }: StoreFault, { alone, failOver }: StoreServer): Promise<void> {
  if (kind === "failover") await failOver?.(lastsMs);
  if (kind === "store paused") {
    alone?.signal("SIGSTOP");
    await delay(lastsMs);
    alone?.signal("SIGCONT");
  }
  if (kind === "store killed") {
    await alone?.kill();
    await alone?.run();
  }
}

/** A line takes nothing that is stored; a killed process only what its system had not yet; no level of one server survives another in its place. */
function survivedByOf(kind: Kind): "mem" | "os" | "quorum" {
  if (kind === "failover") return "quorum";
  return kind === "store killed" ? "os" : "mem";
}

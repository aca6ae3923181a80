import { seededRandom, type SeededRandom } from "../../src/testing/index.ts";

/** What people do, and how often beside each other. */
const actions = {
  publish: 40,
  burst: 4,
  repeat: 5,
  conflict: 2,
  "give up": 3,
  open: 8,
  leave: 4,
  history: 5,
  typing: 3,
  wake: 2,
  quit: 1,
  "kill app": 2,
} as const;

/** What breaks, and how often. */
const faults = {
  "cut lines": 8,
  "cut one side": 4,
  "half-open line": 3,
  "stalled line": 5,
  "slow subscriber": 4,
  "network down": 1,
  "kill node": 3,
  "node power loss": 2,
  "frozen node": 3,
  "drained node": 2,
  "node clock jump": 3,
  "device clock jump": 3,
  "everything sleeps": 1,
  "store crash": 4,
  "failed fsync": 2,
  "storage full": 2,
  "slow disk": 4,
  "store loses tail": 3,
  "new epoch": 1,
  trimming: 3,
  "hints lost": 4,
  "hints doubled": 3,
  "hints reordered": 3,
  "store unreachable": 3,
  "slow hooks": 2,
  "hanging hooks": 1,
  "throwing hooks": 1,
  "permission revoked": 2,
} as const;

export type Action = keyof typeof actions;
export type Fault = keyof typeof faults;

export const faultNames = Object.keys(faults) as readonly Fault[];

/** One thing that somebody does or that breaks. */
export interface Step {
  /** Its place in the whole plan: what stays when others are left out. */
  readonly index: number;
  readonly atMs: number;
  readonly what: Action | Fault;
  /** Seeds the step's own choices. */
  readonly dice: number;
}

export interface Plan {
  readonly seed: number;
  readonly nodeCount: number;
  readonly peopleCount: number;
  readonly limits: {
    readonly maxRingCount: number;
    readonly maxPageCount: number;
    readonly maxPageBytes: number;
    readonly channelLingerMs: number;
    readonly highWaterBytes: number;
  };
  readonly steps: readonly Step[];
  /** When everything that is broken is mended. */
  readonly endMs: number;
}

/** Of all faults, a run has so many at least: runs with few find what runs with all would hide ("swarm testing"). */
const leastFaultCount = 2;

/** The whole course of a run, chosen before it begins. */
export function makePlan(seed: number, minutes: number): Plan {
  const random = seededRandom(seed);
  const endMs = minutes * 60_000;
  const nodeCount = 1 + random.below(2);
  const peopleCount = 2 + random.below(3);
  const limits = {
    maxRingCount: random.pick([4, 16, 64]),
    maxPageCount: random.pick([3, 8, 64]),
    maxPageBytes: random.pick([700, 4096]),
    channelLingerMs: random.pick([500, 5000]),
    highWaterBytes: random.pick([1024, 8192]),
  };
  const chosen = chooseFaults(random);
  const pace = random.pick([60, 150, 300]);
  const deeds = chooseActions(chosen);
  const steps: Step[] = [];
  for (let atMs = 0; atMs < endMs; atMs += 1 + random.below(2 * pace)) {
    // About one every two seconds: each lasts.
    const isFault = atMs > 1000 && random.chance(pace / 2000);
    const what = isFault ? pickWeighted(random, chosen) : pickWeighted(random, deeds);
    steps.push({ index: steps.length, atMs, what, dice: random.uint32() });
  }
  return { seed, nodeCount, peopleCount, limits, steps, endMs };
}

function chooseFaults(random: SeededRandom): readonly (readonly [Fault, number])[] {
  const all = Object.entries(faults) as [Fault, number][];
  const chosen = all.filter(() => random.chance(0.4));
  return chosen.length < leastFaultCount ? all : chosen;
}

/** Who sends something a second time, as if it were new, has to do so while the store remembers the first time. */
function chooseActions(chosen: readonly (readonly [Fault, number])[]): readonly (readonly [Action, number])[] {
  const all = Object.entries(actions) as [Action, number][];
  const isForgetful = chosen.some(([fault]) => fault === "everything sleeps");
  return isForgetful ? all.filter(([action]) => action !== "repeat" && action !== "conflict") : all;
}

function pickWeighted<Name>(random: SeededRandom, weighted: readonly (readonly [Name, number])[]): Name {
  let left = random.below(weighted.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [name, weight] of weighted) {
    left -= weight;
    if (left < 0) return name;
  }
  throw new RangeError("Cannot pick from nothing");
}

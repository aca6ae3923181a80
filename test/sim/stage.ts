import { seededRandom, type SeededRandom } from "../../src/testing/index.ts";
import type { Durability } from "../../src/wire/index.ts";
import { type Cut, Network } from "./network.ts";
import { Person } from "./person.ts";
import type { Action, Fault, Plan, Step } from "./plan.ts";
import { type HookWeather, places } from "./sim-channels.ts";
import { SimNode } from "./sim-node.ts";
import { SimStore } from "./sim-store.ts";
import type { World } from "./world.ts";

/** How wrong a node's wall clock may be. */
const mostWrongMs = 29.98 * 60_000;

const cutNames: Readonly<Record<Cut, string>> = {
  reset: "cut lines",
  "client only": "cut one side: only the client knows",
  "server only": "cut one side: only the server knows",
  "half-open": "half-open line",
};

/** Who there is: ada has two devices. */
const devices = [
  { user: "ada", device: 1 },
  { user: "bob", device: 1 },
  { user: "ada", device: 2 },
  { user: "eve", device: 1 },
] as const;

/** The people, the nodes, the store and the network of one run, and what each step does to them. */
export class Stage {
  readonly world: World;
  readonly store: SimStore;
  readonly nodes: readonly SimNode[];
  readonly network: Network;
  readonly people: readonly Person[];
  /** Until then a process may hold something back. */
  #heldUntilMs = 0;
  readonly hooks: HookWeather = { banned: new Set(), mode: "quick" };

  constructor(world: World, plan: Plan) {
    const { highWaterBytes, ...limits } = plan.limits;
    this.world = world;
    this.store = new SimStore(world);
    const nodeOptions = {
      world,
      store: this.store,
      hooks: this.hooks,
      limits: { ...limits, highWaterBytes, pingAfterMs: 5000, hookTimeoutMs: 3000 },
    };
    this.nodes = Array.from({ length: plan.nodeCount }, (_, index) => new SimNode(`node${index + 1}`, nodeOptions));
    this.network = new Network(world, this.nodes);
    for (const node of this.nodes) node.start();
    this.people = devices
      .slice(0, plan.peopleCount)
      .map(({ device, user }) => new Person({ world, network: this.network, user, device }));
  }

  perform({ dice, what }: Step): void {
    const random = seededRandom(dice);
    if (what in this.#actions) this.#actions[what as Action](random.pick(this.people), random);
    else this.#faults[what as Fault](random);
  }

  /** Ends every fault there is. */
  heal(): void {
    const { hooks, network, nodes, store } = this;
    hooks.mode = "quick";
    hooks.banned.clear();
    network.isDown = false;
    for (const line of network.lines) {
      for (const pipe of [line.up, line.down]) {
        pipe.slowDown(Infinity);
        pipe.stall(false);
      }
    }
    Object.assign(store, { isBreaking: false, isFull: false, onWrite: undefined, stabilityMs: 5, keepCount: Infinity });
    store.restart();
    for (const node of nodes) {
      Object.assign(node.weather, { stalledUntilMs: 0, lostPercent: 0, doubledPercent: 0, latePercent: 0 });
      node.start();
    }
  }

  readonly #actions: Readonly<Record<Action, (person: Person, random: SeededRandom) => void>> = {
    publish: (person, random) => person.say(random),
    burst: (person, random) => {
      for (let count = 3 + random.below(12); count > 0; count -= 1) person.say(random);
    },
    repeat: (person, random) => person.app.repeat(random, { isOther: false }),
    conflict: (person, random) => person.app.repeat(random, { isOther: true }),
    "give up": (person, random) => person.say(random, { abortAfterMs: random.below(60) }),
    open: (person, random) => person.open(random),
    leave: (person, random) => person.leave(random),
    history: (person, random) => {
      const before = random.pick([Number.MAX_SAFE_INTEGER, 1 + random.below(60)]);
      person.app.readHistory(random.pick(places), before, 1 + random.below(30));
    },
    typing: (person, random) => person.app.type(random.pick(places)),
    wake: (person) => person.app.client.reconnect(),
    quit: (person) => person.quit(),
    "kill app": (person) => person.kill(),
  };

  readonly #faults: Readonly<Record<Fault, (random: SeededRandom) => void>> = {
    "cut lines": (random) => this.#cut(random, "reset"),
    "cut one side": (random) => this.#cut(random, random.pick(["client only", "server only"] as const)),
    "half-open line": (random) => this.#cut(random, "half-open"),
    "stalled line": (random) => this.#stallLine(random),
    "slow subscriber": (random) => this.#slowDown(random),
    "network down": (random) => {
      this.network.isDown = true;
      for (const line of this.network.lines) line.break("reset", true);
      this.#lasting("network down", 2000 + random.below(4000), () => (this.network.isDown = false));
    },
    "kill node": (random) => this.#killNode(random, false),
    "node power loss": (random) => this.#killNode(random, true),
    "frozen node": (random) => {
      const node = random.pick(this.nodes);
      const forMs = 500 + random.below(8000);
      this.world.fault("frozen node", node.name);
      this.#hold(forMs);
      node.freeze(forMs);
    },
    "drained node": (random) => {
      const node = random.pick(this.nodes);
      this.world.fault("drained node", node.name);
      node.drain(() => this.world.after(random.below(1000), () => node.start()));
    },
    "node clock jump": (random) => {
      const node = random.pick(this.nodes);
      // Between two clocks less than the hour by which a store remembers ids for longer than it says.
      node.wallErrorMs = Math.round(random.pick([-1, 1, random.below(2000) / 1000 - 1]) * mostWrongMs);
      this.world.fault("node clock jump", `${node.name} to ${node.wallErrorMs} ms`);
    },
    "device clock jump": (random) => {
      const { clock, user } = random.pick(this.people);
      clock.wallErrorMs += random.pick([-1, 1]) * random.below(30_000);
      this.world.fault("device clock jump", `${user} to ${clock.wallErrorMs} ms`);
    },
    "everything sleeps": () => {
      // What a process holds back for longer than ids are remembered would be stored twice: nobody promises otherwise.
      if (this.world.nowMs < this.#heldUntilMs) return;
      this.world.fault("everything sleeps", "for two hours");
      for (const line of this.network.lines) line.break("reset", true);
      this.world.sleep(2 * 60 * 60_000);
    },
    "store crash": (random) =>
      this.#stopStore(random, { name: "store crash", survivedBy: "fsync" }, () => this.store.crash()),
    "failed fsync": (random) => {
      this.store.isBreaking = true;
      this.#lasting("failed fsync", 500 + random.below(3000), () => this.store.restart());
    },
    "storage full": (random) => {
      this.store.isFull = true;
      this.#lasting("storage full", 500 + random.below(4000), () => (this.store.isFull = false));
    },
    "slow disk": (random) => {
      this.store.stabilityMs = random.pick([50, 400, 2500]);
      this.#lasting("slow disk", 1000 + random.below(5000), () => (this.store.stabilityMs = 5));
    },
    "store loses tail": (random) => {
      const lose = (): number => this.store.loseTail(1 + random.below(6));
      this.#stopStore(random, { name: "store loses tail", survivedBy: "quorum" }, lose);
    },
    "new epoch": (random) =>
      this.#stopStore(random, { name: "new epoch", survivedBy: "quorum" }, () => this.store.wipe()),
    trimming: (random) => {
      this.store.keepCount = random.below(6);
      this.#lasting("trimming", 500 + random.below(4000), () => (this.store.keepCount = Infinity));
    },
    "hints lost": (random) => this.#weather(random, "hints lost", "lostPercent"),
    "hints doubled": (random) => this.#weather(random, "hints doubled", "doubledPercent"),
    "hints reordered": (random) => this.#weather(random, "hints reordered", "latePercent"),
    "store unreachable": (random) => {
      const node = random.pick(this.nodes);
      const forMs = 500 + random.below(7000);
      this.#hold(forMs);
      node.weather.stalledUntilMs = this.world.nowMs + forMs;
      this.world.fault("store unreachable", node.name);
    },
    "slow hooks": (random) => this.#spoilHooks(random, "slow"),
    "hanging hooks": (random) => this.#spoilHooks(random, "hanging"),
    "throwing hooks": (random) => this.#spoilHooks(random, "throwing"),
    "permission revoked": (random) => {
      const { user } = random.pick(this.people);
      this.hooks.banned.add(user);
      this.#lasting("permission revoked", 500 + random.below(5000), () => this.hooks.banned.delete(user), user);
    },
  };

  #hold(forMs: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, this.world.nowMs + forMs + 1000);
  }

  #lasting(name: string, forMs: number, end: () => void, detail = ""): void {
    this.world.fault(name, `${detail} for ${forMs} ms`);
    this.world.after(forMs, end);
  }

  #cut(random: SeededRandom, how: Cut): void {
    const lines = [...this.network.lines];
    if (lines.length === 0) return;
    const line = random.pick(lines);
    const isTorn = random.chance(0.7);
    this.world.fault(cutNames[how], `${line.client.name} ${line.host.name}`);
    if (isTorn) this.world.count("cuts within what was under way");
    line.break(how, isTorn);
  }

  #stallLine(random: SeededRandom): void {
    const lines = [...this.network.lines];
    if (lines.length === 0) return;
    const line = random.pick(lines);
    const pipes = random.pick([[line.up], [line.down], [line.up, line.down]]);
    for (const pipe of pipes) pipe.stall(true);
    const mend = (): void => pipes.forEach((pipe) => pipe.stall(false));
    this.#lasting("stalled line", 200 + random.below(9000), mend, line.client.name);
  }

  #slowDown(random: SeededRandom): void {
    const lines = [...this.network.lines];
    if (lines.length === 0) return;
    const line = random.pick(lines);
    line.down.slowDown(random.pick([500, 3000]));
    this.#lasting("slow subscriber", 2000 + random.below(8000), () => line.down.slowDown(Infinity), line.client.name);
  }

  #killNode(random: SeededRandom, isPowerLoss: boolean): void {
    const node = random.pick(this.nodes);
    if (!node.isRunning) return;
    const name = isPowerLoss ? "node power loss" : "kill node";
    this.world.fault(name, node.name);
    this.world.record({ type: "fault", name, phase: "start", survivedBy: "os" });
    node.kill(this.network, isPowerLoss);
    this.world.after(100 + random.below(3000), () => {
      this.world.record({ type: "fault", name, phase: "stop", survivedBy: "os" });
      node.start();
    });
  }

  #stopStore(random: SeededRandom, fault: { name: string; survivedBy: Durability }, stop: () => void): void {
    if (random.chance(0.5)) return this.#stopStoreNow(random, fault, stop);
    this.store.onWrite = () => this.#stopStoreNow(random, { ...fault, name: `${fault.name} in a write` }, stop);
  }

  #stopStoreNow(random: SeededRandom, fault: { name: string; survivedBy: Durability }, stop: () => void): void {
    this.world.fault(fault.name);
    this.world.record({ type: "fault", ...fault, phase: "start" });
    stop();
    this.world.after(100 + random.below(2500), () => {
      this.world.record({ type: "fault", ...fault, phase: "stop" });
      this.store.restart();
    });
  }

  #weather(random: SeededRandom, name: string, what: "lostPercent" | "doubledPercent" | "latePercent"): void {
    const node = random.pick(this.nodes);
    node.weather[what] = random.pick([10, 50, 100]);
    this.#lasting(name, 1000 + random.below(6000), () => (node.weather[what] = 0), node.name);
  }

  #spoilHooks(random: SeededRandom, mode: HookWeather["mode"]): void {
    this.hooks.mode = mode;
    this.#hold(10_000);
    this.#lasting(`${mode} hooks`, 500 + random.below(4000), () => (this.hooks.mode = "quick"));
  }
}

import { EventEmitter } from "node:events";
import { createWebSocketServer, TimerWheel } from "../../src/engine/index.ts";
import { createGatewayOn } from "../../src/server/gateway.ts";
import type { AnyHttpServer, Gateway, ServerLimits } from "../../src/server/index.ts";
import type { Machine } from "../../src/server/machine.ts";
import type { SeededRandom } from "../../src/testing/index.ts";
import { Life } from "./life.ts";
import type { Host, Line, Network, Offer } from "./network.ts";
import { SimBroker, type StoreWeather } from "./sim-broker.ts";
import { type HookWeather, makeChannels } from "./sim-channels.ts";
import type { SimStore } from "./sim-store.ts";
import type { World } from "./world.ts";

/** Small, so that a short run with few messages meets them. */
export interface NodeLimits extends Partial<ServerLimits> {
  readonly highWaterBytes: number;
}

export interface NodeOptions {
  readonly world: World;
  readonly store: SimStore;
  readonly hooks: HookWeather;
  readonly limits: NodeLimits;
}

const wheelTickMs = 250;
const graceMs = 4000;
/** What logs of a gateway are expected to say while things are broken on purpose. */
const expectedFaults = /^(The store fails|The hook \w+ failed)/u;

/** A process with one gateway: all of it is ours but the machine, which can be killed, frozen and set to another time. */
export class SimNode implements Host {
  readonly name: string;
  readonly weather: StoreWeather = { stalledUntilMs: 0, lostPercent: 0, doubledPercent: 0, latePercent: 0 };
  /** By how much its wall clock is wrong. */
  wallErrorMs = 0;
  readonly #options: NodeOptions;
  readonly #random: SeededRandom;
  #life: Life | undefined;
  #isListening = false;
  #server = new EventEmitter();
  #broker: SimBroker | undefined;
  #gateway: Gateway | undefined;
  #names = 0;

  constructor(name: string, options: NodeOptions) {
    this.name = name;
    this.#options = options;
    this.#random = options.world.random(name);
  }

  get life(): Life | undefined {
    return this.#isListening ? this.#life : undefined;
  }

  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  /** Starts the process; it tries again if the store is not there. */
  start(): void {
    if (this.#life !== undefined) return;
    const { hooks, limits, store, world } = this.#options;
    const life = new Life(world);
    const broker = new SimBroker({ world, store, life, weather: this.weather });
    const { highWaterBytes, ...gatewayLimits } = limits;
    this.#life = life;
    this.#broker = broker;
    this.#server = new EventEmitter();
    this.#gateway = createGatewayOn(this.#machine(life, highWaterBytes), {
      channels: makeChannels((user) => this.#decide(life, () => !hooks.banned.has(user))),
      authenticate: ({ token = "" }) => this.#decide(life, () => ({ id: token })),
      broker,
      require: "fsync",
      limits: gatewayLimits,
      log: { info: () => {}, warn: () => {}, error: (fields, message) => this.#complain(fields, message) },
    });
    const attached = this.#gateway.attach(this.#server as AnyHttpServer, { path: "/" }).then(
      () => this.#listen(life),
      () => this.#fail(life),
    );
    world.standStillFor(attached);
  }

  accept(line: Line, { address, key, protocols }: Offer): void {
    const headers = {
      host: "sim",
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-key": key,
      "sec-websocket-version": "13",
      "sec-websocket-protocol": protocols.join(", "),
    };
    const request = {
      method: "GET",
      url: "/",
      httpVersion: "1.1",
      headers,
      rawHeaders: Object.entries(headers).flat(),
      socket: { remoteAddress: address },
    };
    this.#server.emit("upgrade", request, line.socket, Buffer.alloc(0));
  }

  /** SIGKILL: the operating system resets its lines. A power loss leaves them half-open. */
  kill(network: Network, isPowerLoss: boolean): void {
    const life = this.#life;
    if (life === undefined) return;
    this.#stop();
    const lines = [...network.lines].filter(({ host }) => host === this);
    for (const line of lines) line.break(isPowerLoss ? "half-open" : "client only", true);
    life.end();
    this.#broker?.forget();
  }

  freeze(forMs: number): void {
    this.#life?.freeze(forMs);
  }

  /** SIGTERM: what was accepted is stored, everybody is told to come back, then it starts anew. */
  drain(then: () => void): void {
    const life = this.#life;
    if (life === undefined || !this.#isListening) return;
    this.#isListening = false;
    void this.#gateway?.close({ graceMs }).then(() => {
      if (this.#life !== life) return;
      this.#stop();
      life.end();
      then();
    });
  }

  #listen(life: Life): void {
    if (this.#life === life) {
      this.#isListening = true;
      this.#broker?.started();
    }
    this.#options.world.note(`${this.name} listens`);
  }

  #fail(life: Life): void {
    if (this.#life !== life) return;
    this.#stop();
    life.end();
    this.#options.world.after(700, () => this.start());
  }

  #stop(): void {
    this.#life = undefined;
    this.#isListening = false;
  }

  #complain(fields: object, message: string): void {
    const { world } = this.#options;
    world.note(`${this.name} logs: ${message}`);
    if (expectedFaults.test(message)) return;
    const reason = "error" in fields ? String(fields.error) : "";
    world.record({ type: "complaint", client: this.name, channel: "", sentence: `${message}: ${reason}` });
  }

  #machine(life: Life, highWaterBytes: number): Machine {
    const { world } = this.#options;
    const clock = {
      nowMs: () => world.nowMs,
      startTicking: (tick: () => void, everyMs: number): (() => void) => startTicking(life, tick, everyMs),
    };
    const timers = new TimerWheel({ tickMs: wheelTickMs, clock });
    const engineOptions = { timers, highWaterBytes, deadAfterMs: 12_000, stalledAfterMs: 15_000 };
    return {
      steadyMs: () => world.nowMs,
      wallMs: () => world.wallMs + this.wallErrorMs,
      after: (delayMs, run) => life.after(delayMs, run),
      createTag: () => this.#random.uint32() || 1,
      createName: () => `${this.name}.${(this.#names += 1)}`,
      // The overloads differ in whether `upgrade` must be there: the gateway gives one.
      createWebSocketServer: ((options: Parameters<Machine["createWebSocketServer"]>[0]) =>
        createWebSocketServer({ ...options, ...engineOptions })) as Machine["createWebSocketServer"],
    };
  }

  /** What a function of the application's says, in its own time. */
  #decide<Answer>(life: Life, answer: () => Answer): Answer | Promise<Answer> {
    const { mode } = this.#options.hooks;
    switch (mode) {
      case "quick":
        return answer();
      case "throwing":
        if (this.#random.chance(0.5)) throw new Error("The application failed");
        return answer();
      default: {
        const delayMs = mode === "slow" ? this.#random.below(1500) : this.#random.below(8000);
        return new Promise((resolve) => void life.after(delayMs, () => resolve(answer())));
      }
    }
  }
}

function startTicking(life: Life, tick: () => void, everyMs: number): () => void {
  let cancel = life.after(everyMs, beat);
  function beat(): void {
    cancel = life.after(everyMs, beat);
    tick();
  }
  return () => cancel();
}

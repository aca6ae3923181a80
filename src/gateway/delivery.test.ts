/** The promise to subscribers, held against anything that can happen to a log: random runs of the whole core. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { GatewayBench } from "../testing/gateway-bench.ts";
import type { Position, ServerMessage } from "../wire/index.ts";

/** One subscriber, which judges everything it gets and comes back from where it was. */
class Subscriber {
  position: Position | undefined;
  /** What it believes the log to hold, by offset. */
  readonly held = new Map<number, string>();
  readonly faults: string[] = [];

  read(messages: readonly ServerMessage[]): void {
    for (const message of messages) this.#take(message);
  }

  #take(message: ServerMessage): void {
    if (message.type === "subscribed") this.position ??= message.position;
    if (message.type === "gap") this.#takeGap(message);
    if (message.type === "event") this.#takeEvent(message);
  }

  #takeGap({ from, reason, to }: Extract<ServerMessage, { type: "gap" }>): void {
    if (!isSame(from, this.position)) this.faults.push(`A gap from ${show(from)} at ${show(this.position)}`);
    if (isSame(from, to)) this.faults.push(`A gap of nothing at ${show(to)}`);
    for (const offset of this.held.keys()) if (offset > to.offset || reason === "epoch") this.held.delete(offset);
    this.position = to;
  }

  #takeEvent({ messageId, offset, tag }: Extract<ServerMessage, { type: "event" }>): void {
    const { epoch = "", offset: last = -1 } = this.position ?? {};
    if (offset !== last + 1) this.faults.push(`Entry ${offset} at ${show(this.position)}`);
    this.position = { epoch, offset, tag };
    this.held.set(offset, messageId);
  }
}

const isSame = (a: Position, b: Position | undefined): boolean => show(a) === show(b);
const show = (position: Position | undefined): string => `${position?.epoch}/${position?.offset}/${position?.tag}`;

/** A channel in trouble, and three people who listen to it, each over one connection after the other. */
class World {
  readonly bench: GatewayBench;
  readonly people = new Map([1, 2, 3].map((who) => [who, new Subscriber()]));
  /** Who is on which connection. */
  readonly #connections = new Map<number, number>();
  #connection = 0;
  #messageCount = 0;

  constructor() {
    const limits = { maxRingCount: 3, maxPageCount: 2, maxPageBytes: 400, requestBurstCount: Infinity };
    this.bench = new GatewayBench({ limits });
    this.bench.isHolding = () => true;
  }

  take(step: Step): void {
    const { bench } = this;
    const log = bench.log("news");
    switch (step.act) {
      case "append":
        return this.#append(step.isHinting);
      case "answer":
        return bench.answer(step.index % Math.max(1, bench.questions.length));
      case "subscribe":
        return this.#subscribe(step.who);
      case "cut":
        return this.#cut(step.who);
      case "congest":
        return this.#congest(step.who);
      case "drain":
        return bench.drain(this.#connectionOf(step.who));
      case "lose":
        return log.loseTail(step.count);
      case "trim":
        return log.trim(step.count);
      case "repeat":
        return this.#repeat(log.top.offset - step.count);
      case "replace":
        log.epoch = String(Number(log.epoch) + 1).padStart(16, "0");
        return;
      case "wait":
        return bench.advance(step.ms);
      default:
        return step satisfies never;
    }
  }

  listen(): void {
    for (const [connection, who] of this.#connections) this.people.get(who)?.read(this.bench.take(connection));
  }

  /** All trouble is over, and everybody is back. */
  heal(): void {
    const { bench } = this;
    bench.isHolding = () => false;
    bench.settle();
    for (const who of this.people.keys()) {
      bench.drain(this.#connectionOf(who));
      if (this.#connectionOf(who) === 0) this.#subscribe(who);
    }
    bench.isHolding = () => false;
    bench.settle();
    bench.advance(10_000);
    this.listen();
  }

  #append(isHinting: boolean): void {
    this.#messageCount += 1;
    this.bench.isHinting = isHinting;
    this.bench.append("news", `m${this.#messageCount}`);
  }

  /** A hint of what was announced before, or never was. */
  #repeat(offset: number): void {
    const { epoch, entries } = this.bench.log("news");
    const entry = entries.find((one) => one.offset === offset);
    if (entry !== undefined) this.bench.handle({ type: "appended", channel: "news", epoch, entry });
  }

  #congest(who: number): void {
    const connection = this.#connectionOf(who);
    this.bench.congested.add(connection);
    this.bench.handle({ type: "congested", connection });
  }

  #subscribe(who: number): void {
    this.#cut(who);
    this.#connection += 1;
    this.#connections.set(this.#connection, who);
    this.bench.isHolding = ({ type }) => type !== "authenticate";
    this.bench.join(this.#connection);
    this.bench.isHolding = () => true;
    const position = this.people.get(who)?.position;
    const start = position === undefined ? ({ from: "live" } as const) : ({ from: "position", position } as const);
    this.bench.send(this.#connection, { type: "subscribe", channel: "news", start });
  }

  #cut(who: number): void {
    this.listen();
    const connection = this.#connectionOf(who);
    this.#connections.delete(connection);
    this.bench.congested.delete(connection);
    this.bench.closed(connection);
  }

  #connectionOf(who: number): number {
    return [...this.#connections].find(([, one]) => one === who)?.[0] ?? 0;
  }
}

const who = fc.integer({ min: 1, max: 3 });
const count = fc.nat(4);
const anyStep = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant("append" as const), isHinting: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ act: fc.constant("answer" as const), index: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constantFrom("subscribe" as const, "subscribe" as const, "cut" as const), who }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constantFrom("congest" as const, "drain" as const), who }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constantFrom("lose" as const, "trim" as const, "repeat" as const), count }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("wait" as const), ms: fc.nat(3_000) }) },
  { weight: 1, arbitrary: fc.constant({ act: "replace" as const }) },
);
type Step = typeof anyStep extends fc.Arbitrary<infer One> ? One : never;

test("[DL9] whatever happens, each subscriber gets contiguous entries or is told one gap, and ends with the log", () => {
  const run = (steps: readonly Step[]): void => {
    const world = new World();
    for (const step of steps) {
      world.take(step);
      world.listen();
    }
    world.heal();
    const log = world.bench.log("news");
    for (const { faults, held, position } of world.people.values()) {
      const wrong = log.entries.filter(({ messageId, offset }) => (held.get(offset) ?? messageId) !== messageId);
      expect({ faults, wrong, position }).toEqual({ faults: [], wrong: [], position: log.top });
    }
  };
  fc.assert(fc.property(fc.array(anyStep, { maxLength: 120 }), run), { numRuns: 1_000 });
});

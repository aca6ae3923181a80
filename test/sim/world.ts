import { seededRandom, type SeededRandom, VirtualClock } from "../../src/testing/index.ts";
import type { HistoryEvent } from "../history/event.ts";
import { Trace } from "./trace.ts";

/** An event of the history before it has its time. */
export type Untimed = HistoryEvent extends infer Event ? (Event extends unknown ? Omit<Event, "atMs"> : never) : never;

/** Where every run begins: long after 1970, so that a wall clock may be set back. */
const startMs = 1_000_000;
const wallStartMs = 1_800_000_000_000;

/** What everything in one run shares: the one clock, the one seed, what was recorded and what was counted. */
export class World {
  readonly clock: VirtualClock = new VirtualClock(startMs);
  readonly trace: Trace = new Trace();
  readonly history: HistoryEvent[] = [];
  readonly #seed: number;
  #sleptMs = 0;
  /** What takes real time: a module that is loaded when a gateway opens. */
  readonly #outside = new Set<Promise<unknown>>();
  readonly #counts = new Map<string, number>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  get nowMs(): number {
    return this.clock.nowMs;
  }

  /** Milliseconds since the run began. */
  get elapsedMs(): number {
    return this.clock.nowMs - startMs;
  }

  get wallMs(): number {
    return wallStartMs + this.#sleptMs + Math.floor(this.clock.nowMs); // whole, as a wall clock is
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Random numbers for one purpose: what others draw does not change them, so a plan with fewer steps stays like itself. */
  random(purpose: string): SeededRandom {
    let mixed = this.#seed;
    for (const character of Buffer.from(purpose)) mixed = Math.imul(mixed ^ character, 16_777_619);
    return seededRandom(mixed);
  }

  /** Runs once, later; returns how to call it off. */
  after(delayMs: number, run: () => void): () => void {
    const timer = this.clock.setTimeout(run, delayMs);
    return () => this.clock.clearTimeout(timer);
  }

  /** Goes on to the next thing that happens, then lets every promise and every write that follows from it be done. */
  async step(): Promise<boolean> {
    const hasRun = this.clock.runNext();
    await settle();
    // No simulated time passes meanwhile, or the run would depend on how fast this machine is.
    while (this.#outside.size > 0) await Promise.all(this.#outside);
    return hasRun;
  }

  /** Lets the time stand still until work is done that depends on nothing simulated. It must not reject. */
  standStillFor(work: Promise<unknown>): void {
    this.#outside.add(work);
    void work.then(() => this.#outside.delete(work));
  }

  async passUntil(atMs: number): Promise<void> {
    let isThere = false;
    this.after(atMs - this.nowMs, () => {
      isThere = true;
    });
    while (!isThere) await this.step();
  }

  /** The time goes on and nothing else does, as for machines that are suspended together. */
  sleep(forMs: number): void {
    this.#sleptMs += forMs;
  }

  count(what: string, by = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }

  note(line: string): void {
    this.trace.add(this.elapsedMs, line);
  }

  /** Something was broken on purpose. */
  fault(name: string, detail = ""): void {
    this.count(`fault: ${name}`);
    this.note(`! ${name} ${detail}`);
  }

  record(event: Untimed): void {
    // The union's members each without their time, and with it again.
    this.history.push({ ...event, atMs: this.elapsedMs } as HistoryEvent);
  }
}

/** Two turns: the engine writes at the end of the first one, and what that makes runs in the second. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

import type { Machine } from "./machine.ts";
import type { Shell } from "./shell.ts";

/** How a gateway lets its connections go. */
export interface DrainOptions {
  /** All of it takes at most so long, in milliseconds; then what is left is cut. Default 25 000. */
  readonly graceMs: number;
  /**
   * The connections are let go evenly over so long, in milliseconds, at most `graceMs`. Default 0, all at once: right for a single server,
   * whose clients cannot be anywhere else meanwhile.
   */
  readonly drainMs: number;
  /** How many clients may come back in a second, wherever that is: each is told when. Default 1 000. */
  readonly reconnectsPerSecond: number;
}

const defaults: DrainOptions = { graceMs: 25_000, drainMs: 0, reconnectsPerSecond: 1_000 };

/** @throws {RangeError} for a number that cannot be. */
export function readDrainOptions(options: Partial<DrainOptions>): DrainOptions {
  const all = { ...defaults, ...options };
  for (const [name, value] of Object.entries(all)) {
    if (value > 0 || (name === "drainMs" && value === 0)) continue;
    throw new RangeError(`Cannot use ${value} as ${name}: give a ${name === "drainMs" ? "time" : "positive number"}`);
  }
  return all;
}

/** When one connection is let go, counted from the start, and when it is to come back, counted from then. */
export interface Farewell {
  readonly connection: number;
  readonly atMs: number;
  readonly afterMs: number;
}

/** The latest that a client is told to come back. */
const maxAfterMs = 60_000;

/**
 * Lets `connections` go in their order, one by one over `drainMs`, and has them come back evenly at the rate that is borne: what
 * letting go has not spread, waiting does.
 */
export function planFarewells(
  connections: readonly number[],
  { drainMs, reconnectsPerSecond }: Omit<DrainOptions, "graceMs">,
): readonly Farewell[] {
  return connections.map((connection, index) => {
    const atMs = Math.floor((drainMs * index) / connections.length);
    const backMs = Math.ceil((1_000 * index) / reconnectsPerSecond);
    return { connection, atMs, afterMs: Math.min(Math.max(0, backMs - atMs), maxAfterMs) };
  });
}

/** Lets every connection go, each with all its answers. Resolves when none is left, when the grace is over, or when it is called off. */
export async function drain(shell: Shell, machine: Machine, options: DrainOptions): Promise<void> {
  const drainMs = Math.min(options.drainMs, options.graceMs);
  const startMs = machine.steadyMs();
  const farewells = planFarewells(shuffle([...shell.sockets.keys()], machine), { ...options, drainMs });
  const grace = createAlarm(machine, options.graceMs);
  const emptied = shell.emptied();
  for (const { afterMs, atMs, connection } of farewells) {
    const waitMs = startMs + atMs - machine.steadyMs();
    if (waitMs > 0) await waitFor(machine, waitMs, emptied);
    if (!shell.isDraining) break; // it was thought better of
    shell.feed({ type: "leaving", connection, afterMs });
  }
  if (shell.isDraining) await Promise.race([emptied, grace.done]);
  grace.cancel();
}

interface Alarm {
  readonly done: Promise<void>;
  cancel(): void;
}

function createAlarm(machine: Machine, delayMs: number): Alarm {
  let cancel = (): void => {};
  const done = new Promise<void>((resolve) => {
    cancel = machine.after(delayMs, resolve);
  });
  return { done, cancel: () => cancel() };
}

/** Waits so long, or until nobody is left to wait for. */
async function waitFor(machine: Machine, waitMs: number, emptied: Promise<void>): Promise<void> {
  const alarm = createAlarm(machine, waitMs);
  await Promise.race([alarm.done, emptied]);
  alarm.cancel();
}

/** In no order that says who came first: those are the ones who come first everywhere. */
function shuffle(connections: readonly number[], machine: Machine): readonly number[] {
  const drawn = connections.map((connection) => ({ connection, lot: machine.createTag() }));
  return drawn.sort((a, b) => a.lot - b.lot).map(({ connection }) => connection);
}

/** Runs a load for a time or a number of messages. */
import { BenchTally } from "./bench-tally.ts";
import type { Load, LoadOptions } from "./load.ts";

export interface BenchPlan {
  readonly durationMs: number;
  readonly warmUpMs: number;
  /** It ends when so much came back. */
  readonly maxCount: number;
  /** Of all senders together; undefined: as fast as things come back. */
  readonly perSecond: number | undefined;
  readonly signal: AbortSignal;
  /** Is told a few times a second. */
  readonly progress: (progress: BenchProgress) => void;
}

export interface BenchProgress {
  readonly phase: "opening" | "warming up" | "measuring";
  readonly elapsedMs: number;
  readonly tally: BenchTally;
}

export interface BenchMeasured {
  readonly tally: BenchTally;
  readonly openCount: number;
  readonly elapsedMs: number;
}

const progressEveryMs = 250;
/** How often what is due is sent, where there is a rate. */
const tickMs = 2;

export async function runBench(
  open: (part: Pick<LoadOptions, "received" | "tally">, signal: AbortSignal) => Promise<Load>,
  plan: BenchPlan,
): Promise<BenchMeasured> {
  const tally = new BenchTally();
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  plan.signal.addEventListener("abort", finish, { once: true });
  const startedMs = performance.now();
  let phase: BenchProgress["phase"] = "opening";
  let phaseMs = startedMs;
  const tell = (): void => plan.progress({ phase, elapsedMs: performance.now() - phaseMs, tally });
  const teller = setInterval(tell, progressEveryMs);
  let load: Load | undefined;
  let pacer: Pacer | undefined;
  try {
    load = await open({ tally, received: () => tally.receivedCount >= plan.maxCount && finish() }, plan.signal);
    const openCount = load.openCount;
    load.start();
    if (plan.perSecond !== undefined) pacer = new Pacer(load, plan.perSecond, tally);
    [phase, phaseMs] = ["warming up", performance.now()];
    await within(plan.warmUpMs, finished);
    [phase, phaseMs] = ["measuring", performance.now()];
    tally.start(phaseMs);
    await within(plan.durationMs, finished);
    const elapsedMs = performance.now() - phaseMs;
    tally.stop();
    return { tally, openCount, elapsedMs };
  } finally {
    clearInterval(teller);
    pacer?.stop();
    await load?.stop();
  }
}

/** Waits so long, or until that happens. */
async function within(ms: number, event: Promise<void>): Promise<void> {
  if (ms <= 0) return;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([timeout, event]);
  clearTimeout(timer);
}

/** Sends at a rate, whatever comes back: a server that stalls is charged for what was due meanwhile. */
class Pacer {
  readonly #timer: NodeJS.Timeout;

  constructor(load: Load, perSecond: number, tally: BenchTally) {
    const gapMs = 1_000 / perSecond;
    let dueMs = performance.now();
    this.#timer = setInterval(() => {
      for (const nowMs = performance.now(); dueMs <= nowMs; dueMs += gapMs) {
        if (!load.sendOne(dueMs) && tally.isCounting) tally.skippedCount++;
      }
    }, tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

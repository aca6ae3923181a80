import { performance } from "node:perf_hooks";
import type { ServerCounters } from "../../../engine/index.ts";
import type { Operated } from "../operated.ts";
import { type ConsoleSample, keptSampleCount } from "./messages.ts";

/** What only grows, as it was at a moment. */
interface Totals extends Pick<
  ServerCounters,
  "messagesIn" | "messagesOut" | "bytesIn" | "bytesOut" | "accepted" | "closed"
> {
  readonly atMs: number;
  readonly storedCount: number;
  readonly deliveredCount: number;
  readonly refusedCount: number;
  readonly loop: ReturnType<typeof performance.eventLoopUtilization>;
}

/** Looks at a gateway once a second, and keeps what it saw of the last five minutes. */
export class Sampler {
  readonly #operated: Operated;
  readonly #samples: ConsoleSample[] = [];
  #before: Totals;

  constructor(operated: Operated) {
    this.#operated = operated;
    this.#before = this.#count();
  }

  /** Oldest first. */
  get samples(): readonly ConsoleSample[] {
    return this.#samples;
  }

  /** How it was since the last look. */
  look(): ConsoleSample {
    const { broker, info, machine, meters, shell } = this.#operated;
    const [before, now] = [this.#before, this.#count()];
    this.#before = now;
    const { channelCount, connectionCount, reason, status } = info();
    const { heapUsed: heapBytes, rss: rssBytes } = process.memoryUsage();
    const pendingCount = broker.stats?.().pendingCount;
    const sample: ConsoleSample = {
      atMs: Math.round(machine.wallMs()),
      status,
      ...(reason !== undefined && { reason }),
      connectionCount,
      channelCount,
      slowCount: shell.congestedCount,
      queuedBytes: shell.queuedBytes,
      ...ratesOf(before, now),
      stored: meters.stored.take(),
      delivered: meters.flights.spread.take(),
      ...(pendingCount !== undefined && { pendingCount }),
      loopShare: Math.round(performance.eventLoopUtilization(now.loop, before.loop).utilization * 1_000) / 1_000,
      heapBytes,
      rssBytes,
    };
    this.#samples.push(sample);
    if (this.#samples.length > keptSampleCount) this.#samples.shift();
    return sample;
  }

  #count(): Totals {
    const { machine, meters, shell } = this.#operated;
    const { accepted, bytesIn, bytesOut, closed, messagesIn, messagesOut } = shell.engine.counters;
    const { deliveredCount, refusedCounts, replayedCount } = shell.counters;
    return {
      accepted,
      bytesIn,
      bytesOut,
      closed,
      messagesIn,
      messagesOut,
      atMs: machine.steadyMs(),
      storedCount: meters.appends.stored,
      deliveredCount: deliveredCount + replayedCount,
      refusedCount: [...refusedCounts.values()].reduce((sum, count) => sum + count, 0),
      loop: performance.eventLoopUtilization(),
    };
  }
}

function ratesOf(before: Totals, now: Totals): Pick<ConsoleSample, Extract<keyof ConsoleSample, `${string}PerSecond`>> {
  // A timer is late rather than early, but two looks may fall into one millisecond.
  const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1_000);
  const rate = (name: Exclude<keyof Totals, "loop">): number =>
    Math.round(((now[name] - before[name]) / seconds) * 10) / 10;
  return {
    publishesPerSecond: rate("storedCount"),
    deliveriesPerSecond: rate("deliveredCount"),
    messagesInPerSecond: rate("messagesIn"),
    messagesOutPerSecond: rate("messagesOut"),
    bytesInPerSecond: rate("bytesIn"),
    bytesOutPerSecond: rate("bytesOut"),
    refusalsPerSecond: rate("refusedCount"),
    openedPerSecond: rate("accepted"),
    closedPerSecond: rate("closed"),
  };
}

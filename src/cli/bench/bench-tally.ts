import { LatencyHistogram } from "./latency-histogram.ts";

/** What has been measured so far. */
export class BenchTally {
  /** From a message to its echo, or from a publish to a delivery. */
  readonly latency: LatencyHistogram = new LatencyHistogram();
  /** From a publish to its acknowledgement. */
  readonly acknowledged: LatencyHistogram = new LatencyHistogram();
  /** What went wrong, in words, and how often. */
  readonly faults: Map<string, number> = new Map();
  /** What came back in each second since the start. */
  readonly perSecond: number[] = [];
  sentCount = 0;
  receivedCount = 0;
  receivedBytes = 0;
  /** What was to be sent at its time, and was not, for too much was under way. */
  skippedCount = 0;
  #startedMs = 0;
  #isCounting = false;

  /** From here on what comes counts: before, connections and code warm up. */
  start(nowMs: number): void {
    this.#startedMs = nowMs;
    this.#isCounting = true;
  }

  get isCounting(): boolean {
    return this.#isCounting;
  }

  stop(): void {
    this.#isCounting = false;
  }

  send(): void {
    if (this.#isCounting) this.sentCount++;
  }

  /** What was sent at `sentMs` has come back. */
  receive(sentMs: number, nowMs: number, bytes: number): void {
    if (!this.#isCounting || sentMs < this.#startedMs) return;
    this.receivedCount++;
    this.receivedBytes += bytes;
    this.latency.record(nowMs - sentMs);
    const second = Math.floor((nowMs - this.#startedMs) / 1_000);
    while (this.perSecond.length <= second) this.perSecond.push(0);
    this.perSecond[second] = (this.perSecond[second] ?? 0) + 1;
  }

  acknowledge(sentMs: number, nowMs: number): void {
    if (this.#isCounting && sentMs >= this.#startedMs) this.acknowledged.record(nowMs - sentMs);
  }

  fault(words: string): void {
    this.faults.set(words, (this.faults.get(words) ?? 0) + 1);
  }
}

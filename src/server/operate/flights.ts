import { LatencyWindow } from "./latency.ts";

/** A power of two: so many appends may be on their way to subscribers and still be found. */
const slotCount = 1024;

/**
 * How long events take from the store's door to the subscribers of this node. The tag of an append, which its entry carries, says which it
 * was; tags are random, so each finds a place by its last bits. One that takes another's place makes that one uncounted, not wrong.
 */
export class Flights {
  readonly spread: LatencyWindow = new LatencyWindow();
  readonly #tags = new Uint32Array(slotCount);
  readonly #startMs = new Float64Array(slotCount);

  started(tag: number, nowMs: number): void {
    const slot = tag & (slotCount - 1);
    this.#tags[slot] = tag;
    this.#startMs[slot] = nowMs;
  }

  /** The entry was sent to those who are subscribed here. One that another node stored is not known. */
  landed(tag: number, nowMs: number): void {
    const slot = tag & (slotCount - 1);
    if (this.#tags[slot] !== tag) return;
    this.#tags[slot] = 0; // no tag is 0
    this.spread.observe(nowMs - (this.#startMs[slot] ?? nowMs));
  }
}

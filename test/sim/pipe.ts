import type { SeededRandom } from "../../src/testing/index.ts";
import type { World } from "./world.ts";

/** What fits into the network before a writer has to wait, as in a kernel's buffers. */
const capacityBytes = 8 * 1024;
/** How often a slow reader takes what its rate allows. */
const slowTickMs = 100;
const maxSegmentBytes = 1460;

export interface PipeEnds {
  /** Bytes came; a chunk of its own. */
  readonly data: (chunk: Uint8Array) => void;
  /** The other side said that it has nothing more to say. */
  readonly end: () => void;
}

/** One direction of a connection: keeps the order of the bytes and nothing else of what was written. */
export class Pipe {
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #ends: PipeEnds;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isEnding = false;
  #isScheduled = false;
  #isStalled = false;
  /** Everything written vanishes. */
  #isGone = false;
  #bytesPerSecond = Infinity;
  /** Who waits for room. */
  #waiting: (() => void)[] = [];

  constructor(world: World, random: SeededRandom, ends: PipeEnds) {
    this.#world = world;
    this.#random = random;
    this.#ends = ends;
  }

  /** @param taken - called when the writer may go on: at once, unless too much is under way. */
  write(chunk: Uint8Array, taken: () => void = () => {}): void {
    if (!this.#isGone) this.#chunks.push(Uint8Array.from(chunk));
    this.#bytes += chunk.length;
    if (this.#bytes <= capacityBytes) taken();
    else this.#waiting.push(taken);
    this.#schedule(12);
  }

  end(): void {
    this.#isEnding = true;
    this.#schedule(12);
  }

  stall(isStalled: boolean): void {
    this.#isStalled = isStalled;
    if (!isStalled) this.#schedule(1);
  }

  slowDown(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** From now on nothing arrives; of what is under way, the first bytes still do if `isTorn`. */
  vanish({ isTorn = false } = {}): void {
    if (this.#isGone) return;
    if (isTorn && this.#bytes > 0) this.#deliver(this.#random.below(this.#bytes + 1));
    this.#isGone = true;
    this.#chunks = [];
  }

  /** Draws no number when nothing is to be done: in how many pieces the engine writes must not matter. */
  #schedule(maxDelayMs: number): void {
    if (this.#isScheduled || this.#isStalled || this.#isGone) return;
    if (this.#bytes === 0 && !this.#isEnding) return;
    this.#isScheduled = true;
    this.#world.after(this.#bytesPerSecond === Infinity ? this.#random.below(maxDelayMs) : slowTickMs, () => {
      this.#isScheduled = false;
      this.#arrive();
    });
  }

  #arrive(): void {
    if (this.#isStalled || this.#isGone) return;
    if (this.#bytes > 0) {
      const allowance = Math.min(maxSegmentBytes, Math.ceil((this.#bytesPerSecond * slowTickMs) / 1000));
      const most = Math.min(this.#bytes, allowance);
      // TCP keeps no boundaries: now and then a chunk ends at any byte.
      this.#deliver(this.#random.chance(0.15) ? 1 + this.#random.below(most) : most);
    }
    if (this.#bytes > 0) return this.#schedule(3);
    if (this.#isEnding && !this.#isGone) {
      this.#isGone = true;
      this.#ends.end();
    }
  }

  #deliver(count: number): void {
    const chunk = new Uint8Array(count);
    for (let at = 0; at < count;) {
      const first = this.#chunks[0] ?? new Uint8Array();
      const part = first.subarray(0, count - at);
      chunk.set(part, at);
      at += part.length;
      if (part.length === first.length) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(part.length);
    }
    this.#bytes -= count;
    if (count > 0) this.#ends.data(chunk);
    if (this.#bytes > capacityBytes) return;
    for (const taken of this.#waiting.splice(0)) taken();
  }
}

import type { Channel } from "./channel.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { GatewayLimits } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import type { KnownLog } from "./ports.ts";

export interface RoundTools {
  readonly outbox: Outbox;
  readonly deadlines: Deadlines;
  readonly limits: Pick<GatewayLimits, "tailProbeMs">;
  readonly channels: ReadonlyMap<string, Channel>;
}

/** Evenly apart in `tailProbeMs`, so that ten thousand channels are not looked at in one breath. */
const roundCount = 20;
/** A question that is asked anyway is asked for so many. */
const togetherCount = 64;

/** Looks at the log of every channel once in `tailProbeMs`, at many with one question. */
export class Rounds {
  readonly #rounds: readonly Round[];
  #count = 0;

  constructor(tools: RoundTools) {
    this.#rounds = Array.from({ length: roundCount }, (_, index) => new Round(1 - index / roundCount, tools));
  }

  add(channel: Channel): void {
    this.#count += 1;
    const mostCount = Math.max(togetherCount, Math.ceil(this.#count / roundCount));
    for (const round of this.#rounds) if (round.count < mostCount) return round.add(channel);
  }

  delete(channel: Channel): void {
    this.#count -= 1;
    for (const round of this.#rounds) round.delete(channel);
  }
}

/** Channels that are looked at together. */
class Round implements Deadline {
  atMs = 0;
  place = -1;
  /** When the first look is, as a part of `tailProbeMs` from when there is something to look at. */
  readonly #phase: number;
  readonly #tools: RoundTools;
  readonly #channels = new Set<Channel>();
  #isAsking = false;

  constructor(phase: number, tools: RoundTools) {
    this.#phase = phase;
    this.#tools = tools;
  }

  get count(): number {
    return this.#channels.size;
  }

  add(channel: Channel): void {
    const { deadlines, limits, outbox } = this.#tools;
    if (this.#channels.size === 0) deadlines.set(this, outbox.nowMs + limits.tailProbeMs * this.#phase);
    this.#channels.add(channel);
  }

  delete(channel: Channel): void {
    this.#channels.delete(channel);
  }

  run(nowMs: number): void {
    if (this.#channels.size === 0) return;
    const { deadlines, limits } = this.#tools;
    deadlines.set(this, nowMs + limits.tailProbeMs);
    const known: KnownLog[] = [];
    for (const channel of this.#channels) {
      const position = channel.look();
      if (position !== undefined) known.push({ channel: channel.route.name, position });
    }
    if (known.length > 0) this.#compare(known);
  }

  #compare(known: readonly KnownLog[]): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#tools.outbox.ask("compare", { known }, (result) => {
      this.#isAsking = false;
      if (result.type === "failed") return; // the next round asks again
      for (const { channel, top } of result.others) this.#tools.channels.get(channel)?.probe(top);
    });
  }
}

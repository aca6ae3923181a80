import { type RaceAnswer, type RaceMessage, raceMessageCount } from "./messages.ts";

const [shortestGapMs, longestGapMs] = [40, 260];
const maxRaceCount = 50;
/** Long after the last message. */
const forgetAfterMs = 60_000;

/** The same messages, for those who poll and for those who are pushed to. */
export class Race {
  readonly #messages: RaceMessage[] = [];
  #requestCount = 0;
  #byteCount = 0;

  /** @param push - called with each message the moment it is said. */
  constructor(push: (text: string) => void) {
    const say = (): void => {
      const message: RaceMessage = { index: this.#messages.length, saidAtMs: performance.now() };
      this.#messages.push(message);
      push(JSON.stringify(message));
      if (this.#messages.length < raceMessageCount) setTimeout(say, nextGapMs()).unref();
    };
    setTimeout(say, nextGapMs()).unref();
  }

  /** What was said after the first `count` messages. */
  poll(count: number): RaceAnswer {
    return {
      nowMs: performance.now(),
      messages: this.#messages.slice(count),
      isOver: this.#messages.length === raceMessageCount,
      requestCount: this.#requestCount,
      byteCount: this.#byteCount,
    };
  }

  /** Counts a poll that was answered. */
  count(byteCount: number): void {
    this.#requestCount++;
    this.#byteCount += byteCount;
  }
}

/** The races that run, by the page's name for them. */
export class Races {
  readonly #races = new Map<string, Race>();

  /** Undefined when too many run already. */
  start(name: string, push: (text: string) => void): Race | undefined {
    if (this.#races.size >= maxRaceCount && !this.#races.has(name)) return undefined;
    const race = new Race(push);
    this.#races.set(name, race);
    const forget = (): void => {
      if (this.#races.get(name) === race) this.#races.delete(name);
    };
    setTimeout(forget, forgetAfterMs).unref();
    return race;
  }

  find(name: string): Race | undefined {
    return this.#races.get(name);
  }
}

function nextGapMs(): number {
  return shortestGapMs + Math.random() * (longestGapMs - shortestGapMs);
}

import { type Input, type Point, type Ship, step, tickMs, type View } from "./rules.ts";

const seqCount = 32_768;
/** Others are drawn where they were so long ago: between two ticks that are known, however unsteady the line. */
const behindMs = 2 * tickMs;
/** So late may a tick come and still be drawn. */
const keptTicks = 20;

/** The own ship, at once where the server will have it: inputs that it has not answered yet are played again on what it said last. */
export class Pilot {
  /** Where it was a tick ago, and where it is. */
  before: Ship | undefined;
  ship: Ship | undefined;
  /** From an input to the view that it is part of. */
  delayMs = 0;
  readonly #pending: { readonly input: Input; readonly atMs: number }[] = [];
  #seq = 0;

  press(wish: Omit<Input, "seq">, nowMs: number): Input {
    this.#seq = (this.#seq + 1) % seqCount;
    const input = { ...wish, seq: this.#seq };
    this.before = this.ship;
    this.ship &&= step(this.ship, input);
    this.#pending.push({ input, atMs: nowMs });
    return input;
  }

  correct({ ack, ship }: View, nowMs: number): void {
    const known = this.#pending.findIndex(({ input }) => input.seq === ack);
    const answered = this.#pending.splice(0, known + 1).at(-1);
    if (answered !== undefined) this.delayMs = nowMs - answered.atMs;
    this.ship = this.#pending.reduce((moved, { input }) => step(moved, input), ship);
  }
}

/** The others, as they were a moment ago. */
export class Past {
  #views: readonly View[] = [];
  /** When tick 0 would have come, had all come as fast as the fastest. */
  #startMs = Infinity;

  add(view: View, nowMs: number): void {
    this.#startMs = Math.min(this.#startMs + 0.5, nowMs - view.tick * tickMs); // it forgets, slowly, for clocks differ
    this.#views = [...this.#views.filter(({ tick }) => tick > view.tick - keptTicks && tick < view.tick), view];
  }

  at(nowMs: number): View["others"] {
    const tick = (nowMs - behindMs - this.#startMs) / tickMs;
    const next = this.#views.find((view) => view.tick > tick) ?? this.#views.at(-1);
    const last = this.#views.findLast((view) => view.tick <= tick) ?? next;
    if (last === undefined || next === undefined) return [];
    const share = next === last ? 0 : (tick - last.tick) / (next.tick - last.tick);
    return next.others.map((to) => {
      const from = last.others.find(({ seat }) => seat === to.seat) ?? to;
      return { seat: to.seat, ...between(from, to, share) };
    });
  }
}

/** `share` of the way from one point to another. */
export function between(from: Point, to: Point, share: number): Point {
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

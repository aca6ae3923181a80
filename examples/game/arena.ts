import { arenaSize, type Input, type Point, radius, type Ship, sight, step, type View } from "./rules.ts";

const gemCount = 120;
const rankedCount = 8;
const maxSeatCount = 200;
const maxWaitingInputs = 2;
/** So many ticks a player may catch up on after a stall; more would be a way to be fast. */
const maxSavedTicks = 8;
/** The ship of a silent player stands still for so long before it goes. */
const seatKeptMs = 30_000;

type Seat = ReturnType<typeof newSeat>;

function newSeat(number: number, ship: Ship) {
  return { number, ship, score: 0, inputs: [] as Input[], ack: -1, savedTicks: 0, heardAtMs: 0 };
}

/** The game as the server has it, the only one that counts. Time and chance come from outside. */
export class Arena {
  /** By the player's id: who comes back finds the seat. */
  readonly seats: Map<string, Seat> = new Map();
  readonly #random: () => number;
  readonly #gems: Point[];
  #tick = 0;
  #seatCount = 0;

  constructor(random: () => number) {
    this.#random = random;
    this.#gems = Array.from({ length: gemCount }, () => this.#place(arenaSize));
  }

  take(player: string, input: Input, nowMs: number): void {
    let seat = this.seats.get(player);
    if (seat === undefined) {
      if (this.seats.size >= maxSeatCount) return;
      seat = newSeat(this.#seatCount++ % 32_768, { ...this.#place(sight), vx: 0, vy: 0 }); // in the middle, where the others are
      this.seats.set(player, seat);
    }
    seat.heardAtMs = nowMs;
    seat.inputs.push(input); // the gateway limits how many come within a tick
  }

  tick(nowMs: number): void {
    this.#tick++;
    for (const [id, seat] of this.seats) {
      if (nowMs - seat.heardAtMs > seatKeptMs) this.seats.delete(id);
      seat.savedTicks = Math.min(maxSavedTicks, seat.savedTicks + 1);
      // One input a tick; more of a line that stalled, as far as there are ticks that the player has not used. What is left is too old.
      const count = seat.inputs.length > maxWaitingInputs ? seat.inputs.length : 1;
      for (const input of seat.inputs.splice(0, Math.min(count, seat.savedTicks))) this.#move(seat, input);
      seat.inputs.splice(0, seat.inputs.length - maxWaitingInputs);
    }
  }

  /** What is near this seat, and who is ahead. */
  view({ number, ack, ship }: Seat): View {
    const isNear = ({ x, y }: Point): boolean => Math.abs(x - ship.x) < sight && Math.abs(y - ship.y) < sight;
    const seats = [...this.seats.values()].toSorted((one, other) => other.score - one.score);
    const near = seats.filter((other) => other.number !== number && isNear(other.ship));
    const others = near.map((other) => ({ seat: other.number, x: other.ship.x, y: other.ship.y }));
    const ranking = seats.slice(0, rankedCount).map((one) => ({ seat: one.number, score: one.score }));
    return { tick: this.#tick, ack, seat: number, ship, others, gems: this.#gems.filter(isNear), ranking };
  }

  #move(seat: Seat, input: Input): void {
    seat.savedTicks--;
    seat.ack = input.seq;
    seat.ship = step(seat.ship, input);
    for (const [index, gem] of this.#gems.entries()) {
      if (Math.hypot(seat.ship.x - gem.x, seat.ship.y - gem.y) > 2 * radius) continue;
      seat.score++;
      this.#gems[index] = this.#place(arenaSize);
    }
  }

  /** Somewhere in a square around the middle. */
  #place(size: number): Point {
    const place = (): number => Math.round(arenaSize / 2 + (this.#random() - 0.5) * (size - 2 * radius));
    return { x: place(), y: place() };
  }
}

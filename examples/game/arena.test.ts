import { expect, test } from "vitest";
import { Arena } from "./arena.ts";
import { arenaSize, decodeView, encodeView, type Input, pack, radius, step, unpack } from "./rules.ts";

const right = { dx: 100, dy: 0 };
const still = { x: 5000, y: 5000, vx: 0, vy: 0 };

/** An arena where everything begins in the middle. */
function arenaOf(...players: readonly string[]): Arena {
  const arena = new Arena(() => 0.5);
  for (const id of players) arena.take(id, { seq: 0, dx: 0, dy: 0 }, 0);
  arena.tick(0);
  return arena;
}

function seatOf(arena: Arena, id: string): NonNullable<ReturnType<Arena["seats"]["get"]>> {
  const seat = arena.seats.get(id);
  if (seat === undefined) throw new Error(`Nobody is ${id}`);
  return seat;
}

function press(arena: Arena, id: string, inputs: readonly Input[], nowMs = 0): void {
  for (const input of inputs) arena.take(id, input, nowMs);
}

const many = (count: number): readonly Input[] =>
  Array.from({ length: count }, (_, index) => ({ ...right, seq: index + 1 }));

test("[EX4] a view and an input are the same behind their bytes, wherever those begin, and however late the tick", () => {
  const view = {
    tick: 5_000_000,
    ack: 32_767,
    seat: 3,
    ship: { x: 31_600, y: 400, vx: -340, vy: 7 },
    others: [{ seat: 4, x: 1, y: 2 }],
    ranking: [{ seat: 4, score: 9 }],
    gems: [
      { x: 3, y: 4 },
      { x: 5, y: 6 },
    ],
  };
  const bytes = new Uint8Array([0, ...encodeView(view)]).subarray(1);
  expect(decodeView(bytes)).toEqual(view);
  expect([...unpack(pack([9, -100, 100]))]).toEqual([9, -100, 100]);
  expect([...unpack(new Uint8Array(3))]).toEqual([0]);
});

test("[EX4] a ship stays in the arena, and is no faster for asking for more", () => {
  const fair = step(still, { seq: 1, ...right });
  expect(fair.x).toBeGreaterThan(still.x);
  expect(step(still, { seq: 1, dx: 30_000, dy: 0 })).toEqual(fair);
  let ship = still;
  for (let tick = 0; tick < 500; tick++) ship = step(ship, { seq: 1, dx: -100, dy: 100 });
  expect(ship).toMatchObject({ x: radius, y: arenaSize - radius });
});

test("[EX5] one input moves a ship for one tick; a stalled line catches up by what it has not used, a flood gains nothing", () => {
  const arena = arenaOf("ada", "flood", "fair");
  press(arena, "ada", many(1));
  arena.tick(0);
  expect(seatOf(arena, "ada")).toMatchObject({
    ack: 1,
    ship: step({ ...seatOf(arena, "flood").ship }, { seq: 1, ...right }),
  });
  for (let tick = 0; tick < 4; tick++) arena.tick(0); // its line stalls, then all comes at once
  press(arena, "ada", many(5));
  arena.tick(0);
  expect(seatOf(arena, "ada").ack).toBe(5);
  for (let tick = 0; tick < 20; tick++) arena.tick(0);
  press(arena, "ada", many(40));
  arena.tick(0);
  expect(seatOf(arena, "ada").ack).toBe(8); // of a long stall so many ticks, and no more
  const [flood, fair] = [seatOf(arena, "flood"), seatOf(arena, "fair")];
  flood.ship = fair.ship = still;
  const fly = (tickCount: number): number => {
    for (let tick = 0; tick < tickCount; tick++) {
      press(arena, "flood", many(40));
      press(arena, "fair", many(1));
      arena.tick(0);
    }
    return flood.ship.x - fair.ship.x;
  };
  const ahead = fly(40);
  expect(ahead).toBeLessThan(8 * 340); // what it had not used, at full speed, and no more
  expect(fly(10)).toBe(ahead);
  expect(flood.inputs.length).toBe(2);
});

test("[EX5] a player is told what is near, and nothing beyond", () => {
  const arena = arenaOf("ada", "bob");
  const [ada, bob] = [seatOf(arena, "ada"), seatOf(arena, "bob")];
  expect(arena.view(ada)).toMatchObject({ tick: 1, seat: 0, others: [{ seat: 1, x: 16_000, y: 16_000 }] });
  bob.ship = { ...bob.ship, x: 16_000 + 9_999 };
  expect(arena.view(ada).others).toHaveLength(1);
  bob.ship = { ...bob.ship, x: 16_000 + 10_000 };
  expect(arena.view(ada)).toMatchObject({ others: [], gems: { length: 120 } });
  expect(arena.view({ ...ada, ship: { ...ada.ship, y: 400 } }).gems).toEqual([]);
});

test("[EX5] a gem is one point for whoever touches it, and another lies elsewhere", () => {
  const arena = arenaOf("ada", "bob");
  const [ada, bob] = [seatOf(arena, "ada"), seatOf(arena, "bob")];
  expect([ada.score, bob.score]).toEqual([120, 120]); // all of them are in the middle, and again when they were taken
  ada.ship = { ...still, x: 16_000 - 2 * radius - 1, y: 16_000 };
  press(arena, "ada", [{ seq: 1, dx: 0, dy: 0 }]);
  arena.tick(0);
  expect(ada.score).toBe(120);
  press(arena, "ada", many(1));
  arena.tick(0);
  expect([ada.score, bob.score]).toEqual([240, 120]);
});

test("[EX5] who is silent keeps the seat, its place and its score for 30 seconds", () => {
  const arena = arenaOf("ada");
  const before = { ...seatOf(arena, "ada").ship };
  arena.tick(30_000);
  press(arena, "ada", [{ seq: 7, dx: 0, dy: 0 }], 30_000);
  arena.tick(30_000);
  expect(seatOf(arena, "ada")).toMatchObject({ number: 0, ship: before, ack: 7 });
  arena.tick(60_001);
  expect(arena.seats.size).toBe(0);
});

test("[EX5] there are 200 seats; who comes when all are taken is seated when one is free", () => {
  const arena = arenaOf(...Array.from({ length: 200 }, (_, index) => String(index)));
  press(arena, "late", many(1));
  expect([arena.seats.size, arena.seats.has("late")]).toEqual([200, false]);
  arena.tick(30_001);
  press(arena, "late", many(1), 30_001);
  expect([...arena.seats.keys()]).toEqual(["late"]);
});

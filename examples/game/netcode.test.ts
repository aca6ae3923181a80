import { expect, test } from "vitest";
import { Past, Pilot } from "./netcode.ts";
import { type Ship, step, tickMs, type View } from "./rules.ts";

const start: Ship = { x: 5000, y: 5000, vx: 0, vy: 0 };

function viewOf(tick: number, view: Partial<View> = {}): View {
  return { tick, ack: -1, seat: 0, ship: start, others: [], gems: [], ranking: [], ...view };
}

test("[EX6] the own ship is at once where the server will have it, and where the server has it when that differs", () => {
  const pilot = new Pilot();
  expect(pilot.press({ dx: 0, dy: 0 }, 0).seq).toBe(1);
  expect(pilot.ship).toBeUndefined();
  pilot.correct(viewOf(1, { ack: 1 }), 0);
  const inputs = [10, 60, 110].map((nowMs) => pilot.press({ dx: 100, dy: 0 }, nowMs));
  const told = inputs.map((_, index) => inputs.slice(0, index + 1).reduce<Ship>(step, start));
  expect([pilot.before, pilot.ship]).toEqual([told[1], told[2]]);
  pilot.correct(viewOf(2, { ack: inputs[0]?.seq ?? 0, ship: told[0] ?? start }), 85);
  expect(pilot.ship).toEqual(told[2]);
  expect(pilot.delayMs).toBe(75);
  const pushed = { ...start, y: 9000 };
  pilot.correct(viewOf(3, { ack: inputs[1]?.seq ?? 0, ship: pushed }), 120);
  expect(pilot.ship).toEqual(step(pushed, { seq: 0, dx: 100, dy: 0 }));
});

test("[EX6] the numbers of inputs begin again at 0 behind 32,767", () => {
  const pilot = new Pilot();
  for (let count = 0; count < 32_767; count++) pilot.press({ dx: 0, dy: 0 }, 0);
  expect(pilot.press({ dx: 0, dy: 0 }, 0).seq).toBe(0);
});

test("[EX6] others are between two ticks, 100 ms ago; one that comes into sight is where it is", () => {
  const past = new Past();
  expect(past.at(0)).toEqual([]);
  for (const tick of [10, 11, 12, 13]) {
    const others = [{ seat: 1, x: tick * 100, y: 50 }, ...(tick === 13 ? [{ seat: 2, x: 7, y: 8 }] : [])];
    past.add(viewOf(tick, { others }), 1000 + tick * tickMs);
  }
  const [one] = past.at(1000 + 13.5 * tickMs);
  expect(one?.seat).toBe(1);
  expect(one?.x).toBeCloseTo(1150, -1);
  expect(past.at(1000 + 14.9 * tickMs)).toContainEqual({ seat: 2, x: 7, y: 8 });
  expect(past.at(99_999)[0]).toMatchObject({ x: 1300 }); // nobody knows more
});

test("[EX6] the ticks of a server that starts anew begin anew", () => {
  const past = new Past();
  for (const tick of [500, 501]) past.add(viewOf(tick, { others: [{ seat: 1, x: 9, y: 9 }] }), tick * tickMs);
  past.add(viewOf(1, { others: [{ seat: 1, x: 7, y: 8 }] }), 502 * tickMs);
  expect(past.at(503 * tickMs)).toEqual([{ seat: 1, x: 7, y: 8 }]);
});

import { expect, test } from "vitest";
import { VirtualClock } from "./virtual-clock.ts";

test("[TS1] timers run in the order of their time, then of their making, each at its own time", () => {
  const clock = new VirtualClock(100);
  const ran: string[] = [];
  const note = (name: string) => (): unknown => ran.push(`${name} ${clock.nowMs}`);
  clock.setTimeout(note("late"), 20);
  clock.setTimeout(note("early"), 10);
  clock.setTimeout(note("early too"), 10);
  clock.setTimeout(note("at once"), -5);
  clock.advance(19);
  expect(ran).toEqual(["at once 100", "early 110", "early too 110"]);
  clock.advance(1);
  expect(ran.at(-1)).toBe("late 120");
});

test("[TS1] a timer set by a timer runs within the same advance when it is due by then", () => {
  const clock = new VirtualClock();
  const ran: number[] = [];
  clock.setTimeout(() => {
    ran.push(clock.nowMs);
    clock.setTimeout(() => ran.push(clock.nowMs), 5);
  }, 5);
  clock.advance(9);
  expect([ran, clock.nowMs, clock.pendingCount]).toEqual([[5], 9, 1]);
  clock.advance(1);
  expect([ran, clock.pendingCount]).toEqual([[5, 10], 0]);
});

test("[TS1] a cleared timer does not run, and time does not go back", () => {
  const clock = new VirtualClock();
  const timer = clock.setTimeout(() => expect.unreachable(), 1);
  clock.clearTimeout(timer);
  clock.clearTimeout(timer);
  clock.advance(2);
  expect(clock.pendingCount).toBe(0);
  expect(() => clock.advance(-1)).toThrow(new RangeError("Cannot advance a clock by -1 ms"));
  expect(() => clock.advance(NaN)).toThrow(RangeError);
});

test("[TS1] one timer at a time can be run, of those of the same moment too", () => {
  const clock = new VirtualClock(100);
  const ran: string[] = [];
  clock.setTimeout(() => ran.push(`one ${clock.nowMs}`), 7);
  clock.setTimeout(() => ran.push(`two ${clock.nowMs}`), 7);
  expect([clock.runNext(), ran, clock.pendingCount]).toEqual([true, ["one 107"], 1]);
  expect([clock.runNext(), ran]).toEqual([true, ["one 107", "two 107"]]);
  expect([clock.runNext(), clock.nowMs]).toEqual([false, 107]);
});

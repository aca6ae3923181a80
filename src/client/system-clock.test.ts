import { expect, test, vi } from "vitest";
import { systemClock } from "./system-clock.ts";

test("[CC24] the clock takes of both readings the one that went on further, and never goes back", () => {
  let wall = 1000;
  let steady = 0;
  const clock = systemClock({ wallMs: () => wall, steadyMs: () => steady });
  steady = 10;
  expect(clock.nowMs()).toBe(10);
  wall += 3_600_000;
  expect(clock.nowMs()).toBe(3_600_010);
  wall -= 9_000_000;
  expect(clock.nowMs()).toBe(3_600_010);
  steady += 5;
  expect(clock.nowMs()).toBe(3_600_015);
});

test("[CC24] the platform's clock goes on, and its timer can be called off", () => {
  vi.useFakeTimers();
  try {
    const clock = systemClock();
    const before = clock.nowMs();
    const fired: string[] = [];
    clock.after(10, () => fired.push("kept"));
    clock.after(10, () => fired.push("called off"))();
    clock.after(Number.MAX_SAFE_INTEGER, () => fired.push("too early"));
    vi.advanceTimersByTime(10);
    expect([fired, clock.nowMs() - before]).toEqual([["kept"], 10]);
  } finally {
    vi.useRealTimers();
  }
});

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FakeWheelClock } from "../../test/fake-wheel-clock.ts";
import { sharedTimerWheel, TimerWheel } from "./timer-wheel.ts";

function setUp(options: { tickMs?: number; slotCount?: number } = {}): { clock: FakeWheelClock; wheel: TimerWheel } {
  const clock = new FakeWheelClock();
  return { clock, wheel: new TimerWheel({ tickMs: 100, slotCount: 8, ...options, clock }) };
}

test("[EN54] a timer fires once, not before its time and at most a tick after it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 500 }), delayMs: fc.integer({ min: 0, max: 5000 }) })),
      (plans) => {
        const { clock, wheel } = setUp();
        const fired: { dueMs: number; atMs: number }[] = [];
        for (const { waitMs, delayMs } of plans) {
          clock.advance(waitMs);
          const dueMs = clock.nowMs() + delayMs;
          wheel.schedule(delayMs, () => fired.push({ dueMs, atMs: clock.nowMs() }));
        }
        clock.advance(10_000);
        expect(fired).toHaveLength(plans.length);
        for (const { dueMs, atMs } of fired) {
          expect(atMs).toBeGreaterThanOrEqual(dueMs);
          expect(atMs).toBeLessThanOrEqual(dueMs + 100);
        }
      },
    ),
  );
});

test("[EN54] after a stall of more than a turn of the wheel everything that is due fires, and the rest does not", () => {
  const { clock, wheel } = setUp();
  const fired: number[] = [];
  for (const delayMs of [50, 350, 799, 1500, 9000]) wheel.schedule(delayMs, () => fired.push(delayMs));
  clock.jump(5000);
  expect(fired.toSorted((a, b) => a - b)).toEqual([50, 350, 799, 1500]);
  clock.advance(4100);
  expect(fired).toContain(9000);
});

test("[EN54] a timer that is scheduled by one that fires has its own time", () => {
  const { clock, wheel } = setUp();
  const firedAtMs: number[] = [];
  wheel.schedule(200, () => wheel.schedule(300, () => firedAtMs.push(clock.nowMs())));
  clock.advance(1000);
  expect(firedAtMs).toEqual([500]);
});

test("[EN55] a cancelled timer does not fire, whoever cancels it", () => {
  const { clock, wheel } = setUp();
  const fired: string[] = [];
  const first = wheel.schedule(100, () => {
    fired.push("first");
    wheel.cancel(second);
  });
  const second = wheel.schedule(100, () => fired.push("second"));
  const third = wheel.schedule(100, () => fired.push("third"));
  wheel.cancel(third);
  wheel.cancel(third);
  clock.advance(300);
  expect(fired).toEqual(["first"]);
  expect([first.isPending, second.isPending, third.isPending, wheel.pendingCount]).toEqual([false, false, false, 0]);
  wheel.cancel(first);
  wheel.cancel(undefined);
  expect(wheel.pendingCount).toBe(0);
});

test("[EN56] the wheel ticks only while a timer is pending, and Infinity is none", () => {
  const { clock, wheel } = setUp();
  const never = wheel.schedule(Infinity, () => {});
  wheel.cancel(never);
  expect([clock.isTicking, never.isPending]).toEqual([false, false]);
  const timer = wheel.schedule(100, () => {});
  expect(clock.isTicking).toBe(true);
  wheel.cancel(timer);
  expect(clock.isTicking).toBe(false);
  wheel.schedule(100, () => {});
  clock.advance(200);
  expect(clock.isTicking).toBe(false);
});

test("[EN54] the wheel's time is a tick old at most", () => {
  const { clock, wheel } = setUp();
  clock.advance(1050);
  expect(wheel.nowMs).toBe(1050);
  wheel.schedule(5000, () => {});
  clock.advance(230);
  expect(clock.nowMs() - wheel.nowMs).toBeLessThanOrEqual(100);
});

test("[EN56] a pending timer does not keep the process alive", async () => {
  const module = fileURLToPath(new URL("./timer-wheel.ts", import.meta.url));
  const program = `import { sharedTimerWheel } from ${JSON.stringify(module)}; sharedTimerWheel().schedule(600_000, () => {}); console.log("end of program")`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", program],
    { timeout: 20_000 },
  );
  expect(stdout).toBe("end of program\n");
});

test("[EN54] the process's wheel runs on a real clock", async () => {
  const startedAtMs = performance.now();
  await new Promise<void>((resolve) => sharedTimerWheel().schedule(30, resolve));
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(30);
  expect(sharedTimerWheel()).toBe(sharedTimerWheel());
});

import { expect, test } from "vitest";
import { Pace } from "./pace.ts";

test("[OP64] work that is asked for again rests twenty times as long as it took, and is then done once", () => {
  const timers = new Map<() => void, number>();
  let [nowMs, doneCount] = [1_000, 0];
  const machine = {
    steadyMs: () => nowMs,
    after(delayMs: number, run: () => void): () => void {
      timers.set(run, delayMs);
      return () => timers.delete(run);
    },
  };
  const pace = new Pace(machine, () => {
    doneCount += 1;
    nowMs += 3;
  });
  pace.ask();
  expect([doneCount, timers.size]).toEqual([1, 0]);
  nowMs += 59;
  pace.ask();
  pace.ask();
  expect([doneCount, [...timers.values()]]).toEqual([1, [1]]);
  nowMs += 1;
  const [run] = timers.keys();
  run?.();
  expect([doneCount, timers.size]).toEqual([2, 0]);
  nowMs += 60;
  pace.ask();
  expect(doneCount).toBe(3);
  pace.ask();
  pace.stop();
  expect([doneCount, timers.size]).toEqual([3, 0]);
});

import { expect, test } from "vitest";
import { Gate } from "./gate.ts";

test("[AU15] so many are in work at a time, and the others follow in their order", () => {
  const gate = new Gate(2);
  const started: number[] = [];
  const leaves: (() => void)[] = [];
  for (const number of [1, 2, 3, 4]) {
    gate.enter((leave) => {
      started.push(number);
      leaves.push(leave);
    });
  }
  expect(started).toEqual([1, 2]);
  leaves[1]?.();
  expect(started).toEqual([1, 2, 3]);
  leaves[0]?.();
  expect(started).toEqual([1, 2, 3, 4]);
});

test("[AU15] a long queue whose work is done at once is no deep stack", () => {
  const gate = new Gate(1);
  let free = (): void => {};
  let doneCount = 0;
  gate.enter((leave) => {
    free = leave;
  });
  for (let count = 0; count < 100_000; count += 1) {
    gate.enter((leave) => {
      doneCount += 1;
      leave();
    });
  }
  expect(doneCount).toBe(0);
  free();
  expect(doneCount).toBe(100_000);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { Deadlines } from "./deadlines.ts";

test("[SE11] what is due runs in order of time, and what is cancelled does not", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ atMs: fc.nat(50), isCancelled: fc.boolean() })), fc.nat(50), (plans, nowMs) => {
      const deadlines = new Deadlines();
      const ran: number[] = [];
      for (const { atMs, isCancelled } of plans) {
        const deadline = deadlines.at(atMs, () => ran.push(atMs));
        if (isCancelled) deadline.cancel();
      }
      const wanted = plans.filter(({ isCancelled }) => !isCancelled).map(({ atMs }) => atMs);
      const sorted = wanted.sort((a, b) => a - b);
      deadlines.run(nowMs);
      expect(ran).toEqual(sorted.filter((atMs) => atMs <= nowMs));
      expect(deadlines.nextMs).toBe(sorted.find((atMs) => atMs > nowMs) ?? Infinity);
    }),
  );
});

test("[SE11] what is set while running is run too if it is due", () => {
  const deadlines = new Deadlines();
  const ran: string[] = [];
  deadlines.at(1, (nowMs) => {
    ran.push(`first at ${nowMs}`);
    deadlines.at(2, () => ran.push("second"));
    deadlines.at(9, () => ran.push("third"));
  });
  deadlines.run(5);
  expect(ran).toEqual(["first at 5", "second"]);
  expect(deadlines.nextMs).toBe(9);
});

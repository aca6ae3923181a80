import fc from "fast-check";
import { expect, test } from "vitest";
import { type Deadline, Deadlines } from "./deadlines.ts";

test("[SE11] what is due runs in order of time, and what is cancelled does not", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ atMs: fc.nat(50), isCancelled: fc.boolean() })), fc.nat(50), (plans, nowMs) => {
      const deadlines = new Deadlines();
      const ran: number[] = [];
      for (const { atMs, isCancelled } of plans) {
        const deadline = deadlines.at(atMs, () => ran.push(atMs));
        if (isCancelled) deadlines.cancel(deadline);
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

test("[SE12] a deadline can be put to another time, and is forgotten as soon as it is cancelled or has run", () => {
  const plan = fc.record({ one: fc.nat(9), atMs: fc.option(fc.nat(50), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(plan), (plans) => {
      const deadlines = new Deadlines();
      const ran: [number, number][] = [];
      const all = Array.from({ length: 10 }, (_, one) => {
        const deadline: Deadline = { atMs: 0, place: -1, run: (nowMs) => ran.push([nowMs, one]) };
        return deadline;
      });
      const wanted = new Map<number, number>();
      for (const { atMs, one } of plans) {
        const deadline = all[one] as Deadline;
        if (atMs === undefined) deadlines.cancel(deadline);
        else deadlines.set(deadline, atMs);
        if (atMs === undefined) wanted.delete(one);
        else wanted.set(one, atMs);
      }
      for (let nowMs = 0; nowMs <= 50; nowMs += 1) deadlines.run(nowMs);
      const sorted = Array.from(wanted, ([one, atMs]): [number, number] => [atMs, one]).sort(byBoth);
      expect(ran.sort(byBoth)).toEqual(sorted);
      expect(all.every(({ place }) => place === -1)).toBe(true);
    }),
  );
});

function byBoth(one: readonly [number, number], other: readonly [number, number]): number {
  return one[0] - other[0] || one[1] - other[1];
}

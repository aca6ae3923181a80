import fc from "fast-check";
import { expect, test } from "vitest";
import { Flights } from "./flights.ts";
import { LatencyWindow } from "./latency.ts";

test("[OP63] percentiles are right to a tenth, and never more than the highest value", () => {
  const values = fc.array(fc.double({ min: 0.002, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, (all) => {
      const window = new LatencyWindow();
      for (const ms of all) window.observe(ms);
      const sorted = all.toSorted((a, b) => a - b);
      const { count, max, p50, p99 } = window.take();
      expect([count, max]).toEqual([all.length, sorted.at(-1)]);
      for (const [share, found] of [
        [0.5, p50],
        [0.99, p99],
      ] as const) {
        const exact = sorted[Math.ceil(share * all.length) - 1] ?? 0;
        expect(found).toBeGreaterThanOrEqual(Math.min(exact, max) * 0.999_999);
        expect(found).toBeLessThanOrEqual(Math.min(exact * 1.1, max));
      }
    }),
  );
});

test("[OP63] what was taken is gone; nothing observed is 0; what is too short or too long counts at the ends", () => {
  const window = new LatencyWindow();
  window.observe(0);
  window.observe(1e9);
  expect(window.take()).toMatchObject({ count: 2, p50: 0.001, max: 1e9 });
  expect(window.take()).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, max: 0 });
  window.observe(1e9);
  expect(window.take().p50).toBeGreaterThan(100_000);
  window.observe(5);
  expect(window.take()).toEqual({ count: 1, p50: 5, p90: 5, p99: 5, max: 5 });
});

test("[OP63] an append is timed until it lands, once; one of another node, or whose place was taken, is not", () => {
  const flights = new Flights();
  flights.started(5, 100);
  flights.started(5 + 1024, 200);
  flights.started(7, 300);
  flights.landed(5, 400);
  flights.landed(6, 400);
  expect(flights.spread.take().count).toBe(0);
  flights.landed(5 + 1024, 203);
  flights.landed(5 + 1024, 900);
  flights.landed(7, 304);
  expect(flights.spread.take()).toMatchObject({ count: 2, max: 4 });
});

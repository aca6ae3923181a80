/** The capacity model of docs/guide/scale.md against a simulation, in small. The large one: `npm run scale`. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readCapacity, renewTable } from "../../bench/capacity.ts";
import { compare, describeComparison, findMisses } from "./compare.ts";
import { type Fleet, largeFleet, smallFleet, subscriberCountOf } from "./fleet.ts";
import { countHearers, mostLoad, predict, predictStorm } from "./model.ts";
import { simulate } from "./simulate.ts";

const capacity = readCapacity();
const { redis } = capacity.costs;

test.each(Object.entries(capacity.costs))(
  "[CQ1] with the measured costs of %s the model foretells what the simulation sees",
  (_store, costs) => {
    const rows = compare(smallFleet, { costs, seconds: 10, seed: 20_261_124 });
    expect(findMisses(rows), describeComparison(rows)).toEqual([]);
    expect(rows.length).toBeGreaterThan(10);
  },
);

test("[CQ1] a model that is two fifths too low is seen to be, in every figure", () => {
  const rows = compare(smallFleet, { costs: redis, seconds: 5, seed: 1 });
  const foretold = rows.filter(({ predicted }) => predicted !== undefined);
  const wrong = foretold.map((row) => ({ ...row, predicted: (row.predicted ?? 0) * 0.6 }));
  expect(findMisses(wrong)).toHaveLength(foretold.length);
});

test("[CQ1] a seed gives the same simulation again", () => {
  const run = (seed: number): unknown => simulate(smallFleet, { costs: redis, seconds: 1, seed });
  expect(run(7)).toEqual(run(7));
  expect(run(7)).not.toEqual(run(8));
});

test("[CQ2] past its load the model says nothing, and the queue of the simulation grows with the time", () => {
  const hot: Fleet = {
    nodeCount: 50,
    shardCount: 1,
    probeEverySeconds: 2,
    kinds: [{ name: "hot", channelCount: 1, subscriberCount: 5_000, publishesPerSecond: 1 }],
  };
  const most = predict(hot, redis).kinds[0]?.mostPublishesPerSecond ?? Number.NaN;
  const at = (publishesPerSecond: number): Fleet => ({
    ...hot,
    kinds: hot.kinds.map((kind) => ({ ...kind, publishesPerSecond })),
  });
  const lastMs = (fleet: Fleet, seconds: number): number =>
    simulate(fleet, { costs: redis, seconds, seed: 1 }).kinds[0]?.lastMs ?? Number.NaN;
  expect(predict(at(most * 0.95), redis).kinds[0]?.meanMs).toBeLessThan(1_000);
  const over = at((most / mostLoad) * 1.5);
  expect(predict(over, redis).kinds[0]?.meanMs).toBe(Infinity);
  expect(lastMs(over, 4)).toBeGreaterThan(1.5 * lastMs(over, 2));
});

test("[CQ3] hearers, memory and storms are what they are by hand", () => {
  expect(countHearers(1, 5)).toBe(1);
  expect(countHearers(2, 1)).toBe(1);
  expect(countHearers(2, 2)).toBe(1.5);
  const pair: Fleet = {
    nodeCount: 2,
    shardCount: 1,
    probeEverySeconds: 2,
    kinds: [{ name: "", channelCount: 3, subscriberCount: 2, publishesPerSecond: 1 }],
  };
  expect(predict(pair, redis).nodeMemoryBytes).toBe(3 * redis.connectionBytes);
  expect(predict(pair, redis).deliveriesPerSecond).toBe(6);
  // One of two nodes goes: of each channel's two subscribers, with 1 in 4 both were there, and only then the other has not followed it.
  expect(predictStorm(pair, { lostCount: 1, spreadMs: 5_000 }, redis)).toMatchObject({
    movedCount: 3,
    resumedMs: 5_000,
    readCount: 2 * 3 * 0.25,
  });
  expect(subscriberCountOf(largeFleet)).toBe(10_000_000);
  expect(largeFleet.nodeCount).toBe(1_000);
});

test("[CQ4] the guide has the costs that were measured last, and not by hand", () => {
  const page = readFileSync("docs/guide/scale.md", "utf8");
  expect(renewTable(page, capacity)).toBe(page);
});

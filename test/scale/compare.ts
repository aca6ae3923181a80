import type { Costs } from "../../bench/capacity.ts";
import { markdownTable } from "../markdown-table.ts";
import type { Fleet } from "./fleet.ts";
import { type Prediction, countShards, predict, predictStorm } from "./model.ts";
import { simulate, type Simulated, simulateStorm } from "./simulate.ts";

/** One figure as the model has it and as the simulation has seen it. */
export interface Compared {
  readonly name: string;
  /** Undefined: the model does not say. */
  readonly predicted: number | undefined;
  readonly seen: number;
  /** How far the one may be from the other, as a share of it. Those of few events are wide. */
  readonly tolerance: number;
}

interface CompareOptions {
  readonly costs: Costs;
  readonly seconds: number;
  readonly seed: number;
}

/** The same traffic and the same two storms for the model and for the simulation, on as many shards as the model says. */
export function compare(planned: Fleet, options: CompareOptions): readonly Compared[] {
  const fleet = { ...planned, shardCount: countShards(planned, options.costs) };
  const predicted = predict(fleet, options.costs);
  return [...compareTraffic(predicted, simulate(fleet, options), options.seconds), ...compareStorms(fleet, options)];
}

function compareTraffic(predicted: Prediction, seen: Simulated, seconds: number): readonly Compared[] {
  const perSecond = seen.deliveryCount / seconds;
  return [
    { name: "deliveries a second", predicted: predicted.deliveriesPerSecond, seen: perSecond, tolerance: 0.02 },
    { name: "a node's load, of one core", predicted: predicted.nodeLoad, seen: seen.nodeLoad, tolerance: 0.06 },
    { name: "a shard's load, of one core", predicted: predicted.shardLoad, seen: seen.shardLoad, tolerance: 0.06 },
    {
      name: "nodes and channels that they follow",
      predicted: predicted.followedCount,
      seen: seen.followedCount,
      tolerance: 0.02,
    },
    ...predicted.kinds.flatMap(({ hearerCount, meanMs, name }, index): readonly Compared[] => {
      const kind = seen.kinds[index];
      if (kind === undefined) return [];
      return [
        { name: `${name}: nodes that hear a message`, predicted: hearerCount, seen: kind.hearerCount, tolerance: 0.03 },
        {
          name: `${name}: until a subscriber has it, ms`,
          predicted: meanMs,
          seen: kind.meanMs,
          tolerance: 0.1 + 0.5 / Math.sqrt(kind.publishCount),
        },
        { name: `${name}: until the last has it, ms`, predicted: undefined, seen: kind.lastMs, tolerance: 0 },
      ];
    }),
  ];
}

function compareStorms(fleet: Fleet, { costs, seed }: CompareOptions): readonly Compared[] {
  const storms = [
    ["one node lost", 1],
    ["half of the nodes lost", fleet.nodeCount / 2],
  ] as const;
  return storms.flatMap(([name, lostCount]): readonly Compared[] => {
    const storm = { lostCount, spreadMs: 5_000 };
    const predicted = predictStorm(fleet, storm, costs);
    const { nodeLoad } = predict({ ...fleet, nodeCount: fleet.nodeCount - lostCount }, costs);
    const seen = simulateStorm(fleet, storm, { costs, load: nodeLoad, seed });
    return [
      { name: `${name}: clients that move`, predicted: predicted.movedCount, seen: seen.movedCount, tolerance: 0.05 },
      { name: `${name}: reads of the log`, predicted: predicted.readCount, seen: seen.readCount, tolerance: 0.05 },
      {
        name: `${name}: until all have resumed at the nodes, s`,
        predicted: predicted.resumedMs / 1000,
        seen: seen.resumedMs / 1000,
        tolerance: 0.05,
      },
    ];
  });
}

/** Those that are further apart than they may be. */
export function findMisses(rows: readonly Compared[]): readonly string[] {
  return rows.flatMap(({ name, predicted, seen, tolerance }) => {
    if (predicted === undefined || Math.abs(predicted / seen - 1) <= tolerance) return [];
    return [`${name}: predicted ${format(predicted)}, seen ${format(seen)}`];
  });
}

export function describeComparison(rows: readonly Compared[]): string {
  const off = ({ predicted, seen }: Compared): string =>
    predicted === undefined ? "-" : `${((predicted / seen - 1) * 100).toFixed(1)} %`;
  const cells = rows.map((row) => [row.name, format(row.predicted), format(row.seen), off(row)]);
  return markdownTable([["", "model", "simulation", "off by"], ...cells]).join("\n");
}

function format(value: number | undefined): string {
  if (value === undefined) return "-";
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

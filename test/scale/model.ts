/** The capacity model of docs/guide/scale.md: what a fleet takes, by arithmetic. `simulate.ts` checks it. */
import type { Costs } from "../../bench/capacity.ts";
import { type ChannelKind, type Fleet, probesInARow, subscriberCountOf } from "./fleet.ts";

/** Where it says nothing any more: so near to full, queues are what is random in them. */
export const mostLoad = 0.7;

/** Of one kind of channel, what one message meets. */
export interface KindPrediction {
  readonly name: string;
  /** Nodes with at least one subscriber: each hears the message once. */
  readonly hearerCount: number;
  /** From the publish until a subscriber has it, on average: of CPU and its queues, without the network. */
  readonly meanMs: number;
  /** Above this, one channel alone fills its shard or the nodes. */
  readonly mostPublishesPerSecond: number;
}

export interface Prediction {
  /** Of one core of a node, and of one core of a shard. */
  readonly nodeLoad: number;
  readonly shardLoad: number;
  /** Nodes and channels that they follow, in pairs. */
  readonly followedCount: number;
  readonly deliveriesPerSecond: number;
  readonly nodeMemoryBytes: number;
  readonly kinds: readonly KindPrediction[];
}

export function predict(fleet: Fleet, costs: Costs): Prediction {
  const node = nodeQueue(fleet, costs);
  const shard = shardQueue(fleet, costs);
  return {
    nodeLoad: node.load,
    shardLoad: shard.load,
    followedCount: countFollowed(fleet),
    deliveriesPerSecond: sumOf(fleet, ({ subscriberCount }) => subscriberCount),
    nodeMemoryBytes: (subscriberCountOf(fleet) / fleet.nodeCount) * costs.connectionBytes,
    kinds: fleet.kinds.map((kind) =>
      predictKind(kind, fleet, { costs, queuedMicros: node.waitMicros + shard.waitMicros }),
    ),
  };
}

/** How many shards keep each at half a core or less, if channels spread evenly. */
export function countShards(fleet: Fleet, costs: Costs): number {
  return Math.ceil(shardQueue({ ...fleet, shardCount: 1 }, costs).load / 0.5);
}

/** Of so many who each choose a node, how many nodes are chosen by at least one. */
export function countHearers(nodeCount: number, subscriberCount: number): number {
  return nodeCount * (1 - (1 - 1 / nodeCount) ** subscriberCount);
}

function predictKind(
  { name, subscriberCount }: ChannelKind,
  { nodeCount }: Fleet,
  { costs, queuedMicros }: { readonly costs: Costs; readonly queuedMicros: number },
): KindPrediction {
  const hearerCount = countHearers(nodeCount, subscriberCount);
  const eachCount = subscriberCount / hearerCount;
  const { deliveryMicros, hintMicros, publishMicros, storeHintMicros, storePublishMicros } = costs;
  const storeMicros = storePublishMicros + hearerCount * storeHintMicros;
  const start = publishMicros + storePublishMicros + hintMicros + queuedMicros;
  const nodeMicros = hintMicros + eachCount * deliveryMicros;
  return {
    name,
    hearerCount,
    meanMs: (start + (hearerCount / 2) * storeHintMicros + (eachCount / 2) * deliveryMicros) / 1000,
    mostPublishesPerSecond: (mostLoad * 1e6) / Math.max(storeMicros, nodeMicros),
  };
}

interface Queue {
  readonly load: number;
  /** What one who comes waits before it is served, on average. */
  readonly waitMicros: number;
}

/** Pollaczek and Khinchine: arrivals at any time, each with its own work, one server. */
function queueOf(jobs: readonly { readonly perSecond: number; readonly micros: number }[]): Queue {
  const load = jobs.reduce((sum, { micros, perSecond }) => sum + (perSecond * micros) / 1e6, 0);
  const square = jobs.reduce((sum, { micros, perSecond }) => sum + (perSecond / 1e6) * micros ** 2, 0);
  return { load, waitMicros: load < mostLoad ? square / (2 * (1 - load)) : Infinity };
}

/** A node and a channel that it follows: looked at again and again, whether anything happens or not. */
function countFollowed({ kinds, nodeCount }: Fleet): number {
  return kinds.reduce((sum, kind) => sum + kind.channelCount * countHearers(nodeCount, kind.subscriberCount), 0);
}

function probeJob(fleet: Fleet, serverCount: number, probeMicros: number): { perSecond: number; micros: number } {
  const perSecond = countFollowed(fleet) / fleet.probeEverySeconds / serverCount / probesInARow;
  return { perSecond, micros: probeMicros * probesInARow };
}

function nodeQueue(fleet: Fleet, { deliveryMicros, hintMicros, probeMicros, publishMicros }: Costs): Queue {
  const probes = probeJob(fleet, fleet.nodeCount, probeMicros);
  return queueOf([
    probes,
    ...fleet.kinds.flatMap(({ channelCount, publishesPerSecond, subscriberCount }) => {
      const perSecond = (channelCount * publishesPerSecond) / fleet.nodeCount;
      const hearerCount = countHearers(fleet.nodeCount, subscriberCount);
      const micros = hintMicros + (subscriberCount / hearerCount) * deliveryMicros;
      return [
        { perSecond, micros: publishMicros },
        { perSecond: perSecond * hearerCount, micros },
      ];
    }),
  ]);
}

function shardQueue(fleet: Fleet, { storeHintMicros, storeProbeMicros, storePublishMicros }: Costs): Queue {
  return queueOf([
    probeJob(fleet, fleet.shardCount, storeProbeMicros),
    ...fleet.kinds.map(({ channelCount, publishesPerSecond, subscriberCount }) => ({
      perSecond: (channelCount * publishesPerSecond) / fleet.shardCount,
      micros: storePublishMicros + countHearers(fleet.nodeCount, subscriberCount) * storeHintMicros,
    })),
  ]);
}

function sumOf({ kinds }: Fleet, each: (kind: ChannelKind) => number): number {
  return kinds.reduce((sum, kind) => sum + kind.channelCount * kind.publishesPerSecond * each(kind), 0);
}

export interface Storm {
  /** Nodes that are gone; their clients come back to the others, each at a time drawn up to `spreadMs`. */
  readonly lostCount: number;
  readonly spreadMs: number;
}

export interface StormPrediction {
  readonly movedCount: number;
  /** Until the last has resumed. */
  readonly resumedMs: number;
  /** Reads of the log: two where a node meets a channel that it did not follow, none where it did. */
  readonly readCount: number;
}

/** Clients of lost nodes come back to those that stay, which go on with their share of everything. */
export function predictStorm(fleet: Fleet, storm: Storm, costs: Costs): StormPrediction {
  const stayingCount = fleet.nodeCount - storm.lostCount;
  const movedCount = (subscriberCountOf(fleet) * storm.lostCount) / fleet.nodeCount;
  const eachCount = movedCount / stayingCount;
  const { load } = nodeQueue({ ...fleet, nodeCount: stayingCount }, costs);
  // The most that one of so many nodes draws above the mean.
  const mostCount = eachCount + Math.sqrt(2 * Math.log(stayingCount) * eachCount);
  const resumeMs = costs.resumeMicros / 1000 / Math.max(1 - load, 1 - mostLoad);
  const readCount = fleet.kinds.reduce(
    (sum, kind) => sum + 2 * kind.channelCount * countNewHearers(kind, fleet, storm),
    0,
  );
  return {
    movedCount,
    resumedMs: Math.max(storm.spreadMs, mostCount * resumeMs),
    readCount,
  };
}

/** Staying nodes that have a subscriber of a channel afterwards and had none before. */
function countNewHearers({ subscriberCount }: ChannelKind, { nodeCount }: Fleet, { lostCount }: Storm): number {
  const stayingCount = nodeCount - lostCount;
  const before = stayingCount * (1 - (1 - 1 / nodeCount) ** subscriberCount);
  return countHearers(stayingCount, subscriberCount) - before;
}

/** A fleet event by event: every message, announcement and delivery has its place in a queue. Seeded; knows no formula of the model. */
import { seededRandom, type SeededRandom } from "switchboard/testing";
import type { Costs } from "../../bench/capacity.ts";
import { type ChannelKind, type Fleet, probesInARow } from "./fleet.ts";
import type { Storm } from "./model.ts";

/** Jobs of servers that do one after the other, in the order they come. */
class Jobs {
  readonly #at: number[] = [];
  readonly #server: number[] = [];
  readonly #micros: number[] = [];
  readonly #tag: number[] = [];

  add(server: number, atMicros: number, micros: number, tag: number): void {
    this.#server.push(server);
    this.#at.push(atMicros);
    this.#micros.push(micros);
    this.#tag.push(tag);
  }

  /** Serves all of them. @returns for how long each server was busy. */
  run(serverCount: number, served: (job: number, startMicros: number) => void): Float64Array {
    const at = Float64Array.from(this.#at);
    const order = Uint32Array.from(at, (_at, index) => index).sort((one, other) => (at[one] ?? 0) - (at[other] ?? 0));
    const freeAt = new Float64Array(serverCount);
    const busy = new Float64Array(serverCount);
    for (const job of order) {
      const server = this.#server[job] ?? 0;
      const start = Math.max(freeAt[server] ?? 0, at[job] ?? 0);
      const micros = this.#micros[job] ?? 0;
      freeAt[server] = start + micros;
      busy[server] = (busy[server] ?? 0) + micros;
      served(job, start);
    }
    return busy;
  }

  tagOf(job: number): number {
    return this.#tag[job] ?? 0;
  }
}

export interface KindSeen {
  readonly name: string;
  readonly publishCount: number;
  readonly hearerCount: number;
  readonly meanMs: number;
  /** The mean over its messages of the time until the last subscriber had it. */
  readonly lastMs: number;
}

export interface Simulated {
  readonly nodeLoad: number;
  readonly busiestNodeLoad: number;
  readonly shardLoad: number;
  readonly busiestShardLoad: number;
  readonly deliveryCount: number;
  readonly followedCount: number;
  readonly kinds: readonly KindSeen[];
}

interface Message {
  readonly kind: number;
  readonly atMicros: number;
  readonly shard: number;
  /** The nodes with subscribers, and how many each has. */
  readonly hearers: readonly (readonly [node: number, count: number])[];
  latencySum: number;
  deliveryCount: number;
  lastMicros: number;
}

export interface SimulateOptions {
  readonly costs: Costs;
  readonly seconds: number;
  readonly seed: number;
}

export function simulate(fleet: Fleet, { costs, seconds, seed }: SimulateOptions): Simulated {
  const random = seededRandom(seed);
  const messages = fleet.kinds.flatMap((kind, index) => drawMessages(kind, index, { fleet, seconds, random, seed }));
  const shards = new Jobs();
  for (const [index, { atMicros, hearers, shard }] of messages.entries()) {
    const micros = costs.storePublishMicros + hearers.length * costs.storeHintMicros;
    shards.add(shard, atMicros + costs.publishMicros, micros, index);
  }
  const nodes = new Jobs();
  const counts: number[] = [];
  const followedCount = countFollowed(fleet, seed);
  addProbes(shards, {
    fleet,
    seconds,
    random,
    followedCount,
    serverCount: fleet.shardCount,
    micros: costs.storeProbeMicros,
  });
  const tell = (message: Message, index: number, startMicros: number): void => {
    for (const [place, [node, count]] of message.hearers.entries()) {
      const toldMicros = startMicros + costs.storePublishMicros + (place + 1) * costs.storeHintMicros;
      counts.push(count);
      nodes.add(node, toldMicros, costs.hintMicros + count * costs.deliveryMicros, index);
    }
  };
  const shardBusy = shards.run(fleet.shardCount, (job, startMicros) => {
    const message = messages[shards.tagOf(job)];
    if (message !== undefined) tell(message, shards.tagOf(job), startMicros);
  });
  addProbes(nodes, { fleet, seconds, random, followedCount, serverCount: fleet.nodeCount, micros: costs.probeMicros });
  for (const { atMicros } of messages) {
    nodes.add(random.below(fleet.nodeCount), atMicros, costs.publishMicros, -1);
  }
  const nodeBusy = nodes.run(fleet.nodeCount, (job, startMicros) => {
    const message = messages[nodes.tagOf(job)];
    if (message !== undefined) deliver(message, startMicros + costs.hintMicros, counts[job] ?? 0, costs.deliveryMicros);
  });
  return describe(fleet, messages, { nodeBusy, shardBusy, seconds, followedCount });
}

/** Draws where all subscribers of every channel are, and counts the nodes of each. */
function countFollowed({ kinds, nodeCount }: Fleet, seed: number): number {
  const random = seededRandom(seed + 1);
  let followedCount = 0;
  const lastSeen = new Int32Array(nodeCount);
  let channelNumber = 0;
  for (const { channelCount, subscriberCount } of kinds) {
    for (let channel = 0; channel < channelCount; channel++) {
      channelNumber += 1;
      for (let subscriber = 0; subscriber < subscriberCount; subscriber++) {
        const node = random.below(nodeCount);
        if (lastSeen[node] === channelNumber) continue;
        lastSeen[node] = channelNumber;
        followedCount += 1;
      }
    }
  }
  return followedCount;
}

interface Probes {
  readonly fleet: Fleet;
  readonly seconds: number;
  readonly random: SeededRandom;
  readonly followedCount: number;
  readonly serverCount: number;
  readonly micros: number;
}

/** Looks at every channel that is followed, in rows, at any time. @returns how many rows. */
function addProbes(jobs: Jobs, { fleet, followedCount, micros, random, seconds, serverCount }: Probes): number {
  const count = Math.round((followedCount * seconds) / fleet.probeEverySeconds / probesInARow);
  for (let row = 0; row < count; row++) {
    jobs.add(random.below(serverCount), (random.uint32() / 2 ** 32) * seconds * 1e6, micros * probesInARow, -1);
  }
  return count;
}

function deliver(message: Message, fromMicros: number, count: number, deliveryMicros: number): void {
  const firstMicros = fromMicros - message.atMicros;
  message.latencySum += count * (firstMicros + ((count + 1) / 2) * deliveryMicros);
  message.deliveryCount += count;
  message.lastMicros = Math.max(message.lastMicros, firstMicros + count * deliveryMicros);
}

interface Draw {
  readonly fleet: Fleet;
  readonly seconds: number;
  readonly random: SeededRandom;
  readonly seed: number;
}

/** As many publishes as the rate says, each at any time to any channel of the kind. Where subscribers are follows from the channel. */
function drawMessages(kind: ChannelKind, index: number, { fleet, random, seconds, seed }: Draw): readonly Message[] {
  const placed = new Map<number, Message["hearers"]>();
  return Array.from({ length: Math.round(kind.channelCount * kind.publishesPerSecond * seconds) }, () => {
    const channel = random.below(kind.channelCount);
    const known = placed.get(channel);
    const hearers = known ?? place(kind.subscriberCount, fleet.nodeCount, seededRandom(seed ^ (channel * 7 + index)));
    if (known === undefined) placed.set(channel, hearers);
    const shard = (Math.imul(channel + 1, 0x9e3779b1) >>> 0) % fleet.shardCount;
    const atMicros = (random.uint32() / 2 ** 32) * seconds * 1e6;
    return { kind: index, atMicros, shard, hearers, latencySum: 0, deliveryCount: 0, lastMicros: 0 };
  });
}

/** Each subscriber chooses its node. Who is told first is another order for each channel. */
function place(subscriberCount: number, nodeCount: number, random: SeededRandom): Message["hearers"] {
  const counts = new Map<number, number>();
  for (let subscriber = 0; subscriber < subscriberCount; subscriber++) {
    const node = random.below(nodeCount);
    counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return [...counts];
}

interface Totals {
  readonly nodeBusy: Float64Array;
  readonly shardBusy: Float64Array;
  readonly followedCount: number;
  readonly seconds: number;
}

function describe(
  fleet: Fleet,
  messages: readonly Message[],
  { followedCount, nodeBusy, seconds, shardBusy }: Totals,
): Simulated {
  const share = (busy: Float64Array): number => busy.reduce((sum, one) => sum + one, 0) / busy.length / 1e6 / seconds;
  const most = (busy: Float64Array): number => busy.reduce((one, other) => Math.max(one, other), 0) / 1e6 / seconds;
  return {
    nodeLoad: share(nodeBusy),
    busiestNodeLoad: most(nodeBusy),
    shardLoad: share(shardBusy),
    busiestShardLoad: most(shardBusy),
    followedCount,
    deliveryCount: messages.reduce((sum, { deliveryCount }) => sum + deliveryCount, 0),
    kinds: fleet.kinds.map(({ name }, index) => {
      const own = messages.filter(({ kind }) => kind === index);
      const mean = (of: (message: Message) => number): number =>
        own.reduce((sum, one) => sum + of(one), 0) / own.length;
      return {
        name,
        publishCount: own.length,
        hearerCount: mean(({ hearers }) => hearers.length),
        meanMs: mean(({ deliveryCount, latencySum }) => latencySum / deliveryCount) / 1000,
        lastMs: mean(({ lastMicros }) => lastMicros) / 1000,
      };
    }),
  };
}

export interface SimulatedStorm {
  readonly movedCount: number;
  readonly resumedMs: number;
  readonly readCount: number;
}

/** Every client of the lost nodes draws when it comes back and where; a node takes one after the other, beside its share of everything. */
export function simulateStorm(
  fleet: Fleet,
  { lostCount, spreadMs }: Storm,
  { costs, load, seed }: { readonly costs: Costs; readonly load: number; readonly seed: number },
): SimulatedStorm {
  const random = seededRandom(seed);
  const stayingCount = fleet.nodeCount - lostCount;
  const jobs = new Jobs();
  let [movedCount, readCount] = [0, 0];
  for (const { channelCount, subscriberCount } of fleet.kinds) {
    for (let channel = 0; channel < channelCount; channel++) {
      const before = new Set<number>();
      const after: number[] = [];
      for (let subscriber = 0; subscriber < subscriberCount; subscriber++) {
        const node = random.below(fleet.nodeCount);
        if (node < stayingCount) before.add(node);
        else after.push(random.below(stayingCount));
      }
      for (const node of after) {
        jobs.add(node, (random.uint32() / 2 ** 32) * spreadMs * 1000, costs.resumeMicros / (1 - load), 0);
      }
      movedCount += after.length;
      for (const node of new Set(after)) readCount += before.has(node) ? 0 : 2;
    }
  }
  let last = 0;
  jobs.run(stayingCount, (_job, start) => (last = Math.max(last, start + costs.resumeMicros / (1 - load))));
  return { movedCount, resumedMs: last / 1000, readCount };
}

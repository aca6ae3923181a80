/** Channels that are alike. */
export interface ChannelKind {
  readonly name: string;
  readonly channelCount: number;
  /** Of each. */
  readonly subscriberCount: number;
  /** To each. */
  readonly publishesPerSecond: number;
}

/** Nodes behind a balancer that gives each the same share, on a store of so many shards. A channel is on one shard. */
export interface Fleet {
  readonly nodeCount: number;
  /** `countShards` of the model says how many it takes. */
  readonly shardCount: number;
  /** How often a node looks at each channel that it follows: `tailProbeMs`. */
  readonly probeEverySeconds: number;
  readonly kinds: readonly ChannelKind[];
}

/** 1 000 nodes, 10 000 000 subscribers: rooms of friends, groups, and one channel that everybody talks about. */
export const largeFleet: Fleet = {
  nodeCount: 1_000,
  shardCount: 1,
  probeEverySeconds: 2,
  kinds: [
    { name: "room", channelCount: 200_000, subscriberCount: 40, publishesPerSecond: 0.05 },
    { name: "group", channelCount: 1_000, subscriberCount: 1_000, publishesPerSecond: 0.5 },
    { name: "hot channel", channelCount: 1, subscriberCount: 1_000_000, publishesPerSecond: 2 },
  ],
};

/** The same in small, for `npm test`. */
export const smallFleet: Fleet = {
  nodeCount: 50,
  shardCount: 1,
  probeEverySeconds: 2,
  kinds: [
    { name: "room", channelCount: 10_000, subscriberCount: 20, publishesPerSecond: 0.05 },
    { name: "hot channel", channelCount: 1, subscriberCount: 50_000, publishesPerSecond: 2 },
  ],
};

/** So many of a node's looks at its channels come to a shard at once, and are answered in a row: what Redis reads of a connection in one go. */
export const probesInARow = 100;

export function subscriberCountOf({ kinds }: Fleet): number {
  return kinds.reduce((sum, { channelCount, subscriberCount }) => sum + channelCount * subscriberCount, 0);
}

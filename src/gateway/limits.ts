/** How much of everything the gateway allows. Each limit is finite by default; `Infinity` switches one off. */
export interface GatewayLimits {
  /** One frame of a client, in bytes, however many operations are in it; a longer one is refused with `TOO_BIG`. Default 64 KiB. */
  readonly maxMessageBytes: number;
  /** The same before the connection is authenticated. Default 4 KiB. */
  readonly maxMessageBytesBeforeAuth: number;
  /** Operations in one frame of a client; a frame of more is refused with `TOO_BIG`, unread. Default 256. */
  readonly maxOperationsPerFrame: number;
  /** Subscriptions of one connection; one more is refused with `LIMIT`. Default 256. */
  readonly maxChannelsPerConnection: number;
  /** Requests of one connection that were not answered yet; one more is refused with `LIMIT`. Default 256. */
  readonly maxPendingRequestCount: number;
  /** Calls of one connection in work; one more is refused with `LIMIT`. Default 16. */
  readonly maxPendingCallCount: number;
  /** From the first moment of a connection to its `auth`; then it is closed with 4000. Default 5 000. */
  readonly authTimeoutMs: number;
  /** How long before credentials expire the client is told; at half of their life if that is later. Default 60 000. */
  readonly expiryWarningMs: number;
  /** Connections of one user; one more is closed with 4003. Default 20. */
  readonly maxConnectionsPerUser: number;
  /** Silence of the server before it sends a `ping` message. Default 25 000. */
  readonly pingAfterMs: number;
  /** Durable publishes of one connection. Default 20 a second, 60 at once. */
  readonly publishesPerSecond: number;
  readonly publishBurstCount: number;
  /** Ephemeral events of one connection. Default 20 a second, 60 at once. */
  readonly ephemeralsPerSecond: number;
  readonly ephemeralBurstCount: number;
  /** All other requests of one connection; a resume counts once a channel. Default 50 a second, 512 at once. */
  readonly requestsPerSecond: number;
  readonly requestBurstCount: number;
  /** Seconds of a minute in which more than a whole burst was refused for its rate: so many close the connection with 4004. Default 3. */
  readonly maxOverrunsPerMinute: number;
  /** Refused messages in a row that close a connection with 4002. Default 3. */
  readonly maxRefusalsInARow: number;
  /** Refused messages within a minute that are still borne. Default 3. */
  readonly maxRefusalsPerMinute: number;
  /** One read from the store. Default 256, 1 MiB. */
  readonly maxPageCount: number;
  readonly maxPageBytes: number;
  /** What a subscriber that catches up is sent before its socket must have drained, and what it is read at once. Default 64 KiB. */
  readonly maxReplayBytes: number;
  /** Pages of the logs that are kept, of all channels together, while subscribers catch up with them. Default 8 MiB. */
  readonly maxReplayCacheBytes: number;
  /** The newest entries of a channel that are kept at hand for replays. Default 256, 1 MiB. */
  readonly maxRingCount: number;
  readonly maxRingBytes: number;
  /** How often a channel that heard nothing asks the store whether something was missed. Default 2 000. */
  readonly tailProbeMs: number;
  /** How often a node says that it is there, in each channel with presence in which it has members. The same at all nodes. Default 1 500. */
  readonly presenceBeatMs: number;
  /**
   * A node that others have not heard for so long counts as gone, and its members as left; one that stood still for so long closes its
   * connections with 1012. The same at all nodes. Default 8 000.
   */
  readonly nodeTimeoutMs: number;
  /** How long a device may be away without a goodbye before it counts as left. Default 5 000. */
  readonly presenceGraceMs: number;
  /** The least time between two presence messages of one channel. Default 250. */
  readonly presenceDiffMs: number;
  /** Members of a channel that are told one by one; past it only their number is. Default 1 000. */
  readonly maxPresenceListCount: number;
  /** Keys of one `latest` event of a channel; past it, the one that was renewed longest ago goes. Default 1 024. */
  readonly maxLatestCount: number;
  /** What the values of one `latest` event of a channel may take, in characters of their JSON; past it likewise. Default 256 Ki. */
  readonly maxLatestBytes: number;
  /** How long a channel without subscribers keeps the values of its `latest` events after the last one. Default 60 000. */
  readonly latestLingerMs: number;
  /** How long a channel without subscribers stays joined: a cut connection finds its replay still at hand. Default 5 000. */
  readonly channelLingerMs: number;
}

export const defaultLimits: GatewayLimits = {
  maxMessageBytes: 64 * 1024,
  maxMessageBytesBeforeAuth: 4 * 1024,
  maxOperationsPerFrame: 256,
  maxChannelsPerConnection: 256,
  maxPendingRequestCount: 256,
  maxPendingCallCount: 16,
  authTimeoutMs: 5_000,
  expiryWarningMs: 60_000,
  maxConnectionsPerUser: 20,
  pingAfterMs: 25_000,
  publishesPerSecond: 20,
  publishBurstCount: 60,
  ephemeralsPerSecond: 20,
  ephemeralBurstCount: 60,
  requestsPerSecond: 50,
  requestBurstCount: 512,
  maxOverrunsPerMinute: 3,
  maxRefusalsInARow: 3,
  maxRefusalsPerMinute: 3,
  maxPageCount: 256,
  maxPageBytes: 1024 * 1024,
  maxReplayBytes: 64 * 1024,
  maxReplayCacheBytes: 8 * 1024 * 1024,
  maxRingCount: 256,
  maxRingBytes: 1024 * 1024,
  tailProbeMs: 2_000,
  presenceBeatMs: 1_500,
  nodeTimeoutMs: 8_000,
  presenceGraceMs: 5_000,
  presenceDiffMs: 250,
  maxPresenceListCount: 1_000,
  maxLatestCount: 1024,
  maxLatestBytes: 256 * 1024,
  latestLingerMs: 60_000,
  channelLingerMs: 5_000,
};

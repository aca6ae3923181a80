/** The limits of one connection. `Infinity` switches one off. */
export interface LineLimits {
  /** The longest message to accept, in bytes; above it the connection fails with 1009. Default 1 MiB. */
  readonly maxMessageBytes: number;
  /** The longest message a `messageStream` handler gets, in bytes, all pieces together; above it 1009. Default 1 GiB. */
  readonly maxStreamedMessageBytes: number;
  /** The most frames one message may come in; above it the connection fails with 1008. Default 1024. */
  readonly maxFragmentCount: number;
  /** How long one message may take to come, from its first byte to its last, in milliseconds; then 1008. Default 30 000. */
  readonly messageTimeoutMs: number;
  /** The most pings to accept within 10 seconds; one more ends the connection with 1008. Default 20. */
  readonly maxPingCount: number;
  /** `send()` returns false while more than this is queued, in bytes. Default 1 MiB. */
  readonly highWaterBytes: number;
  /** The connection is closed with 1013 when more than this is queued, in bytes. Default 16 MiB. */
  readonly maxQueuedBytes: number;
  /** A peer that was silent for so long is sent a ping, in milliseconds. Default 25 000. */
  readonly pingAfterMs: number;
  /** A peer that was silent for so long is gone, in milliseconds. Any byte counts as life. Default 40 000. */
  readonly deadAfterMs: number;
  /** A peer that took nothing of what waits for it for so long is gone, in milliseconds. Default 30 000. */
  readonly stalledAfterMs: number;
  /** How long the closing handshake and the end of the transport may take, in milliseconds. Default 5 000. */
  readonly closeTimeoutMs: number;
}

const defaults: LineLimits = {
  maxMessageBytes: 2 ** 20,
  maxStreamedMessageBytes: 2 ** 30,
  maxFragmentCount: 1024,
  messageTimeoutMs: 30_000,
  maxPingCount: 20,
  highWaterBytes: 2 ** 20,
  maxQueuedBytes: 2 ** 24,
  pingAfterMs: 25_000,
  deadAfterMs: 40_000,
  stalledAfterMs: 30_000,
  closeTimeoutMs: 5_000,
};

/** The limits of `options`, and the defaults for the others. */
export function readLimits(options: Partial<LineLimits>): LineLimits {
  return {
    maxMessageBytes: requireLimit("maxMessageBytes", options.maxMessageBytes ?? defaults.maxMessageBytes),
    maxStreamedMessageBytes: requireLimit(
      "maxStreamedMessageBytes",
      options.maxStreamedMessageBytes ?? defaults.maxStreamedMessageBytes,
    ),
    maxFragmentCount: requireLimit("maxFragmentCount", options.maxFragmentCount ?? defaults.maxFragmentCount),
    messageTimeoutMs: requireLimit("messageTimeoutMs", options.messageTimeoutMs ?? defaults.messageTimeoutMs),
    maxPingCount: requireLimit("maxPingCount", options.maxPingCount ?? defaults.maxPingCount),
    highWaterBytes: requireLimit("highWaterBytes", options.highWaterBytes ?? defaults.highWaterBytes),
    maxQueuedBytes: requireLimit("maxQueuedBytes", options.maxQueuedBytes ?? defaults.maxQueuedBytes),
    pingAfterMs: requireLimit("pingAfterMs", options.pingAfterMs ?? defaults.pingAfterMs),
    deadAfterMs: requireLimit("deadAfterMs", options.deadAfterMs ?? defaults.deadAfterMs),
    stalledAfterMs: requireLimit("stalledAfterMs", options.stalledAfterMs ?? defaults.stalledAfterMs),
    closeTimeoutMs: requireLimit("closeTimeoutMs", options.closeTimeoutMs ?? defaults.closeTimeoutMs),
  };
}

/** @throws {RangeError} if it is not a positive integer or `Infinity`. */
export function requireLimit(name: string, value: number): number {
  if (value === Infinity || (Number.isSafeInteger(value) && value > 0)) return value;
  throw new RangeError(`Cannot use ${value} as ${name}: give a positive integer or Infinity`);
}

/** @throws {RangeError} if it is not a finite integer of at least 0. */
export function requireCount(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`Cannot use ${value} as ${name}: give an integer of at least 0`);
}

/**
 * What a server has done since it was made. Each is a number that is added to where the thing happens: no timers, no histograms.
 * Take two and subtract to have a rate.
 */
export interface ServerCounters {
  /** Handshakes answered with 101. */
  readonly accepted: number;
  /** Handshakes answered otherwise. */
  readonly refused: number;
  /** Connections that are gone. `accepted - closed` are open or closing. */
  readonly closed: number;
  /** Whole messages handed to the `message` handler. */
  readonly messagesIn: number;
  /** Messages that `send` and `publish` took, one for each receiver. */
  readonly messagesOut: number;
  /** Bytes that came behind the handshakes: frames with their headers, before TLS. */
  readonly bytesIn: number;
  /** Bytes handed to the sockets, the 101s included, before TLS. */
  readonly bytesOut: number;
  /** How often `send` first returned false because more than `highWaterBytes` were queued, until the next `drain`. */
  readonly backpressured: number;
}

/** The same, for those who count. */
export type Counting = { -readonly [Name in keyof ServerCounters]: number };

/** All at nothing. */
export function createCounters(): Counting {
  return {
    accepted: 0,
    refused: 0,
    closed: 0,
    messagesIn: 0,
    messagesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    backpressured: 0,
  };
}

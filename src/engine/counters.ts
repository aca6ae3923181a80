/** What went over one connection so far. Each is a number that is added to where the thing happens: no timers, no histograms. */
export interface SocketCounters {
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

/** What a server has done since it was made, all its connections together. Take two and subtract to have a rate. */
export interface ServerCounters extends SocketCounters {
  /** Handshakes answered with 101. */
  readonly accepted: number;
  /** Handshakes answered otherwise. */
  readonly refused: number;
  /** Connections that are gone. `accepted - closed` are open or closing. */
  readonly closed: number;
}

/** The same, for those who count. */
export type Counting = { -readonly [Name in keyof SocketCounters]: number };

/** All at nothing. */
export function createCounters(): Counting {
  return { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, backpressured: 0 };
}

/** Adds what one connection did to what others did. */
export function addCounters(
  sum: Counting,
  { backpressured, bytesIn, bytesOut, messagesIn, messagesOut }: SocketCounters,
): void {
  sum.messagesIn += messagesIn;
  sum.messagesOut += messagesOut;
  sum.bytesIn += bytesIn;
  sum.bytesOut += bytesOut;
  sum.backpressured += backpressured;
}

/** A client of any make, as far as the checks need one. */
export interface Dialer {
  /** Whether its connections have `ping`: the `WebSocket` of browsers has none. */
  readonly canPing: boolean;
  open(address: { readonly url: string; readonly protocols: readonly string[] }): Promise<Dialed>;
}

/** One open connection. */
export interface Dialed {
  readonly protocol: string;
  /** The value of `Sec-WebSocket-Extensions` that was agreed on. */
  readonly extensions: string;
  send(data: string | Uint8Array): void;
  /** The next message, in the order they came. Rejects once the connection is closed. */
  receive(): Promise<string | Uint8Array>;
  /** Resolves with what the pong carried. */
  readonly ping?: (data: Uint8Array) => Promise<Uint8Array>;
  close(code: number, reason: string): void;
  readonly closed: Promise<Ending>;
}

/** What the close event said. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
}

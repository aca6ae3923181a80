/** How a connection ended: told once, to the `close` handler. */
export interface CloseInfo {
  /**
   * The code of the close frame of the side that began to close: the peer's with `by: "peer"`, ours with `by: "us"`.
   * 1005 when the peer's frame had none, 1006 when no close frame came or went (RFC 6455 §7.1.5).
   */
  readonly code: number;
  /** That frame's reason; with 1006 a sentence for people that says what happened. */
  readonly reason: string;
  /**
   * Who ended it. `us`: `close()`, `terminate()`, a limit, or a peer that broke the protocol (then `code` is what we told it).
   * `peer`: it sent a close frame first. `network`: the connection broke or ended without a close frame. `timeout`: the peer was
   * silent for `deadAfterMs` or read nothing for `stalledAfterMs`.
   */
  readonly by: "us" | "peer" | "network" | "timeout";
  /** Whether both close frames were exchanged. */
  readonly wasClean: boolean;
}

/** What a close frame of the peer said; 1005 when it had no code. */
export interface PeerClose {
  readonly code: number;
  readonly reason: string;
}

/** A connection that ends without a close frame: 1006, which no frame carries (RFC 6455 §7.1.5). */
export function lostBy(by: CloseInfo["by"], reason: string): CloseInfo {
  return { code: 1006, reason, by, wasClean: false };
}

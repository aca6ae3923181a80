import { channel, type Channel } from "node:diagnostics_channel";
import type { CloseInfo } from "./close-info.ts";
import type { EngineSocket } from "./sockets.ts";

/** What `switchboard:handshake` publishes: a server has answered one, with 101 or a refusal. */
export interface HandshakeDiagnostics {
  /** The IP address of the other end of the socket; undefined on a socket that has none. */
  readonly remoteAddress: string | undefined;
  /** The status of the answer; 101 is followed by `switchboard:open`. */
  readonly status: number;
  /** The body of a refusal; empty with 101. */
  readonly reason: string;
}

/** What `switchboard:open` publishes, before the `open` handler runs. */
export interface OpenDiagnostics {
  /** Whose socket it is: a server's own or one of `connect()`. */
  readonly role: "server" | "client";
  readonly socket: EngineSocket;
}

/** What `switchboard:close` publishes, before the `close` handler runs. */
export interface CloseDiagnostics {
  readonly role: "server" | "client";
  readonly socket: EngineSocket;
  /** Who ended it and why, with the codes. */
  readonly info: CloseInfo;
}

/** What `switchboard:backpressure` publishes: `send` returned false, for the first time or since the last `drain`. */
export interface BackpressureDiagnostics {
  readonly role: "server" | "client";
  readonly socket: EngineSocket;
  /** What is queued for the peer. */
  readonly bufferedBytes: number;
  /** The limit that is passed. */
  readonly highWaterBytes: number;
}

/**
 * The engine's channels of `node:diagnostics_channel`. Whoever publishes asks `hasSubscribers` first, so that a message nobody wants
 * is not even made.
 */
export const diagnostics: {
  readonly handshake: Channel;
  readonly open: Channel;
  readonly close: Channel;
  readonly backpressure: Channel;
} = {
  handshake: channel("switchboard:handshake"),
  open: channel("switchboard:open"),
  close: channel("switchboard:close"),
  backpressure: channel("switchboard:backpressure"),
};

/** Tells that a connection is open, if anybody listens. */
export function tellOpen(message: OpenDiagnostics): void {
  if (diagnostics.open.hasSubscribers) diagnostics.open.publish(message);
}

/** Tells that a connection has ended, if anybody listens. */
export function tellClose(message: CloseDiagnostics): void {
  if (diagnostics.close.hasSubscribers) diagnostics.close.publish(message);
}

/** Tells that a peer does not keep up, if anybody listens. */
export function tellBackpressure(message: BackpressureDiagnostics): void {
  if (diagnostics.backpressure.hasSubscribers) diagnostics.backpressure.publish(message);
}

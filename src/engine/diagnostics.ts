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

/** What `switchboard:compression` publishes: a message was compressed, for each receiver, or inflated. */
export interface CompressionDiagnostics {
  readonly role: "server" | "client";
  readonly socket: EngineSocket;
  /** Whether it was sent or received. */
  readonly direction: "out" | "in";
  /** How long the message is, in bytes of UTF-8 for text. */
  readonly messageBytes: number;
  /** How long the payload of its frames is. As long as the message where compressing did not make it shorter. */
  readonly payloadBytes: number;
}

/**
 * The engine's channels of `node:diagnostics_channel`. Whoever publishes asks `hasSubscribers` first, so that a message nobody wants
 * is not even made.
 */
const diagnostics: {
  readonly handshake: Channel;
  readonly open: Channel;
  readonly close: Channel;
  readonly backpressure: Channel;
  readonly compression: Channel;
} = {
  handshake: channel("switchboard:handshake"),
  open: channel("switchboard:open"),
  close: channel("switchboard:close"),
  backpressure: channel("switchboard:backpressure"),
  compression: channel("switchboard:compression"),
};

/** Tells how a handshake was answered, if anybody listens. */
export function tellHandshake(message: HandshakeDiagnostics): void {
  if (diagnostics.handshake.hasSubscribers) diagnostics.handshake.publish(message);
}

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

/** Tells how much shorter a message became or was, if anybody listens. */
export function tellCompression(message: CompressionDiagnostics): void {
  if (diagnostics.compression.hasSubscribers) diagnostics.compression.publish(message);
}

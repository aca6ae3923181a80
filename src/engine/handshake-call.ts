import type { ClientHttp2Session } from "node:http2";
import type { Duplex } from "node:stream";
import type { Agreement, Header } from "../protocol/index.ts";
import type { Route } from "./dial.ts";
import type { TimerWheel } from "./timer-wheel.ts";

/** One handshake that a client makes: whom it asks, and for what. */
export interface HandshakeCall extends Route {
  readonly protocols: readonly string[];
  /** The whole value of `Sec-WebSocket-Extensions`. */
  readonly extensions: string | undefined;
  readonly origin: string | undefined;
  readonly headers: readonly Header[];
  /** On HTTP/2: on a session of the engine's, or on this one. */
  readonly http2: boolean | ClientHttp2Session;
  readonly timers: TimerWheel;
}

/** What a handshake came to. The socket is paused, and nobody listens to it but for errors. */
export interface Opened {
  readonly socket: Duplex;
  readonly status: 101 | 200;
  readonly agreement: Agreement;
  readonly headers: readonly Header[];
  /** What came glued behind the answer: frames. */
  readonly rest: Uint8Array;
}

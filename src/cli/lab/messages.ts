/** What the lab's page and its server say to each other. The page reads these types; it runs nothing of this. */

/** What happened on a watched connection, in order; `atMs` counts from its TCP connection (after TLS, where there is some). */
export type TraceEntry =
  | {
      readonly type: "connected";
      readonly atMs: number;
      readonly remoteAddress: string;
      readonly isSecure: boolean;
      /** Whether the request's bytes are those that came. False where they had to be put together again from its headers. */
      readonly isExact: boolean;
    }
  | {
      readonly type: "bytes";
      readonly atMs: number;
      /** `in` comes from the browser. */
      readonly direction: "in" | "out";
      readonly part: "http" | "frames";
      /** Base64; the first {@link maxTracedBytes} of them. */
      readonly bytes: string;
      readonly byteCount: number;
    }
  | { readonly type: "switched"; readonly atMs: number; readonly protocol: string }
  | { readonly type: "refused"; readonly atMs: number; readonly status: number; readonly reason: string }
  | { readonly type: "event"; readonly atMs: number; readonly what: LineEvent; readonly detail: string }
  | { readonly type: "ended"; readonly atMs: number; readonly by: "us" | "peer" };

/** What the frames that came meant. */
export type LineEvent = "message" | "ping" | "pong" | "close" | "fail";

/** What the server does wrong on purpose: the browser has to notice. */
export type Misdeed =
  | "wrong-accept"
  | "no-upgrade"
  | "status-200"
  | "unasked-protocol"
  | "unasked-extension"
  | "masked-frame"
  | "reserved-bit"
  | "reserved-opcode"
  | "bad-utf8"
  | "long-ping"
  | "split-ping"
  | "bad-close-code";

/** What the server is asked to send on the watched connection. */
export type Push =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "ping"; readonly text: string }
  | { readonly type: "close"; readonly code: number; readonly reason: string };

/** A handshake and what follows, as a client wants to send it; nothing of it has to be right. */
export interface Attempt {
  readonly method: string;
  /** `HTTP/1.1`. */
  readonly version: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What is sent when the answer was 101, in hexadecimal. */
  readonly frames: string;
}

/** What came of it. */
export interface AttemptResult {
  /** Base64, as sent. */
  readonly request: string;
  /** Base64, as received; at most {@link maxAnswerBytes}. */
  readonly response: string;
  /** Who ended the connection: the server, or the lab, which waits for 1.5 s. */
  readonly endedBy: "server" | "time";
  readonly afterMs: number;
}

/** One of the messages that are both pushed and polled for. Times are the server's, in milliseconds. */
export interface RaceMessage {
  readonly index: number;
  readonly saidAtMs: number;
}

/** The answer to a poll. */
export interface RaceAnswer {
  readonly nowMs: number;
  readonly messages: readonly RaceMessage[];
  readonly isOver: boolean;
  /** What the polls before this one have cost, as the server counted: whole requests and responses. */
  readonly requestCount: number;
  readonly byteCount: number;
}

/** The messages of one race. */
export const raceMessageCount: number = 20;
/** How much of a chunk the trace keeps. */
export const maxTracedBytes: number = 4096;
/** How much of the answer to an attempt is kept. */
export const maxAnswerBytes: number = 16_384;

/** Whether the proxy could be poisoned, and how: each step as the one it happened to saw it. */
export interface PoisonReplay {
  readonly steps: readonly PoisonStep[];
  /** What the next person behind the proxy is given for `http://cdn.example/library.js`. */
  readonly served: string;
  readonly isPoisoned: boolean;
}

/** Something that one of them said to another. */
export interface PoisonStep {
  readonly from: "page" | "browser" | "proxy" | "attacker" | "victim";
  readonly to: "page" | "browser" | "proxy" | "attacker" | "victim";
  readonly says: string;
  /** The bytes, as latin1. */
  readonly bytes?: string;
}

/** The defences of RFC 6455, each of which can be switched off in the replay. */
export interface Defences {
  /** The browser compares `Sec-WebSocket-Accept` with the key it has sent. */
  readonly checksAccept: boolean;
  /** The browser masks what it sends. */
  readonly masks: boolean;
}

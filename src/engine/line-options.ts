import type { Duplex } from "node:stream";
import type { ConnectionOptions, Role } from "../protocol/index.ts";
import type { Codec } from "./codec.ts";
import type { Counting } from "./counters.ts";
import type { SocketHandlers } from "./handlers.ts";
import type { LineLimits } from "./limits.ts";
import type { Line } from "./line.ts";
import type { TimerWheel } from "./timer-wheel.ts";
import type { Topics } from "./topics.ts";

/** What a {@link Line} is made from. */
export interface LineOptions<Data> {
  readonly role: Role;
  /** After its handshake; nothing else may read or write it any more. */
  readonly socket: Duplex;
  readonly handlers: SocketHandlers<Line<Data>>;
  readonly limits: LineLimits;
  /** Whether `node:net` may be bypassed where it can be. */
  readonly isDirect: boolean;
  readonly timers: TimerWheel;
  readonly protocol: string;
  /** What the server answered in `Sec-WebSocket-Extensions`; empty when nothing. */
  readonly extensions: string;
  /** Where compression was negotiated. The line closes it. */
  readonly codec?: Codec | undefined;
  readonly data: Data;
  readonly id: number;
  readonly counters: Counting;
  /** A server's topics. */
  readonly topics?: Topics<Line<Data>>;
  /** Called once, before the `close` handler. */
  readonly onClosed: (line: Line<Data>) => void;
  /** Default none. */
  readonly hooks?: LineHooks;
  /** What is answered by itself. Default everything. */
  readonly answers?: Pick<ConnectionOptions, "answersPings" | "answersCloses">;
  /** A client's masking keys. Default: from a CSPRNG. */
  readonly createMaskingKey?: (() => number) | undefined;
}

/** What only a facade with another interface needs to hear: {@link adoptSocket}. They must not throw. */
export interface LineHooks {
  /** The peer broke the protocol or a limit; it was told this code. */
  failed?(code: number, reason: string): void;
  /** The peer's close frame came, and where `answersCloses` is false it is to be answered now. */
  closing?(code: number, reason: string): void;
  /** The operating system has taken what it was given: `bufferedBytes` is smaller now. */
  taken?(): void;
}

/** Nobody needs to hear. */
export const noHooks: LineHooks = {};

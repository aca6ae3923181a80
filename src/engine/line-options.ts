import type { Duplex } from "node:stream";
import { Connection, type Role } from "../protocol/index.ts";
import type { Codec } from "./codec.ts";
import type { Counting } from "./counters.ts";
import { decodeText } from "./decode-text.ts";
import type { SocketHandlers } from "./handlers.ts";
import type { LineLimits } from "./limits.ts";
import type { Line } from "./line.ts";
import { createMaskingKey } from "./masking-keys.ts";
import type { TimerWheel } from "./timer-wheel.ts";
import type { Topics } from "./topics.ts";

/** What a {@link Line} is made from. */
export interface LineOptions<Data> {
  readonly role: Role;
  /** After its handshake; nothing else may read or write it any more. */
  readonly socket: Duplex;
  readonly handlers: SocketHandlers<Line<Data>>;
  readonly limits: LineLimits;
  readonly timers: TimerWheel;
  readonly protocol: string;
  /** Where compression was negotiated. The line closes it. */
  readonly codec?: Codec | undefined;
  readonly data: Data;
  readonly id: number;
  readonly counting: Counting;
  /** A server's topics. */
  readonly topics?: Topics<Line<Data>>;
  /** Called once, before the `close` handler. */
  readonly onClosed: (line: Line<Data>) => void;
  /** Default none. */
  readonly hooks?: LineHooks;
  /** Default true. */
  readonly answersPings?: boolean;
}

/** The protocol's part of a line. */
export function connectionFor<Data>(options: LineOptions<Data>): Connection {
  const { role, limits, codec, answersPings = true } = options;
  return new Connection({
    role,
    maxMessageBytes: limits.maxMessageBytes,
    maxFragmentCount: limits.maxFragmentCount,
    decodeText,
    answersPings,
    codec,
    ...(role === "client" ? { createMaskingKey } : {}),
  });
}

/** What only a facade with another interface needs to hear: {@link adoptSocket}. They must not throw. */
export interface LineHooks {
  /** The peer broke the protocol or a limit; it was told this code. */
  failed?(code: number, reason: string): void;
  /** The operating system has taken what it was given: `bufferedBytes` is smaller now. */
  taken?(): void;
}

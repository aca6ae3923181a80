/** What `switchboard publish` sends, and what came of it. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Durability, type Position } from "../wire/index.ts";
import { LineError } from "./gateway-line.ts";
import { type Backoff, backoffMs, isPassing } from "./line-retry.ts";

/** One message on its way: its data is JSON text, and goes as it is. */
export interface Outgoing {
  readonly channel: string;
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** `told`: an event of a kind that is not stored. */
export type Outcome =
  | {
      readonly type: "stored";
      readonly position: Position;
      readonly durability: Durability;
      /** It was stored before, there. */
      readonly duplicate: boolean;
    }
  | { readonly type: "told" };

/** A way to a gateway. */
export interface Publisher {
  /** Makes one try. @param firstTriedMs - how long ago the first one was, if there was one. @throws {LineError} @throws {HandshakeError} */
  publish(message: Outgoing, firstTriedMs: number | undefined): Promise<Outcome>;
  /** Whether it was ever answered: who was not may have the wrong address. */
  readonly isReached: boolean;
  /** Lets go; @throws {LineError} for what was told and refused since. */
  end(): Promise<void>;
}

export interface Patience {
  /** How long one message may be tried again and again. */
  readonly retryForMs: number;
  readonly backoff: Backoff;
  readonly signal: AbortSignal;
}

/**
 * Publishes under one id until it is known what became of it. Tries again what may pass: a line that broke, a limit, a store that is away.
 * A gateway that was never reached is a fault at once.
 */
export async function publishSurely(publisher: Publisher, message: Outgoing, patience: Patience): Promise<Outcome> {
  const startedMs = performance.now();
  for (let tryCount = 0; ; tryCount++) {
    const elapsedMs = Math.round(performance.now() - startedMs);
    try {
      return await publisher.publish(message, tryCount === 0 ? undefined : elapsedMs);
    } catch (error) {
      const hinted = error instanceof LineError ? error.retryAfterMs : undefined;
      const waitMs = hinted ?? backoffMs(patience.backoff, tryCount, Math.random());
      const isLate = performance.now() - startedMs + waitMs > patience.retryForMs;
      if (!publisher.isReached || !isPassing(error) || isLate) throw error;
      await sleep(waitMs, undefined, { signal: patience.signal });
    }
  }
}

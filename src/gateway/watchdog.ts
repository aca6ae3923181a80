import { closeCodes } from "../wire/index.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { GatewayLimits } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import type { Session } from "./session.ts";

export interface WatchdogTools {
  readonly outbox: Outbox;
  readonly deadlines: Deadlines;
  readonly limits: GatewayLimits;
}

/**
 * The deadlines of one session: it must authenticate, its credentials must not expire, and it must hear from us now and then. Dead
 * sockets are the engine's. It is itself the deadline that every session has, and makes another only for credentials that expire.
 */
export class Watchdog implements Deadline {
  atMs = 0;
  place = -1;
  readonly #session: Session;
  readonly #tools: WatchdogTools;
  /** Until an `auth` came. */
  #authByMs: number | undefined;
  /** The warning, then the end. */
  #expiry: Deadline | undefined;

  constructor(session: Session, tools: WatchdogTools) {
    this.#session = session;
    this.#tools = tools;
    this.#authByMs = tools.outbox.nowMs + tools.limits.authTimeoutMs;
    this.#arm();
  }

  /** An `auth` came. How long checking it may take is the shell's business. */
  authCame(): void {
    this.#authByMs = undefined;
    this.#arm();
  }

  /** The credentials that count now are good for so long; `undefined`: for ever. What was said of those before is void. */
  expiresIn(expiresInMs: number | undefined): void {
    const { deadlines, limits, outbox } = this.#tools;
    deadlines.cancel(this.#expiry);
    this.#expiry = undefined;
    if (expiresInMs === undefined) return;
    const expiresAtMs = outbox.nowMs + expiresInMs;
    const warningMs = Math.min(limits.expiryWarningMs, expiresInMs / 2);
    this.#expiry = deadlines.at(expiresAtMs - warningMs, (nowMs) => {
      this.#session.send({ type: "expiring", expiresInMs: Math.max(0, Math.floor(expiresAtMs - nowMs)) });
      const { credentialsExpired } = closeCodes;
      this.#expiry = deadlines.at(expiresAtMs, () =>
        this.#session.close(credentialsExpired, "The credentials have expired"),
      );
    });
  }

  /** The connection is gone. */
  end(): void {
    const { deadlines } = this.#tools;
    deadlines.cancel(this);
    deadlines.cancel(this.#expiry);
  }

  run(nowMs: number): void {
    const { authTimeoutMs, pingAfterMs } = this.#tools.limits;
    const session = this.#session;
    if (this.#authByMs !== undefined && nowMs >= this.#authByMs) {
      return session.close(closeCodes.authTimeout, `No auth within ${authTimeoutMs} ms`);
    }
    if (!session.isOpen) return;
    if (nowMs - session.lastSentMs >= pingAfterMs) session.send({ type: "ping" });
    this.#arm();
  }

  #arm(): void {
    const { deadlines, limits } = this.#tools;
    deadlines.set(this, Math.min(this.#authByMs ?? Infinity, this.#session.lastSentMs + limits.pingAfterMs));
  }
}

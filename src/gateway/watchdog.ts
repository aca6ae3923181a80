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
 * sockets are the engine's.
 */
export class Watchdog {
  readonly #session: Session;
  readonly #tools: WatchdogTools;
  readonly #auth: Deadline;
  #ping: Deadline;
  /** The warning, then the end. */
  #expiry: Deadline | undefined;

  constructor(session: Session, tools: WatchdogTools) {
    this.#session = session;
    this.#tools = tools;
    const { deadlines, limits, outbox } = tools;
    const late = `No auth within ${limits.authTimeoutMs} ms`;
    this.#auth = deadlines.at(outbox.nowMs + limits.authTimeoutMs, () => session.close(closeCodes.authTimeout, late));
    this.#ping = this.#armPing();
  }

  /** An `auth` came. How long checking it may take is the shell's business. */
  authCame(): void {
    this.#auth.cancel();
  }

  /** The credentials that count now are good for so long; `undefined`: for ever. What was said of those before is void. */
  expiresIn(expiresInMs: number | undefined): void {
    this.#expiry?.cancel();
    if (expiresInMs === undefined) return;
    const { deadlines, limits, outbox } = this.#tools;
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
    this.#auth.cancel();
    this.#ping.cancel();
    this.#expiry?.cancel();
  }

  #armPing(): Deadline {
    const { deadlines, limits } = this.#tools;
    return deadlines.at(this.#session.lastSentMs + limits.pingAfterMs, (nowMs) => {
      if (!this.#session.isOpen) return;
      if (nowMs - this.#session.lastSentMs >= limits.pingAfterMs) this.#session.send({ type: "ping" });
      this.#ping = this.#armPing();
    });
  }
}

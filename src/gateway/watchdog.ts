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

/** The deadlines of one session: it must authenticate, it must take what it is sent, and it must hear from us now and then. */
export class Watchdog {
  readonly #session: Session;
  readonly #tools: WatchdogTools;
  readonly #auth: Deadline;
  #ping: Deadline;
  #stall: Deadline | undefined;
  /** How full the socket's queue was when its deadline was set. */
  #queuedBytes = 0;

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

  /** The socket's queue is full. */
  congested(queuedBytes: number): void {
    if (this.#stall === undefined || queuedBytes < this.#queuedBytes) this.#armStall(queuedBytes);
  }

  drained(): void {
    this.#stall?.cancel();
    this.#stall = undefined;
  }

  /** The connection is gone. */
  end(): void {
    this.#auth.cancel();
    this.#ping.cancel();
    this.drained();
  }

  #armPing(): Deadline {
    const { deadlines, limits } = this.#tools;
    return deadlines.at(this.#session.lastSentMs + limits.pingAfterMs, (nowMs) => {
      if (nowMs - this.#session.lastSentMs >= limits.pingAfterMs) this.#session.send({ type: "ping" });
      if (this.#session.isOpen) this.#ping = this.#armPing();
    });
  }

  /** Half way the shell is asked how full the queue is now; if it is not shorter at the end, nobody is reading. */
  #armStall(queuedBytes: number): void {
    const { deadlines, limits, outbox } = this.#tools;
    this.#queuedBytes = queuedBytes;
    this.#stall?.cancel();
    const halfMs = limits.stalledAfterMs / 2;
    this.#stall = deadlines.at(outbox.nowMs + halfMs, (nowMs) => {
      outbox.push({ type: "awaitDrain", connection: this.#session.connection });
      this.#stall = deadlines.at(nowMs + halfMs, () =>
        this.#session.close(closeCodes.stalled, "Nothing that was sent is being read"),
      );
    });
  }
}

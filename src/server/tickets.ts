import { randomBytes } from "node:crypto";
import { type Authenticated, digest } from "./credentials.ts";
import { GatewayError } from "./errors.ts";

/** Whom a ticket is for, and what else `authenticate` would have said. */
export interface TicketRequest extends Authenticated {
  /** Within which the connection must be opened, in milliseconds. Default 30 000, at most 300 000. */
  readonly expiresInMs?: number;
}

export interface TicketsOptions {
  readonly maxCount: number;
  /** Of a clock that never goes back. */
  readonly steadyMs: () => number;
}

/** A ticket is for the next moment, not for later. */
const maxLifeMs = 300_000;

/** Secrets that open one connection each, soon. They may stand in a URL: whoever reads it later, in a log, reads a spent one. */
export class Tickets {
  readonly #options: TicketsOptions;
  /** By their hash, so that how long a look-up takes says nothing of a ticket. */
  readonly #tickets = new Map<string, { readonly answer: Authenticated; readonly untilMs: number }>();

  constructor(options: TicketsOptions) {
    this.#options = options;
  }

  /** @throws {RangeError} for a life of more than five minutes. @throws {GatewayError} `LIMIT` if too many are out. */
  issue(answer: Authenticated, expiresInMs: number): string {
    if (!(expiresInMs > 0 && expiresInMs <= maxLifeMs)) {
      throw new RangeError(`Cannot use ${expiresInMs} as expiresInMs of a ticket: give 1-${maxLifeMs}`);
    }
    const { maxCount, steadyMs } = this.#options;
    const nowMs = steadyMs();
    if (this.#tickets.size >= maxCount) this.#sweep(nowMs);
    if (this.#tickets.size >= maxCount) {
      throw new GatewayError("LIMIT", `Cannot issue a ticket: ${maxCount} are out and not used yet`);
    }
    const ticket = randomBytes(24).toString("base64url");
    this.#tickets.set(digest(ticket), { answer, untilMs: nowMs + expiresInMs });
    return ticket;
  }

  /** Whose it is. After that it is nobody's. */
  take(ticket: string): Authenticated | undefined {
    const key = digest(ticket);
    const found = this.#tickets.get(key);
    this.#tickets.delete(key);
    return found === undefined || found.untilMs <= this.#options.steadyMs() ? undefined : found.answer;
  }

  #sweep(nowMs: number): void {
    for (const [key, { untilMs }] of this.#tickets) if (untilMs <= nowMs) this.#tickets.delete(key);
  }
}

import type { Notice } from "../gateway/index.ts";
import type { TrustedProxies } from "./client-address.ts";
import { Entrance } from "./entrance.ts";
import type { Hosts } from "./hosts.ts";
import type { ServerLimits } from "./limits.ts";
import type { Log } from "./log.ts";
import type { Machine } from "./machine.ts";
import { type Recognisable, type Revocation, Revocations, type Stand, type Standing } from "./revocations.ts";
import { type TicketRequest, Tickets } from "./tickets.ts";

export interface AccessOptions {
  readonly hosts: Hosts;
  readonly trustedProxies: TrustedProxies | undefined;
  readonly limits: ServerLimits;
  readonly log: Log;
  readonly machine: Machine;
}

/** How long a ticket is good for, unless its issuer says otherwise. */
const defaultTicketLifeMs = 30_000;

/** Who may come in: by the entrance, with a ticket, unless revoked. It is there before the gateway is open. */
export class Access {
  readonly entrance: Entrance;
  readonly #tickets: Tickets;
  readonly #revocations: Revocations;
  readonly #machine: Machine;

  constructor({ hosts, limits, log, machine, trustedProxies }: AccessOptions) {
    const { maxConnectionsPerAddress, maxRevocationCount, maxTicketCount } = limits;
    this.#machine = machine;
    this.#revocations = new Revocations(maxRevocationCount);
    this.#tickets = new Tickets({ maxCount: maxTicketCount, steadyMs: () => machine.steadyMs() });
    this.entrance = new Entrance({ hosts, trustedProxies, maxConnectionsPerAddress, tickets: this.#tickets, log });
  }

  issueTicket({ expiresInMs = defaultTicketLifeMs, ...authenticated }: TicketRequest): string {
    return this.#tickets.issue(authenticated, expiresInMs);
  }

  /** Remembers it. Throws as {@link Revocations.add}. */
  revoke(revocation: Revocation): Standing {
    return this.#revocations.add(revocation, this.#machine.wallMs());
  }

  /** Takes what was revoked before, or elsewhere; nothing if the notice is about something else. */
  restore(notice: Notice): Stand | undefined {
    return this.#revocations.restore(notice);
  }

  isRevoked(credentials: Recognisable, nowMs: number): boolean {
    return this.#revocations.isRevoked(credentials, nowMs);
  }
}

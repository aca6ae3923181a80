import { accept, type Accept, type Reject, reject, type UpgradeRequest } from "../engine/index.ts";
import { addressBlock, ClientAddress, isLoopback, type TrustedProxies } from "./client-address.ts";
import type { Authenticated, Refused } from "./credentials.ts";
import type { Hosts } from "./hosts.ts";
import type { Log } from "./log.ts";
import type { Tickets } from "./tickets.ts";
import { Visitor } from "./visitor.ts";

export interface EntranceOptions {
  readonly hosts: Hosts;
  readonly trustedProxies: TrustedProxies | undefined;
  readonly maxConnectionsPerAddress: number;
  readonly tickets: Tickets;
  readonly log: Log;
}

/** Strangers choose the names: they must not fill the log. */
const maxToldHostCount = 10;

interface Crowd {
  count: number;
  isLogged: boolean;
}

/** Decides about handshakes: from where they come, how many of there are in already, and what their ticket is worth. */
export class Entrance {
  readonly #options: EntranceOptions;
  readonly #clientAddress: ClientAddress;
  /** Names that were refused and logged. */
  readonly #toldHosts = new Set<string>();
  /** Connections by the block of their address. */
  readonly #crowds = new Map<string, Crowd>();

  /** @throws {TypeError} for a proxy that is neither an address nor a network. */
  constructor(options: EntranceOptions) {
    this.#options = options;
    this.#clientAddress = new ClientAddress(options.trustedProxies);
  }

  admit(request: UpgradeRequest): Accept<Visitor> | Reject {
    const { host, origin } = request;
    const foreign = this.#options.hosts.refuse(host, origin);
    if (foreign !== undefined) {
      this.#tellOfHost(host, foreign);
      return reject(421, foreign);
    }
    const read = this.#clientAddress.read(request);
    if (read.type === "malformed") {
      this.#options.log.warn(
        { remoteAddress: request.remoteAddress, reason: read.reason },
        "A proxy is not understood",
      );
      return reject(400, read.reason);
    }
    const { address: remoteAddress } = read;
    const crowd = remoteAddress === undefined ? undefined : this.#crowds.get(addressBlock(remoteAddress));
    if (crowd !== undefined && crowd.count >= this.#options.maxConnectionsPerAddress) {
      this.#tellOfCrowd(crowd, remoteAddress);
      return reject(429, "Too many connections from this address", { "Retry-After": "5" });
    }
    return accept({ data: new Visitor(request, { remoteAddress, ticket: this.#redeem(request.query) }) });
  }

  entered(visitor: Visitor): void {
    const block = blockOf(visitor);
    if (block === undefined) return;
    const crowd = this.#crowds.get(block);
    if (crowd === undefined) this.#crowds.set(block, { count: 1, isLogged: false });
    else crowd.count += 1;
  }

  left(visitor: Visitor): void {
    const block = blockOf(visitor);
    const crowd = block === undefined ? undefined : this.#crowds.get(block);
    if (block === undefined || crowd === undefined) return;
    crowd.count -= 1;
    if (crowd.count === 0) this.#crowds.delete(block);
  }

  #redeem(query: URLSearchParams): Authenticated | Refused | undefined {
    const ticket = query.get("ticket");
    if (ticket === null) return undefined;
    return this.#options.tickets.take(ticket) ?? { refused: "the ticket was used, is too old, or is none" };
  }

  /** A page is shown no reason by its browser, so whoever runs the server must find it here: once for each name, and of no more than ten. */
  #tellOfHost(host: string, reason: string): void {
    if (this.#toldHosts.size >= maxToldHostCount || this.#toldHosts.has(host)) return;
    this.#toldHosts.add(host);
    this.#options.log.warn({ host, reason }, "A page or a client asked for another name");
  }

  /** Once for each crowd: those who are refused must not fill the log. */
  #tellOfCrowd(crowd: Crowd, remoteAddress: string | undefined): void {
    if (crowd.isLogged) return;
    crowd.isLogged = true;
    const hint = "If that is a proxy, name it in trustedProxies";
    this.#options.log.warn(
      { remoteAddress, connectionCount: crowd.count, hint },
      "Too many connections from an address",
    );
  }
}

/** This machine itself is not counted: through a proxy on it that nobody named, everybody would come from there. */
function blockOf({ remoteAddress }: Visitor): string | undefined {
  return remoteAddress === undefined || isLoopback(remoteAddress) ? undefined : addressBlock(remoteAddress);
}

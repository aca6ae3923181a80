import { BlockList, isIP } from "node:net";
import type { UpgradeRequest } from "../engine/index.ts";

/** The proxies before a gateway, and where they say whom they speak for. */
export interface TrustedProxies {
  /** Addresses and networks (`10.0.0.0/8`) whose word is taken, and nobody else's. */
  readonly addresses: readonly string[];
  /**
   * The header they write. Only this one is read: a proxy that writes one passes the other on as the client wrote it.
   * Default `x-forwarded-for`.
   */
  readonly header?: "x-forwarded-for" | "forwarded";
}

/** The client's address; `undefined` if there is none to know, as on a Unix socket. */
export type ReadAddress =
  | { readonly type: "address"; readonly address: string | undefined }
  | { readonly type: "malformed"; readonly reason: string };

/**
 * Finds out who is at the other end, through any number of trusted proxies.
 *
 * Each proxy appends whom it got the request from, so the list is read from its end: the first address that is not a trusted proxy's
 * is the client. What stands before it was written by the client, and is not looked at.
 */
export class ClientAddress {
  readonly #trusted = new BlockList();
  readonly #header: "x-forwarded-for" | "forwarded";

  /** @throws {TypeError} for what is neither an address nor a network. */
  constructor({ addresses, header = "x-forwarded-for" }: TrustedProxies = { addresses: [] }) {
    this.#header = header;
    for (const text of addresses) this.#trust(text);
  }

  read({ headers, remoteAddress }: Pick<UpgradeRequest, "headers" | "remoteAddress">): ReadAddress {
    let address = remoteAddress === undefined ? undefined : readAddress(remoteAddress);
    const hops = this.#hops(headers[this.#header]);
    while (address !== undefined && this.#isTrusted(address)) {
      const hop = hops.pop();
      if (hop === undefined) break;
      address = readAddress(this.#header === "forwarded" ? forOf(hop) : hop);
      if (address === undefined) {
        const said = JSON.stringify(hop.slice(0, 60));
        return { type: "malformed", reason: `Cannot read an address in ${this.#header}: ${said}` };
      }
    }
    return { type: "address", address };
  }

  #hops(value: string | readonly string[] | undefined): string[] {
    return String(value ?? "")
      .split(",")
      .map((hop) => hop.trim())
      .filter((hop, index, all) => hop !== "" || all.length > 1 || index > 0);
  }

  #isTrusted(address: string): boolean {
    return this.#trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  }

  #trust(text: string): void {
    const [network = "", prefix, ...more] = text.split("/");
    const version = isIP(network);
    const bits = Number(prefix ?? (version === 6 ? 128 : 32));
    const isNetwork = more.length === 0 && prefix !== "" && Number.isInteger(bits) && bits >= 0;
    if (version === 0 || !isNetwork || bits > (version === 6 ? 128 : 32)) {
      throw new TypeError(`Cannot trust ${JSON.stringify(text)}: give an address or a network, as 10.0.0.0/8`);
    }
    this.#trusted.addSubnet(network, bits, version === 6 ? "ipv6" : "ipv4");
  }
}

/** An address, with or without a port; an IPv4 one in the clothes of IPv6 is that IPv4 one. */
function readAddress(text: string): string | undefined {
  const bare =
    /^\[(?<address>[^\]]*)\](?::\d{1,5})?$/.exec(text)?.groups?.["address"] ??
    /^(?<address>[\d.]+):\d{1,5}$/.exec(text)?.groups?.["address"] ??
    text;
  const address = bare.toLowerCase().replace(/^::ffff:(?=[\d.]+$)/, "");
  // A zone (`fe80::1%eth0`) means something to one machine only.
  return isIP(address) === 0 || address.includes("%") ? undefined : address;
}

/** The `for` of one element of a `Forwarded` header (RFC 7239 §4). */
function forOf(element: string): string {
  const pairs = element.split(";").map((pair) => pair.trim());
  const value = pairs.find((pair) => pair.toLowerCase().startsWith("for="))?.slice("for=".length) ?? "";
  return value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/** Whose connections are counted together: an IPv4 address, or the 64 bits of IPv6 that one customer has. */
export function addressBlock(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail = ""] = address.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === "" ? [] : tail.split(":");
  const zeros = address.includes("::")
    ? Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => "0")
    : [];
  const groups = [...front, ...zeros, ...back].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${groups.join(":")}::/64`;
}

/** Whether it is this machine itself: a proxy beside the gateway, or a tool. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

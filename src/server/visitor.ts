import type { UpgradeRequest } from "../engine/index.ts";
import type { Authenticated, Refused } from "./credentials.ts";

/** What is kept of a handshake: what may still be asked, in the order of the text it is kept as. */
type Kept = readonly [
  Omit<UpgradeRequest, "query" | "headers" | "remoteAddress">,
  query: string,
  headers: UpgradeRequest["headers"],
];

/**
 * Who came in, as long as the connection lasts: from the client's own address, without the ticket it may have carried.
 *
 * The handshake may be asked for again, by whoever looks at newer credentials, and mostly is not. So it is kept as one text, which takes
 * a quarter of what its objects do.
 */
export class Visitor {
  readonly remoteAddress: string | undefined;
  /** When the connection was opened, in milliseconds since 1970. */
  openedAtMs = 0;
  /** What the ticket said, if there was one. */
  readonly ticket: Authenticated | Refused | undefined;
  readonly #handshake: string;

  constructor(request: UpgradeRequest, came: Pick<Visitor, "remoteAddress" | "ticket">) {
    const { headers, host, isSecure, origin, path, protocols } = request;
    this.remoteAddress = came.remoteAddress;
    this.ticket = came.ticket;
    // Without the ticket: what hooks and logs are given may be written down.
    const query = new URLSearchParams(request.query);
    query.delete("ticket");
    const kept: Kept = [{ path, host, origin, protocols, isSecure }, query.toString(), withoutHandshake(headers)];
    this.#handshake = JSON.stringify(kept);
  }

  /** The handshake, made anew at each look. */
  get request(): UpgradeRequest {
    const [fields, query, headers] = JSON.parse(this.#handshake) as Kept; // the constructor's
    // JSON leaves out what is undefined.
    const { origin } = fields;
    return { ...fields, origin, headers, query: new URLSearchParams(query), remoteAddress: this.remoteAddress };
  }
}

/** The headers but those that only make a WebSocket of the request: they have done their work. */
function withoutHandshake(headers: UpgradeRequest["headers"]): UpgradeRequest["headers"] {
  const kept = Object.entries(headers).filter(
    ([name]) => name !== "connection" && name !== "upgrade" && !name.startsWith("sec-websocket-"),
  );
  return Object.fromEntries(kept);
}

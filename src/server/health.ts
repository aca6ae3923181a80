import type { ServerResponse } from "node:http";
import type { Durability } from "../wire/index.ts";

/** `starting`: not open yet. `unavailable`: the store is not there. `draining`: it lets its connections go. `closed`: none is left. */
export interface GatewayInfo {
  readonly status: "starting" | "ok" | "unavailable" | "draining" | "closed";
  /** Why it is unavailable. */
  readonly reason?: string;
  /** Since it was opened. */
  readonly durability?: Durability;
  /** The store, in one line for people. */
  readonly store?: string;
  readonly connectionCount: number;
  /** Channels that are followed: they have a subscriber, or had one a moment ago. */
  readonly channelCount: number;
  /** Ephemeral events that a subscriber did not get because it reads too slowly, since the start. */
  readonly droppedEphemeralCount: number;
}

/** What `/healthz` says: 200 while the gateway takes connections and its store is there, else 503. */
export function answerHealth(info: GatewayInfo, response: ServerResponse): void {
  const body = `${JSON.stringify(info)}\n`;
  const headers = {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
  };
  response.writeHead(info.status === "ok" ? 200 : 503, headers);
  response.end(body);
}

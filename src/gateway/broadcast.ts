/** What nodes tell each other of events that are not stored: the payloads of a broker's broadcasts. */

import type { PresenceReport } from "./presence-report.ts";

/** Where a broadcast comes from, and what it is. */
export interface Broadcast {
  /** The node that took it. */
  readonly node: string;
  /** The connection of that node that sent it; absent if the server itself did. */
  readonly connection?: number;
  /** Present if it is about who is there, and nothing that subscribers get as it is. */
  readonly presence?: PresenceReport;
  /** Present for a `latest` event: the value's place. */
  readonly latest?: { readonly event: string; readonly key: string };
  /** An ephemeral event as subscribers get it, or the newest value of a key as `encodeLatestValue` made it. */
  readonly text: string;
}

/** One line of JSON about it, then the text as it is: it is never parsed on its way. */
export function encodeBroadcast({ text, ...head }: Broadcast): string {
  return `${JSON.stringify(head)}\n${text}`;
}

/** Reads what a node of the same gateway wrote. */
export function decodeBroadcast(payload: string): Broadcast {
  const headEnd = payload.indexOf("\n");
  // Nodes trust each other: what they broadcast was made by `encodeBroadcast`.
  const head = JSON.parse(payload.slice(0, headEnd)) as Omit<Broadcast, "text">;
  return { ...head, text: payload.slice(headEnd + 1) };
}

import type { ChannelParams } from "../wire/index.ts";

/** The same for the same parameters, in whatever order. */
export function keyOf(channel: string, params: ChannelParams): string {
  const entries = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([channel, entries]);
}

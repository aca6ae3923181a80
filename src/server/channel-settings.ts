import type { ChannelLimits, ChannelSettings } from "../gateway/index.ts";
import type { EventDefinition } from "../wire/index.ts";
import { isBinary } from "./binary.ts";
import { findChannelFault, type ServerChannel } from "./channel.ts";
import { defaultEveryMs, defaultTtlMs } from "./event.ts";
import { historyOf } from "./publish.ts";

const defaultLimits: ChannelLimits = {
  maxSubscriberCount: 100_000,
  publishesPerSecond: 20_000,
  maxDataBytes: 64 * 1024,
};

type Channels = Readonly<Record<string, ServerChannel>>;

/** Clients have their channels as properties, beside these of their own. */
const clientNames: ReadonlySet<string> = new Set([
  "state",
  "user",
  "durability",
  "onState",
  "onError",
  "onRoom",
  "reconnect",
  "close",
  "then",
]);

/** @throws {TypeError} for a channel that cannot be. */
export function checkChannels(channels: Channels): void {
  const patterns = new Set<string>();
  for (const [name, channel] of Object.entries(channels)) {
    const fault = clientNames.has(name)
      ? `Cannot name a channel "${name}": a client has a property of that name`
      : findChannelFault(channel);
    if (fault !== undefined) throw new TypeError(fault);
    const shape = channel.pattern.replace(/:[^/]+/g, ":");
    if (patterns.has(shape)) {
      throw new TypeError(`Cannot use pattern "${channel.pattern}": another channel's matches the same names`);
    }
    patterns.add(shape);
  }
}

/** What the core needs to know of them. */
export function settingsOf(channels: Channels): Readonly<Record<string, ChannelSettings>> {
  return Object.fromEntries(Object.entries(channels).map(([name, channel]) => [name, channelSettingsOf(channel)]));
}

function channelSettingsOf(channel: ServerChannel): ChannelSettings {
  const { events, pattern, presence } = channel;
  const eventSettings = Object.entries(events).map(([name, event]) => [name, eventSettingsOf(event)] as const);
  const settings = {
    pattern,
    presence,
    history: historyOf(channel),
    limits: { ...defaultLimits, ...channel.limits },
    events: Object.fromEntries(eventSettings),
    calls: Object.keys(channel.calls ?? {}),
  };
  const bytes = Object.keys(events).filter((name) => events[name] !== undefined && isBinary(events[name].schema));
  return bytes.length === 0 ? settings : { ...settings, binary: bytes };
}

function eventSettingsOf({
  everyMs = defaultEveryMs,
  kind,
  ttlMs = defaultTtlMs,
}: EventDefinition): ChannelSettings["events"][string] {
  switch (kind) {
    case "event":
      return { kind };
    case "ephemeral":
      return { kind, ttlMs };
    case "latest":
      return { kind, everyMs };
    default:
      return kind satisfies never;
  }
}

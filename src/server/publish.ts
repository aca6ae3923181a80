import { randomUUID } from "node:crypto";
import type { HistoryLimits, Results } from "../gateway/index.ts";
import {
  buildChannelName,
  type ChannelDefinition,
  type ChannelDefinitions,
  type Durability,
  type InputOf,
  type ParamsOf,
  type Position,
  type User,
} from "../wire/index.ts";
import type { ServerChannel } from "./channel.ts";
import { GatewayError } from "./errors.ts";
import type { Hooks } from "./hooks.ts";
import type { Store } from "./store.ts";

/** The events of a channel that can be stored. */
export type DurableEventOf<Channel extends ChannelDefinition> = {
  [Name in keyof Channel["events"] & string]: Channel["events"][Name]["kind"] extends "event" ? Name : never;
}[keyof Channel["events"] & string];

/** What the server publishes itself. */
export interface PublishRequest<
  Channels extends ChannelDefinitions = ChannelDefinitions,
  Name extends keyof Channels & string = keyof Channels & string,
  Event extends DurableEventOf<Channels[Name]> = DurableEventOf<Channels[Name]>,
> {
  /** The channel's name among the gateway's `channels`. */
  readonly channel: Name;
  readonly params: ParamsOf<Channels[Name]["pattern"]>;
  readonly event: Event;
  readonly data: InputOf<Channels[Name]["events"][Event]>;
  /** Who says it. Default `{ id: "server" }`, which `authenticate` should give to nobody. */
  readonly user?: User;
  /** Publishing again with the same id stores nothing new. 1-64 of A-Z a-z 0-9 _ - Default: a random one. */
  readonly messageId?: string;
}

/** Where it was stored, and what that is worth. */
export interface Published extends Position {
  readonly durability: Durability;
  /** The id was stored before; this is where. */
  readonly duplicate: boolean;
}

export interface PublishTools {
  readonly channels: Readonly<Record<string, ServerChannel>>;
  readonly hooks: Hooks;
  readonly store: Store;
  readonly durability: Durability;
}

interface Plain {
  readonly channel: string;
  readonly params: Readonly<Record<string, string>>;
  readonly event: string;
  readonly data: unknown;
  readonly user?: User;
  readonly messageId?: string;
}

const defaultHistory: HistoryLimits = { maxCount: 1000, maxAgeMs: 24 * 60 * 60 * 1000 };

/** What a channel keeps. */
export function historyOf({ history }: ServerChannel): HistoryLimits {
  return { ...defaultHistory, ...history };
}

/** Validates and stores an event for the server itself. Subscribers get it as they get any other: from the log. */
export async function publish(
  { channels, durability, hooks, store }: PublishTools,
  request: Plain,
): Promise<Published> {
  const { data, event, messageId = randomUUID(), params, user = { id: "server" } } = request;
  const definition = channels[request.channel];
  if (definition === undefined) {
    throw new GatewayError("UNKNOWN_CHANNEL", `Cannot publish: there is no channel "${request.channel}"`);
  }
  const channel = buildChannelName(definition.pattern, params);
  if (channel.type === "refused") throw new GatewayError("BAD_CHANNEL", channel.reason);
  if (definition.events[event]?.kind !== "event") {
    throw new GatewayError(
      "UNKNOWN_EVENT",
      `Cannot publish "${event}" to "${channel.name}": it has no stored event of that name`,
    );
  }
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(messageId)) {
    throw new GatewayError("BAD_MESSAGE", `Cannot publish "${messageId}": an id must be 1-64 of A-Z a-z 0-9 _ -`);
  }
  const valid = await new Promise<Results["validate"]>((resolve) => {
    hooks.validate({ definition: request.channel, event, data }, resolve);
  });
  if (valid.type === "invalid") {
    throw new GatewayError("BAD_DATA", `Cannot publish "${event}" to "${channel.name}": ${valid.reason}`);
  }
  if (valid.type === "failed") throw new GatewayError(valid.error.code, valid.error.message);
  const draft = { channel: channel.name, event, messageId, user, data: valid.data, content: JSON.stringify(data) };
  return publishedOf(messageId, durability, await store.append({ ...draft, history: historyOf(definition) }));
}

function publishedOf(messageId: string, durability: Durability, result: Results["append"]): Published {
  switch (result.type) {
    case "stored":
    case "duplicate":
      return { ...result.position, durability, duplicate: result.type === "duplicate" };
    case "conflict":
      throw new GatewayError("ID_CONFLICT", `Cannot publish "${messageId}": this id was used before with other data`);
    case "expired":
      // Only for a retry that says so, which this is not.
      throw new GatewayError("DEDUP_EXPIRED", `Cannot publish "${messageId}": its first try is too long ago`);
    case "failed":
      throw new GatewayError(result.error.code, result.error.message);
    default:
      return result satisfies never;
  }
}

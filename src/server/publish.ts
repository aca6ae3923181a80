import { randomUUID } from "node:crypto";
import type { HistoryLimits, Results, Tell } from "../gateway/index.ts";
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
import { stringify } from "./binary.ts";
import type { ServerChannel } from "./channel.ts";
import { GatewayError, gatewayErrorOf } from "./errors.ts";
import type { Hooks } from "./hooks.ts";
import { findUserFault, publicUser } from "./public-user.ts";
import type { Shell } from "./shell.ts";
import type { Store } from "./store.ts";
import { ownParams } from "./user-channel.ts";

/** The events of a channel that can be stored. */
export type DurableEventOf<Channel extends ChannelDefinition> = {
  [Name in keyof Channel["events"] & string]: Channel["events"][Name]["kind"] extends "event" ? Name : never;
}[keyof Channel["events"] & string];

/** The events of a channel that are not stored. */
export type UnstoredEventOf<Channel extends ChannelDefinition> = Exclude<
  keyof Channel["events"] & string,
  DurableEventOf<Channel>
>;

/** An event of the server's own. */
export interface ServerEventRequest<
  Channels extends ChannelDefinitions,
  Name extends keyof Channels & string,
  Event extends keyof Channels[Name]["events"] & string,
> {
  /** The channel's name among the gateway's `channels`. */
  readonly channel: Name;
  readonly params: ParamsOf<Channels[Name]["pattern"]>;
  readonly event: Event;
  readonly data: InputOf<Channels[Name]["events"][Event]>;
  /** Who says it. Default `{ id: "server" }`, which `authenticate` should give to nobody. */
  readonly user?: User;
  /**
   * The channel's `limits` are not looked at, and this does not count towards them: for what must go out whatever else is said, and for
   * imports. Default false.
   */
  readonly bypassLimits?: boolean;
}

/** What the server tells itself. */
export type TellRequest<
  Channels extends ChannelDefinitions = ChannelDefinitions,
  Name extends keyof Channels & string = keyof Channels & string,
  Event extends UnstoredEventOf<Channels[Name]> = UnstoredEventOf<Channels[Name]>,
> = ServerEventRequest<Channels, Name, Event>;

/** What the server publishes itself. */
export interface PublishRequest<
  Channels extends ChannelDefinitions = ChannelDefinitions,
  Name extends keyof Channels & string = keyof Channels & string,
  Event extends DurableEventOf<Channels[Name]> = DurableEventOf<Channels[Name]>,
> extends ServerEventRequest<Channels, Name, Event> {
  /** Publishing again with the same id stores nothing new. 1-64 of A-Z a-z 0-9 _ - Default: a random one. */
  readonly messageId?: string;
  /**
   * On a retry: how long ago the first try was, in milliseconds. It is looked for in the store before anything else, so what was stored is
   * answered with its place whatever the limits say by now; past the time the store remembers ids (`dedupWindowMs`) it is refused with
   * `DEDUP_EXPIRED` instead of stored twice. Needs `messageId`. Default: this is the first try.
   */
  readonly retryAfterFirstMs?: number;
}

/** Where it was stored, and what that is worth. */
export interface Published extends Position {
  readonly durability: Durability;
  /** The id was stored before; this is where. */
  readonly duplicate: boolean;
}

/** What an event of the server's own is judged with. */
export interface PrepareTools {
  readonly channels: Readonly<Record<string, ServerChannel>>;
  readonly hooks: Hooks;
  readonly shell: Pick<Shell, "refuse">;
}

export interface PublishTools extends PrepareTools {
  readonly store: Store;
  readonly durability: Durability;
}

/** An event of the server's own as it comes in, its types behind it. */
interface Plain {
  readonly channel: string;
  readonly params: Readonly<Record<string, string>>;
  readonly event: string;
  readonly data: unknown;
  readonly user?: User;
  readonly bypassLimits?: boolean;
}

type PlainPublish = Plain & { readonly messageId?: string; readonly retryAfterFirstMs?: number };

const defaultHistory: HistoryLimits = { maxCount: 1000, maxAgeMs: 24 * 60 * 60 * 1000, maxBytes: 16 * 1024 * 1024 };
const server: User = { id: "server" };

/** What a channel keeps. */
export function historyOf({ history }: ServerChannel): HistoryLimits {
  return { ...defaultHistory, ...history };
}

/** Validates and stores an event for the server itself. Subscribers get it as they get any other: from the log. */
export async function publish(tools: PublishTools, request: PlainPublish): Promise<Published> {
  return (await startPublish(tools, request)).outcome;
}

/**
 * Hands an event to the store, which keeps the order in which these resolve; `outcome` resolves when it is stable. A retry of what is
 * stored is answered before it is judged.
 */
export async function startPublish(
  tools: PublishTools,
  request: PlainPublish,
): Promise<{ readonly outcome: Promise<Published> }> {
  const { durability, store } = tools;
  const { event } = request;
  const { definition, name: channel } = findTarget(tools, request, { isStored: true });
  const identity = readIdentity(request);
  const user = readUser(request, channel);
  const draft = { channel, event, user, ...identity, content: stringify(request.data) ?? "" };
  const { messageId, retryAfterFirstMs } = identity;
  if (retryAfterFirstMs !== undefined) {
    const known = await store.recall(draft);
    if (known.type !== "unknown") return { outcome: publishedOf(messageId, durability, known) };
  }
  const { data } = await validate(tools, request, channel);
  const appending = store.append({ ...draft, data, history: historyOf(definition) });
  return { outcome: appending.then((result) => publishedOf(messageId, durability, result)) };
}

/** What the store knows a message by, and since when the publisher does. */
function readIdentity({ messageId, retryAfterFirstMs }: Omit<PlainPublish, keyof Plain>): {
  readonly messageId: string;
  readonly retryAfterFirstMs?: number;
} {
  if (messageId !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(messageId)) {
    throw new GatewayError("BAD_MESSAGE", `Cannot publish "${messageId}": an id must be 1-64 of A-Z a-z 0-9 _ -`);
  }
  if (retryAfterFirstMs === undefined) return { messageId: messageId ?? randomUUID() };
  if (messageId === undefined) {
    throw new GatewayError("BAD_MESSAGE", "Cannot publish again: give the messageId of the first try");
  }
  if (!Number.isSafeInteger(retryAfterFirstMs) || retryAfterFirstMs < 0) {
    const message = `Cannot publish "${messageId}" again: retryAfterFirstMs must be an integer 0-2⁵³-1, not ${String(retryAfterFirstMs)}`;
    throw new GatewayError("BAD_MESSAGE", message);
  }
  return { messageId, retryAfterFirstMs };
}

/** Validates an event of the server's own that is not stored. */
export async function prepareTell(tools: PrepareTools, request: Plain): Promise<Tell> {
  const { event } = request;
  const { name: channel } = findTarget(tools, request, { isStored: false });
  const user = readUser(request, channel);
  const { data, key = "" } = await validate(tools, request, channel);
  return { channel, event, user, data, key };
}

interface Target {
  readonly definition: ServerChannel;
  readonly name: string;
}

function findTarget(
  { channels }: Pick<PrepareTools, "channels">,
  { channel, event, params }: Plain,
  { isStored }: { readonly isStored: boolean },
): Target {
  const { definition, name } = findChannel(channels, { channel, params }, "publish");
  const kind = Object.hasOwn(definition.events, event) ? definition.events[event]?.kind : undefined;
  if (kind === undefined || (kind === "event") !== isStored) {
    throw new GatewayError(
      "UNKNOWN_EVENT",
      `Cannot publish "${event}" to "${name}": it has no ${isStored ? "stored event" : "event that is not stored"} of that name`,
    );
  }
  return { definition, name };
}

/** @throws {GatewayError} for a channel that is not there, or parameters that its pattern does not take. */
export function findChannel(
  channels: PrepareTools["channels"],
  { channel, params }: Pick<Plain, "channel" | "params">,
  act: string,
): Target {
  const definition = Object.hasOwn(channels, channel) ? channels[channel] : undefined;
  if (definition === undefined) {
    throw new GatewayError("UNKNOWN_CHANNEL", `Cannot ${act}: there is no channel "${channel}"`);
  }
  const built = buildChannelName(definition.pattern, ownParams(definition, params));
  if (built.type === "refused") throw new GatewayError("BAD_CHANNEL", built.reason);
  return { definition, name: built.name };
}

function readUser({ event, user = server }: Plain, channel: string): User {
  const fault = findUserFault(user);
  if (fault === undefined) return publicUser(user);
  throw new GatewayError("BAD_MESSAGE", `Cannot publish "${event}" to "${channel}": ${fault}`);
}

/** Judges by the event's schema, then by what the channel allows: what does not fit is not counted. */
async function validate(
  { hooks, shell }: PrepareTools,
  { bypassLimits = false, channel: definition, data, event }: Plain,
  channel: string,
): Promise<Extract<Results["validate"], { readonly type: "valid" }>> {
  const valid = await new Promise<Results["validate"]>((resolve) => {
    hooks.validate({ definition, event, data }, resolve);
  });
  if (valid.type === "invalid") {
    throw new GatewayError("BAD_DATA", `Cannot publish "${event}" to "${channel}": ${valid.reason}`);
  }
  if (valid.type === "failed") throw gatewayErrorOf(valid.error);
  const past = bypassLimits ? undefined : shell.refuse(channel, valid.data);
  if (past !== undefined) throw gatewayErrorOf(past);
  return valid;
}

async function publishedOf(
  messageId: string,
  durability: Durability,
  result: Results["append"] | Exclude<Results["recall"], { readonly type: "unknown" }>,
): Promise<Published> {
  switch (result.type) {
    case "stored":
    case "duplicate":
      return { ...result.position, durability, duplicate: result.type === "duplicate" };
    case "conflict":
      throw new GatewayError("ID_CONFLICT", `Cannot publish "${messageId}": this id was used before with other data`);
    case "expired": {
      const message = `Cannot publish "${messageId}" again: its first try is so long ago that nobody knows whether it was stored`;
      throw new GatewayError("DEDUP_EXPIRED", message);
    }
    case "failed":
      throw gatewayErrorOf(result.error);
    default:
      return result satisfies never;
  }
}

import type { Command } from "../gateway/index.ts";
import { type ChannelDefinitions, closeCodes, type ParamsOf } from "../wire/index.ts";
import type { ServerChannel } from "./channel.ts";
import { GatewayError } from "./errors.ts";
import { findChannel } from "./publish.ts";
import { startOf } from "./start-of.ts";

/** Whom to subscribe to what. */
export interface SubscribeRequest<
  Channels extends ChannelDefinitions = ChannelDefinitions,
  Name extends keyof Channels & string = keyof Channels & string,
> {
  readonly userId: string;
  /** The channel's name among the gateway's `channels`. */
  readonly channel: Name;
  readonly params: ParamsOf<Channels[Name]["pattern"]>;
  /** How many of the newest stored messages come first, 0-1000. Default 0. */
  readonly recent?: number;
}

/** Whose subscription to end. */
export interface UnsubscribeRequest<
  Channels extends ChannelDefinitions = ChannelDefinitions,
  Name extends keyof Channels & string = keyof Channels & string,
> extends Omit<SubscribeRequest<Channels, Name>, "recent"> {
  /** For people: what the user is told. */
  readonly reason?: string;
}

/** Whose connections to close. */
export interface DisconnectRequest {
  readonly userId: string;
  /** 4000-4499: the client comes back; 4500-4999: it does not. Default 4503. */
  readonly code?: number;
  /** For people, at most 123 bytes. */
  readonly reason?: string;
}

/** Of whom rights have changed. */
export interface ReauthorizeRequest {
  /** Default: everybody. */
  readonly userId?: string;
}

/** What came of it. */
export interface Reached {
  /** The user's connections at this node where it was done, or was so already. */
  readonly connectionCount: number;
}

type Channels = Readonly<Record<string, ServerChannel>>;

interface Plain {
  readonly userId: string;
  readonly channel: string;
  readonly params: Readonly<Record<string, string>>;
}

export function subscribeCommand(channels: Channels, request: Plain & { readonly recent?: number }): Command {
  const { recent = 0, userId } = request;
  const { name: channel } = findChannel(channels, request, "subscribe");
  return { type: "subscribe", userId, channel, start: startOf(recent) };
}

export function unsubscribeCommand(channels: Channels, request: Plain & { readonly reason?: string }): Command {
  const { userId } = request;
  const { name: channel } = findChannel(channels, request, "unsubscribe");
  const { reason = `The server ended the subscription to "${channel}"` } = request;
  return { type: "unsubscribe", userId, channel, reason };
}

export function disconnectCommand({
  code = closeCodes.disconnected,
  reason = "The server disconnected this user",
  userId,
}: DisconnectRequest): Command {
  if (!(Number.isInteger(code) && code >= 4000 && code <= 4999)) {
    throw new GatewayError("BAD_MESSAGE", `Cannot disconnect with code ${code}: give an integer 4000-4999`);
  }
  // RFC 6455 §5.5: a control frame has at most 125 bytes, two of which are the code.
  const bytes = Buffer.byteLength(reason);
  if (bytes > 123) throw new GatewayError("BAD_MESSAGE", `Cannot give a reason of ${bytes} bytes: the limit is 123`);
  return { type: "disconnect", userId, code, reason };
}

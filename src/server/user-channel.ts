import type { OwnChannel } from "../gateway/index.ts";
import { buildChannelName, findPatternFault, type NoCalls, type ParamsOf } from "../wire/index.ts";
import {
  type CallDefinitions,
  channel,
  type ChannelOptions,
  type EventDefinitions,
  type ServerChannel,
} from "./channel.ts";
import { digest } from "./credentials.ts";
import { startOf } from "./start-of.ts";

/** What a user's own channel is declared with. */
export interface UserChannelOptions<
  Pattern extends string,
  Events extends EventDefinitions,
  Calls extends CallDefinitions<Pattern> = NoCalls,
> extends Omit<ChannelOptions<Pattern, Events, Calls>, "authorize"> {
  /** How many of the newest stored messages a device gets first, 0-1000. Default 0: what is published while it is there. */
  readonly recent?: number;
}

/**
 * Declares a channel of each user's own, for what the server has to say to one person: every connection is subscribed to its user's
 * as soon as it is authenticated, nobody else may be, and only the server publishes. Clients get it by `client.onRoom`.
 *
 * @param pattern - with one parameter, the user: `inbox/:user`. The server fills in any user id.
 * @throws {TypeError} for a pattern that cannot be. @throws {GatewayError} for a `recent` that cannot be.
 *
 * @example
 * ```ts
 * const inbox = userChannel("inbox/:user", { events: { notice: event(z.object({ text: z.string() })) }, recent: 20 });
 * await gateway.publish({ channel: "inbox", params: { user: "ada" }, event: "notice", data: { text: "Hello" } });
 * ```
 */
export function userChannel<
  const Pattern extends string,
  Events extends EventDefinitions,
  Calls extends CallDefinitions<Pattern> = NoCalls,
>(
  pattern: Pattern,
  { recent = 0, ...options }: UserChannelOptions<Pattern, Events, Calls>,
): ServerChannel<Pattern, Events, Calls> {
  const param = findParam(pattern);
  startOf(recent);
  return channel<Pattern, Events, Calls>(pattern, {
    ...options,
    owner: { param, recent },
    authorize: ({ action, params, user }) =>
      action !== "publish" && valueOf<Pattern>(params, param) === ownerParam(user.id),
  });
}

/** The parameters of a channel's name, from those its author gives: a user's own channel takes any user id. */
export function ownParams(
  { owner }: ServerChannel,
  params: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const id = owner === undefined ? undefined : params[owner.param];
  return owner === undefined || typeof id !== "string" ? params : { ...params, [owner.param]: ownerParam(id) };
}

/** The channels of a user's own, among those of a gateway. */
export function ownChannelsOf(
  channels: Readonly<Record<string, ServerChannel>>,
  userId: string,
): readonly OwnChannel[] {
  return Object.values(channels).flatMap(({ owner, pattern }) => {
    if (owner === undefined) return [];
    const built = buildChannelName(pattern, { [owner.param]: ownerParam(userId) });
    return built.type === "name" ? [{ channel: built.name, start: startOf(owner.recent) }] : [];
  });
}

/** An id that a channel's name can hold, as it is; any other as its hash, behind a colon, where no id begins that is not hashed. */
function ownerParam(id: string): string {
  return /^[A-Za-z0-9_.-][A-Za-z0-9_:.-]{0,63}$/.test(id) ? id : `:${digest(id)}`;
}

/** The longest that `ownerParam` gives. */
const maxOwnerLength = 64;

function findParam(pattern: string): string {
  const fault = findPatternFault(pattern);
  if (fault !== undefined) throw new TypeError(fault);
  const [param, ...more] = pattern.split("/").filter((segment) => segment.startsWith(":"));
  if (param === undefined || more.length > 0) {
    throw new TypeError(`Cannot use pattern "${pattern}": a user's own channel has one parameter, the user`);
  }
  const length = pattern.length - param.length + maxOwnerLength;
  if (length > 128) {
    throw new TypeError(`Cannot use pattern "${pattern}": with a user id it may be ${length} long, the limit is 128`);
  }
  return param.slice(1);
}

function valueOf<Pattern extends string>(params: ParamsOf<Pattern>, name: string): string | undefined {
  return Object.entries<string>(params).find(([key]) => key === name)?.[1];
}

import type { ChannelLimits, Claims, HistoryLimits } from "../gateway/index.ts";
import {
  type ChannelDefinition,
  type EventDefinition,
  findPatternFault,
  type NoCalls,
  type ParamsOf,
  type User,
} from "../wire/index.ts";
import type { ServerCall } from "./rpc.ts";
import { defaultEveryMs, defaultTtlMs, isPeriod } from "./event.ts";

/** The events of a channel by name. */
export type EventDefinitions = Readonly<Record<string, EventDefinition>>;

/** The calls of a channel by name. */
export type CallDefinitions<Pattern extends string = string> = Readonly<
  Record<string, ServerCall<unknown, unknown, unknown, ParamsOf<Pattern>>>
>;

/** What a channel's `authorize` decides about. */
export interface AuthorizeRequest<Pattern extends string = string, Events extends EventDefinitions = EventDefinitions> {
  readonly user: User;
  /** What `authenticate` said besides; empty if nothing. */
  readonly claims: Claims;
  readonly params: ParamsOf<Pattern>;
  /**
   * `subscribe` is asked at each subscription, those of a resume included, and again after a `refresh` and by `gateway.reauthorize`; it covers
   * the history. `publish` is asked for each event, `call` for each call.
   */
  readonly action: "subscribe" | "publish" | "call";
  /** The event to be published. */
  readonly event?: keyof Events & string;
  /** The name of the call. */
  readonly method?: string;
}

/** What the server adds to a definition that clients share. Everything has a default. */
export interface ServerSide<Pattern extends string = string, Events extends EventDefinitions = EventDefinitions> {
  /** Set by `userChannel`: the parameter that is the user, and what a device gets first. */
  readonly owner?: { readonly param: string; readonly recent: number };
  /** What is kept for replays and history. Default 1 000 entries, 24 hours and 16 MiB of data, whichever is least. */
  readonly history?: Partial<HistoryLimits>;
  /** What the channel allows to all its clients and the server together. Each has a finite default; `Infinity` switches one off. */
  readonly limits?: Partial<ChannelLimits>;
  /** Whether a user may. Default: yes. One that throws, rejects or takes more than 10 s is a no, and logged. */
  authorize?(request: AuthorizeRequest<Pattern, Events>): boolean | Promise<boolean>;
}

/** A channel of a gateway: what its clients know of it, and what only the server knows. */
export type ServerChannel<
  Pattern extends string = string,
  Events extends EventDefinitions = EventDefinitions,
  Calls extends CallDefinitions<Pattern> = NoCalls,
> = ChannelDefinition<Pattern, Events, Calls> & ServerSide<Pattern, Events>;

/** What a channel is declared with. */
export interface ChannelOptions<
  Pattern extends string,
  Events extends EventDefinitions,
  Calls extends CallDefinitions<Pattern> = NoCalls,
> extends ServerSide<Pattern, Events> {
  /** By name: 1-64 of A-Z a-z 0-9 _ . - */
  readonly events: Events;
  /** Named like events, and beside them. */
  readonly calls?: Calls;
  /** Whether the channel tells who is there. Default false. */
  readonly presence?: boolean;
}

/**
 * Declares a family of channels: typed, ordered, durable logs that people are subscribed to.
 *
 * @param pattern - segments between slashes; one that begins with a colon is a parameter: `chat/:room`.
 * @throws {TypeError} for a pattern or an event name that cannot be.
 *
 * @example
 * ```ts
 * const chat = channel("chat/:room", {
 *   events: { message: event(z.object({ text: z.string().max(4000) })), typing: ephemeral(z.object({})) },
 *   presence: true,
 *   authorize: ({ user, params }) => isMember(user.id, params.room),
 * });
 * ```
 */
export function channel<
  const Pattern extends string,
  Events extends EventDefinitions,
  Calls extends CallDefinitions<Pattern> = NoCalls,
>(pattern: Pattern, options: ChannelOptions<Pattern, Events, Calls>): ServerChannel<Pattern, Events, Calls> {
  const definition = { ...options, pattern, presence: options.presence ?? false };
  const fault = findChannelFault(definition);
  if (fault !== undefined) throw new TypeError(fault);
  return definition;
}

/** What is wrong with a definition, as a sentence for its author. */
export function findChannelFault({
  calls = {},
  events,
  history = {},
  limits = {},
  pattern,
}: ServerChannel): string | undefined {
  for (const [name, { everyMs = defaultEveryMs, ttlMs = defaultTtlMs }] of Object.entries(events)) {
    const fault = findNameFault("event", name);
    if (fault !== undefined) return fault;
    if (!(ttlMs > 0)) return `Cannot use ${ttlMs} as ttlMs of ${JSON.stringify(name)}: give a positive number`;
    if (!isPeriod(everyMs)) return `Cannot use ${everyMs} as everyMs of "${name}": give a positive number`;
  }
  for (const name of Object.keys(calls)) {
    const fault = findNameFault("call", name);
    if (fault !== undefined) return fault;
    if (Object.hasOwn(events, name)) return `Cannot use call name "${name}": the channel has an event of that name`;
  }
  for (const [name, limit] of Object.entries({ ...history, ...limits })) {
    if (!(limit >= 0)) return `Cannot use ${limit} as ${name} of "${pattern}": give a number that is not negative`;
  }
  return findPatternFault(pattern);
}

function findNameFault(kind: "event" | "call", name: string): string | undefined {
  const cannot = `Cannot use ${kind} name ${JSON.stringify(name)}:`;
  if (!eventName.test(name)) return `${cannot} it must be 1-64 of A-Z a-z 0-9 _ . -`;
  return roomNames.has(name) ? `${cannot} a client's room has a property of that name` : undefined;
}

const eventName = /^[A-Za-z0-9_.-]{1,64}$/;

/** Rooms have their events as properties, beside these of their own. `then` would make a room a promise. */
const roomNames: ReadonlySet<string> = new Set([
  "presence",
  "onGap",
  "onStatus",
  "status",
  "history",
  "leave",
  "name",
  "then",
]);

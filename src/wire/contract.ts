import type { User } from "./messages.ts";

/** The shape of channels that a server declares and its clients infer from. Types only: nothing here runs. */

/** Anything that speaks Standard Schema v1 (zod, valibot, arktype). See https://standardschema.dev */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a schema makes of a value: the value, or what is wrong with it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One fault of a value, and where in it. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * `event`: stored, ordered, replayed. `ephemeral`: told to those who are there now, never stored. `latest`: only the newest value of
 * each key counts; never stored.
 */
export type EventKind = "event" | "ephemeral" | "latest";

/** One event of a channel, as `event(schema)`, `ephemeral(schema)` or `latest(schema)` makes it. */
export interface EventDefinition<Kind extends EventKind = EventKind, Input = unknown, Output = Input> {
  readonly kind: Kind;
  readonly schema: StandardSchema<Input, Output>;
  /** How long an ephemeral event means something to its receiver, in milliseconds. */
  readonly ttlMs?: number;
  /** The least time between two messages of a `latest` event to one subscriber, in milliseconds. */
  readonly everyMs?: number;
  /** The key of a `latest` event's value, 0-128 characters. Absent: all values are of one key, `""`. */
  by?(data: Output): string;
  /**
   * Sees what a client publishes, after its schema and before anybody else: gives what is stored and told instead, or nothing to leave
   * it as it is; throws a `Refusal` to refuse it. What the server itself publishes it does not see.
   */
  handle?(data: Output, context: HandleContext): Output | undefined | Promise<Output | undefined>;
}

/** Where a request came from, for the functions that handle it. */
export interface RequestContext<Params = Readonly<Record<string, string>>> {
  readonly user: User;
  /** The user's device, as presence names it. */
  readonly member: string;
  /** The channel's name on the wire. */
  readonly channel: string;
  readonly params: Params;
  /** What `authenticate` gave of the user's credentials, such as the claims of a token. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Who publishes what to an event, as its `handle` is told. */
export interface PublishContext extends RequestContext {
  /** The publisher's id for a stored event: the same at every try, of which each is handled. */
  readonly messageId?: string;
}

/** What an event's `handle` knows of a publish. */
export interface HandleContext extends PublishContext {
  /**
   * Reads what the channel has stored at an offset, for rights that depend on it: only its author may edit a message. Undefined for what
   * was never stored or is not kept any more. Rejects if the store cannot be read.
   */
  messageAt(offset: number): Promise<StoredMessage | undefined>;
}

/** A message of a channel's log, as the server reads it. */
export interface StoredMessage {
  readonly event: string;
  /** What the event's schema and `handle` made of it, read from JSON: `unknown` until a schema has judged it. */
  readonly data: unknown;
  /** The publisher's id for it. */
  readonly id: string;
  readonly user: User;
  readonly offset: number;
  /** When it was stored, milliseconds since 1970. */
  readonly atMs: number;
}

/** A request that the server answers, as `rpc(schema, …)` makes it. */
export interface CallDefinition<Input = unknown, Output = unknown> {
  readonly schema: StandardSchema<Input, unknown>;
  answer(data: never, context: never): Promise<Output>;
}

/** A channel, as `channel(pattern, …)` makes it. */
export interface ChannelDefinition<
  Pattern extends string = string,
  Events extends Readonly<Record<string, EventDefinition>> = Readonly<Record<string, EventDefinition>>,
  Calls extends Readonly<Record<string, CallDefinition>> = NoCalls,
> {
  readonly pattern: Pattern;
  readonly events: Events;
  readonly calls?: Calls;
  readonly presence: boolean;
}

/** Of a channel that answers nothing. Any calls are assignable to it. */
export type NoCalls = Readonly<Record<never, CallDefinition>>;

/** Channels by the name that a client uses: `client.<name>(params)`. */
export type ChannelDefinitions = Readonly<Record<string, ChannelDefinition>>;

/** What `connect<typeof gateway>()` reads the types from. */
export interface HasChannels<Channels extends ChannelDefinitions = ChannelDefinitions> {
  readonly channels: Channels;
}

/** The parameters of a pattern: `"chat/:room"` gives `{ room: string }`. */
export type ParamsOf<Pattern extends string> = string extends Pattern
  ? Readonly<Record<string, string>>
  : { readonly [Name in ParamNames<Pattern>]: string };

type ParamNames<Pattern extends string> = Pattern extends `${infer Head}/${infer Rest}`
  ? ParamNames<Head> | ParamNames<Rest>
  : Pattern extends `:${infer Name}`
    ? Name
    : never;

/** What a publisher hands in. */
export type InputOf<Definition> = Definition extends EventDefinition<EventKind, infer Input, unknown> ? Input : never;

/** What a subscriber gets, after the schema ran. */
export type OutputOf<Definition> =
  Definition extends EventDefinition<EventKind, never, infer Output>
    ? Output
    : Definition extends EventDefinition<EventKind, infer _Input, infer Output>
      ? Output
      : never;

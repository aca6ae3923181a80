import type { EventDefinition, EventKind, HandleContext, StandardSchema } from "../wire/index.ts";

/** What every event can be declared with. */
export interface EventOptions<Output> {
  /**
   * Sees what a client publishes, after the schema and before it is stored or told: gives the data that is used instead, or nothing to
   * leave it as it is, and throws a `Refusal` to refuse it. It is asked once for a message with a `messageId`, however often its client tries;
   * again only if it failed, or if the verdict was forgotten (`maxVerdictCount`, a restart) and the message is not stored. What the server
   * itself publishes it does not see.
   */
  handle?(data: Output, context: HandleContext): Output | undefined | Promise<Output | undefined>;
}

/**
 * Declares an event that is stored, ordered and replayed.
 *
 * @param schema - anything that speaks Standard Schema (zod, valibot, arktype). It judges what publishers send; what it makes of
 * it is what subscribers get, so that must be a JSON value.
 */
export function event<Input, Output>(
  schema: StandardSchema<Input, Output>,
  { handle }: EventOptions<Output> = {},
): EventDefinition<"event", Input, Output> {
  return define({ kind: "event", schema }, handle);
}

/** What an ephemeral event is declared with. */
export interface EphemeralOptions<Output = unknown> extends EventOptions<Output> {
  /** How long it means something to those who get it, in milliseconds. Default 10 000. */
  readonly ttlMs?: number;
}

/** Declares an event that is told to those who are there now, and never stored: someone types, a pointer moves. */
export function ephemeral<Input, Output>(
  schema: StandardSchema<Input, Output>,
  { handle, ttlMs = defaultTtlMs }: EphemeralOptions<Output> = {},
): EventDefinition<"ephemeral", Input, Output> {
  if (!(ttlMs > 0)) throw new RangeError(`Cannot use ${ttlMs} as ttlMs: give a positive number`);
  return define({ kind: "ephemeral", schema, ttlMs }, handle);
}

/** What a `latest` event is declared with. */
export interface LatestOptions<Output> extends EventOptions<Output> {
  /** The key of a value, 0-128 characters, from what the schema made of it. Default: all values are of one key, `""`. */
  readonly by?: (data: Output) => string;
  /** The least time between two messages of the event to one subscriber, in milliseconds. Default 100. */
  readonly everyMs?: number;
}

/**
 * Declares an event of which only the newest value of each key counts: a price, a score, a position. It is never stored.
 *
 * A subscriber is told the newest values at once, then those that changed, at most every `everyMs` and no faster than it reads:
 * what a key was in between is left out. The gateway's `maxLatestCount` and `maxLatestBytes` bound what is kept.
 *
 * @throws {RangeError} for an `everyMs` that is not positive and finite.
 *
 * @example
 * ```ts
 * const ticker = channel("ticker/:market", {
 *   events: { quote: latest(z.object({ symbol: z.string(), price: z.number() }), { by: ({ symbol }) => symbol, everyMs: 250 }) },
 * });
 * ```
 */
export function latest<Input, Output>(
  schema: StandardSchema<Input, Output>,
  { by, everyMs = defaultEveryMs, handle }: LatestOptions<Output> = {},
): EventDefinition<"latest", Input, Output> {
  if (!isPeriod(everyMs)) throw new RangeError(`Cannot use ${everyMs} as everyMs: give a positive number`);
  const definition = { kind: "latest", schema, everyMs } as const;
  return define(by === undefined ? definition : { ...definition, by }, handle);
}

function define<Kind extends EventKind, Input, Output>(
  definition: EventDefinition<Kind, Input, Output>,
  handle: EventOptions<Output>["handle"],
): EventDefinition<Kind, Input, Output> {
  return handle === undefined ? definition : { ...definition, handle };
}

/** A time that something can be repeated after. */
export function isPeriod(ms: number): boolean {
  return ms > 0 && ms < Infinity;
}

/** For definitions that were written by hand and leave it out. */
export const defaultTtlMs = 10_000;
export const defaultEveryMs = 100;

import type { EventDefinition, StandardSchema } from "../wire/index.ts";

/**
 * Declares an event that is stored, ordered and replayed.
 *
 * @param schema - anything that speaks Standard Schema (zod, valibot, arktype). It judges what publishers send; what it makes of
 * it is what subscribers get, so that must be a JSON value.
 */
export function event<Input, Output>(schema: StandardSchema<Input, Output>): EventDefinition<"event", Input, Output> {
  return { kind: "event", schema };
}

/** What an ephemeral event is declared with. */
export interface EphemeralOptions {
  /** How long it means something to those who get it, in milliseconds. Default 10 000. */
  readonly ttlMs?: number;
}

/** Declares an event that is told to those who are there now, and never stored: someone types, a pointer moves. */
export function ephemeral<Input, Output>(
  schema: StandardSchema<Input, Output>,
  { ttlMs = defaultTtlMs }: EphemeralOptions = {},
): EventDefinition<"ephemeral", Input, Output> {
  if (!(ttlMs > 0)) throw new RangeError(`Cannot use ${ttlMs} as ttlMs: give a positive number`);
  return { kind: "ephemeral", schema, ttlMs };
}

/** For definitions that were written by hand and leave it out. */
export const defaultTtlMs = 10_000;

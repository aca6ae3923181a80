import type { SchemaResult, StandardSchema } from "../wire/index.ts";

/** What a schema of bytes is declared with. */
export interface BinaryOptions {
  /** Default 48 000: what fits, as base64, into a message of the gateway's default `maxMessageBytes`. */
  readonly maxBytes?: number;
}

/** A schema of bytes. Made by {@link binary}. */
export interface BinarySchema extends StandardSchema<Uint8Array> {
  readonly maxBytes: number;
}

const made = new WeakSet<object>();

/**
 * A schema for data that is bytes, such as a CRDT's updates or the state of a game: `event(binary())`, `ephemeral(binary())`,
 * `latest(binary())`. Publishers hand in a `Uint8Array`, subscribers get one; on the wire and in the log it is base64.
 *
 * @throws {RangeError} for a `maxBytes` that is no positive number.
 *
 * @example
 * ```ts
 * const board = channel("board/:id", { events: { update: event(binary()), pointer: ephemeral(binary({ maxBytes: 16 })) } });
 * ```
 */
export function binary({ maxBytes = 48_000 }: BinaryOptions = {}): BinarySchema {
  if (!(maxBytes > 0)) throw new RangeError(`Cannot use ${maxBytes} as maxBytes: give a positive number`);
  const validate = (value: unknown): SchemaResult<Uint8Array> => judge(value, maxBytes);
  const schema: BinarySchema = { maxBytes, "~standard": { version: 1, vendor: "switchboard", validate } };
  made.add(schema);
  return schema;
}

/** Whether `binary` made the schema. */
export function isBinary(schema: StandardSchema): boolean {
  return made.has(schema);
}

/** Bytes as JSON text has them; anything else as `JSON.stringify` does. Nothing for what JSON has nothing for. */
export function stringify(value: unknown): string | undefined {
  if (!(value instanceof Uint8Array)) return JSON.stringify(value);
  return `"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")}"`;
}

/** RFC 4648 §4, with its padding and nothing else: `Buffer.from` would pass over anything. */
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function judge(value: unknown, maxBytes: number): SchemaResult<Uint8Array> {
  const bytes = typeof value === "string" && base64.test(value) ? new Uint8Array(Buffer.from(value, "base64")) : value;
  if (!(bytes instanceof Uint8Array)) return { issues: [{ message: "it must be bytes, as base64" }] };
  if (bytes.byteLength <= maxBytes) return { value: bytes };
  return { issues: [{ message: `it has ${bytes.byteLength} bytes, the limit is ${maxBytes}` }] };
}

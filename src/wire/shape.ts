import { describe, isObject } from "./describe.ts";

/**
 * Shapes of JSON values: each is a function that gives the value, or throws a sentence that begins with `path`, its place in the
 * message. Small shapes make large ones, and the types follow. Whoever reads a message with one catches, once, at the edge.
 */
export type Shape<Value> = (value: unknown, path: string) => Value;

type Shapes = Readonly<Record<string, Shape<unknown>>>;
type Fields<Of extends Shapes> = { readonly [Name in keyof Of]: Of[Name] extends Shape<infer Value> ? Value : never };

export const text: Shape<string> = (value, path) => (typeof value === "string" ? value : refuse(value, path, "a text"));

export const boolean: Shape<boolean> = (value, path) =>
  typeof value === "boolean" ? value : refuse(value, path, "true or false");

/** Any JSON value, but one. */
export const json: Shape<unknown> = (value, path) =>
  value === undefined ? refuse(value, path, "a JSON value") : value;

/** Both ends included. */
export function integer(min: number, max: number): Shape<number> {
  return (value, path) =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
      ? value
      : refuse(value, path, `an integer ${min}-${max}`);
}

export function oneOf<const Value extends string>(...values: readonly Value[]): Shape<Value> {
  return (value, path) => values.find((one) => one === value) ?? refuse(value, path, `one of ${values.join(", ")}`);
}

export function listOf<Item>(item: Shape<Item>): Shape<readonly Item[]> {
  return (value, path) =>
    Array.isArray(value)
      ? value.map((one: unknown, index) => item(one, `${path}.${index}`))
      : refuse(value, path, "a list");
}

/** An object of any names, whose values are alike. */
export function recordOf<Value>(of: Shape<Value>): Shape<Readonly<Record<string, Value>>> {
  return (value, path) =>
    Object.fromEntries(Object.entries(objectAt(value, path)).map(([name, one]) => [name, of(one, `${path}.${name}`)]));
}

/** An object of these fields; others it may have are left out. */
export function object<Required extends Shapes, Optional extends Shapes = Readonly<Record<never, never>>>(
  required: Required,
  optional?: Optional,
): Shape<Fields<Required> & Partial<Fields<Optional>>> {
  const shapes = Object.entries({ ...required, ...optional });
  return (value, path) => {
    const given = objectAt(value, path);
    const read = shapes.flatMap(([name, shape]) => {
      // Own fields only: what every object inherits is not on the wire.
      const isGiven = Object.hasOwn(given, name);
      if (!isGiven && !Object.hasOwn(required, name)) return [];
      return [[name, shape(isGiven ? given[name] : undefined, path === "" ? name : `${path}.${name}`)]];
    });
    // Built from the shapes whose types these are.
    return Object.fromEntries(read) as Fields<Required> & Partial<Fields<Optional>>;
  };
}

function objectAt(value: unknown, path: string): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : refuse(value, path || "it", "an object");
}

function refuse(value: unknown, path: string, must: string): never {
  throw new TypeError(`${path} must be ${must}, got ${describe(value)}`);
}

/** The part of JSON Schema 2020-12 that the API's requests are described with: as data, so that one table validates and documents. */
import { describe, isObject } from "../../wire/index.ts";

export type Schema = TextSchema | IntegerSchema | FlagSchema | ObjectSchema | ListSchema | AnySchema;

export interface TextSchema {
  readonly type: "string";
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** What it must be, in words: they end the sentence of a refusal, too. */
  readonly description: string;
}
interface IntegerSchema {
  readonly type: "integer";
  readonly minimum: number;
  readonly maximum: number;
  readonly default?: number;
  readonly description?: string;
}
interface FlagSchema {
  readonly type: "boolean";
  readonly default?: boolean;
  readonly description?: string;
}
interface ListSchema {
  readonly type: "array";
  readonly items: Schema;
  readonly minItems: number;
  readonly maxItems: number;
  readonly description?: string;
}
export interface ObjectSchema {
  readonly type: "object";
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
  readonly description?: string;
}
/** Any JSON value. */
interface AnySchema {
  readonly type?: undefined;
  readonly description: string;
}

/** The first thing that is wrong with a value, as the end of a sentence; nothing if it is fine. */
export function findFault(schema: Schema, value: unknown, path = ""): string | undefined {
  switch (schema.type) {
    case "string":
      return isText(schema, value) ? undefined : mustBe(path, schema.description, value);
    case "integer":
      return isInteger(schema, value)
        ? undefined
        : mustBe(path, `an integer ${schema.minimum}-${schema.maximum}`, value);
    case "boolean":
      return typeof value === "boolean" ? undefined : mustBe(path, "true or false", value);
    case "array":
      return findListFault(schema, value, path);
    case "object":
      return findObjectFault(schema, value, path);
    default:
      return value === undefined ? mustBe(path, "a JSON value", value) : undefined;
  }
}

function isText({ maxLength = Infinity, minLength = 0, pattern = "" }: TextSchema, value: unknown): boolean {
  if (typeof value !== "string") return false;
  // As JSON Schema counts: in code points.
  const { length } = Array.from(value);
  return length >= minLength && length <= maxLength && new RegExp(pattern, "u").test(value);
}

function isInteger({ maximum, minimum }: IntegerSchema, value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum;
}

function findListFault({ items, maxItems, minItems }: ListSchema, value: unknown, path: string): string | undefined {
  if (!Array.isArray(value)) return mustBe(path, "a list", value);
  if (value.length < minItems || value.length > maxItems) {
    return `${path} must have ${minItems}-${maxItems} items, got ${value.length}`;
  }
  const list: readonly unknown[] = value;
  for (const [index, item] of list.entries()) {
    const fault = findFault(items, item, `${path}.${index}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function findObjectFault({ properties, required }: ObjectSchema, value: unknown, path: string): string | undefined {
  if (!isObject(value)) return mustBe(path === "" ? "it" : path, "an object", value);
  const inside = path === "" ? "" : `${path}.`;
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(properties, name));
  if (unknown !== undefined) {
    return `there is no field ${describe(inside + unknown)}, only ${Object.keys(properties).join(", ")}`;
  }
  for (const [name, schema] of Object.entries(properties)) {
    const isThere = Object.hasOwn(value, name);
    if (!isThere && !required.includes(name)) continue;
    const fault = findFault(schema, isThere ? value[name] : undefined, inside + name);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function mustBe(path: string, what: string, value: unknown): string {
  return `${path} must be ${what}, got ${describe(value)}`;
}

/** The fields of a query as their schema would have them: a whole number where one is asked for. A field that comes twice is a list, hence refused. */
export function readQuery({ properties }: ObjectSchema, query: URLSearchParams): Readonly<Record<string, unknown>> {
  const fields = [...new Set(query.keys())].map((name): readonly [string, unknown] => {
    const [text, ...others] = query.getAll(name);
    if (others.length > 0) return [name, [text, ...others]];
    const isNumber = properties[name]?.type === "integer" && /^\d{1,16}$/.test(text ?? "");
    return [name, isNumber ? Number(text) : text];
  });
  return Object.fromEntries(fields);
}

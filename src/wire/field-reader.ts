import { describe, isObject } from "./describe.ts";
import type { ErrorCode } from "./errors.ts";
import { channelNameRule, parseChannelName } from "./parse-channel-name.ts";

/** What a text field must look like: a pattern without ambiguity (linear time), and the same for people. */
export interface TextRule {
  readonly pattern: RegExp;
  readonly means: string;
}

/** The shapes of ids and names on the wire. */
export const textRules: Readonly<
  Record<"any" | "device" | "epoch" | "event" | "key" | "messageId" | "token", TextRule>
> = {
  any: { pattern: /^/, means: "a text" },
  device: { pattern: /^[0-9a-f]{32}$/, means: "32 of 0-9 a-f" },
  epoch: { pattern: /^[0-9a-f]{16}$/, means: "16 of 0-9 a-f" },
  event: { pattern: /^[A-Za-z0-9_.-]{1,64}$/, means: "1-64 of A-Z a-z 0-9 _ . -" },
  key: { pattern: /^.{0,128}$/s, means: "a text of 0-128 characters" },
  messageId: { pattern: /^[A-Za-z0-9_-]{1,64}$/, means: "1-64 of A-Z a-z 0-9 _ -" },
  token: { pattern: /^.{1,8192}$/s, means: "a text of 1-8192 characters" },
};

/** The first thing wrong with a message. Later faults are not looked for: one is enough to refuse it. */
export interface Fault {
  readonly code: ErrorCode;
  /** Without its subject: `messageId must be …, got "a b"`. */
  readonly reason: string;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * Reads the fields of one JSON object by name, each checked as it is read.
 *
 * It never throws. A bad field reads as an empty value and leaves a `fault`, which must be looked at before the result is used:
 * so a decoder is a plain list of its fields, without a branch for each.
 */
export class FieldReader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #faults: Fault[];

  private constructor(fields: Readonly<Record<string, unknown>>, path: string, faults: Fault[]) {
    this.#fields = fields;
    this.#path = path;
    this.#faults = faults;
  }

  /** A reader for a whole message. What is not an object reads as an empty one that has a fault already. */
  static of(value: unknown): FieldReader {
    if (isObject(value)) return new FieldReader(value, "", []);
    return new FieldReader({}, "", [{ code: "BAD_MESSAGE", reason: `it must be an object, got ${describe(value)}` }]);
  }

  /** The first thing that was wrong, up to now. */
  fault(): Fault | undefined {
    return this.#faults[0];
  }

  refuse(name: string, must: string): void {
    this.#faults.push({
      code: "BAD_MESSAGE",
      reason: `${this.#path}${name} must be ${must}, got ${describe(this.#value(name))}`,
    });
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name);
  }

  /** Own fields only: what every object inherits is not on the wire. */
  #value(name: string): unknown {
    return this.has(name) ? this.#fields[name] : undefined;
  }

  names(): string[] {
    return Object.keys(this.#fields);
  }

  text(name: string, rule: TextRule): string {
    const value = this.#value(name);
    if (typeof value === "string" && rule.pattern.test(value)) return value;
    this.refuse(name, rule.means);
    return "";
  }

  integer(name: string, { min, max }: Range): number {
    const value = this.#value(name);
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
    this.refuse(name, `an integer ${min}-${max}`);
    return min;
  }

  boolean(name: string): boolean {
    const value = this.#value(name);
    if (typeof value !== "boolean") this.refuse(name, "true or false");
    return value === true;
  }

  oneOf<const Value extends string>(name: string, values: readonly [Value, ...Value[]]): Value {
    const value = values.find((one) => one === this.#value(name));
    if (value === undefined) this.refuse(name, `one of ${values.join(", ")}`);
    return value ?? values[0];
  }

  /** Anything at all, but something: the application's own data. */
  json(name: string): unknown {
    if (!this.has(name)) this.refuse(name, "a JSON value");
    return this.#value(name);
  }

  channel(name: string): string {
    const value = this.text(name, textRules.any);
    if (parseChannelName(value) !== undefined) return value;
    this.#faults.push({
      code: "BAD_CHANNEL",
      reason: `${this.#path}${name} must be ${channelNameRule}, got ${describe(value)}`,
    });
    return value;
  }

  object(name: string): FieldReader {
    const value = this.#value(name);
    if (!isObject(value)) this.refuse(name, "an object");
    return new FieldReader(isObject(value) ? value : {}, `${this.#path}${name}.`, this.#faults);
  }

  /** A list of objects. */
  list<Item>(name: string, range: Range, readItem: (item: FieldReader) => Item): Item[] {
    const value = this.#value(name);
    if (!Array.isArray(value) || value.length < range.min || value.length > range.max) {
      this.refuse(name, `a list of ${range.min}-${range.max}`);
      return [];
    }
    const items: readonly unknown[] = value;
    const reader = new FieldReader(Object.fromEntries(items.entries()), `${this.#path}${name}.`, this.#faults);
    return items.map((_, index) => readItem(reader.object(String(index))));
  }

  texts(name: string): string[] {
    const value = this.#value(name);
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    this.refuse(name, "a list of texts");
    return [];
  }

  /** `{ [name]: value }` if the field is there, as `read` reads it; otherwise `{}`: absent stays absent, to be spread. */
  present<Name extends string, Value>(name: Name, read: () => Value): { readonly [N in Name]?: Value } {
    // A computed key of a generic type makes an index signature for TypeScript, which is wider than what is built here.
    return this.has(name) ? ({ [name]: read() } as { readonly [N in Name]: Value }) : {};
  }
}

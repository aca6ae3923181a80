import { describe, isObject, parseJson } from "../../../wire/index.ts";
import { findFault, type ObjectSchema, type Schema } from "../schema.ts";
import { maxWatchedCount, type PageMessage } from "./messages.ts";

const key = { type: "string", maxLength: 256, description: "a text of at most 256 characters" } as const;
const filter = { type: "string", maxLength: 128, description: "a text of at most 128 characters" } as const;
const flag = { type: "boolean" } as const;
const id = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
const userId = { type: "string", minLength: 1, maxLength: 256, description: "a text of 1-256 characters" } as const;
const channel = {
  type: "string",
  pattern: "^[A-Za-z0-9:_./\\-]{1,128}$",
  description: "the name of a channel, 1-128 of A-Z a-z 0-9 _ : . / -",
} as const;

const columns = {
  connections: [
    "id",
    "user",
    "address",
    "protocol",
    "openedAtMs",
    "messagesIn",
    "messagesOut",
    "bytesIn",
    "bytesOut",
    "queuedBytes",
    "rttMs",
    "channelCount",
  ],
  channels: ["name", "subscriberCount", "offset", "eventsPerSecond", "bytesPerSecond", "deliveriesPerSecond", "epoch"],
} as const;

function oneOf(words: readonly string[]): Schema {
  return { type: "string", pattern: `^(?:${words.join("|")})$`, description: `one of ${words.join(", ")}` };
}

function object(properties: Readonly<Record<string, Schema>>): ObjectSchema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

function watch(table: keyof typeof columns): ObjectSchema {
  const query = object({
    sort: oneOf(columns[table]),
    isDescending: flag,
    filter,
    isOnlyBusy: flag,
    from: id,
    count: { type: "integer", minimum: 1, maximum: maxWatchedCount },
  });
  return object({ type: oneOf(["watch"]), table: oneOf([table]), query });
}

const actions: Readonly<Record<string, ObjectSchema>> = {
  disconnect: object({ type: oneOf(["disconnect"]), connection: id, comesBack: flag }),
  disconnectUser: object({ type: oneOf(["disconnectUser"]), userId, comesBack: flag }),
  drain: object({ type: oneOf(["drain"]), overMs: { type: "integer", minimum: 0, maximum: 3_600_000 } }),
  reopen: object({ type: oneOf(["reopen"]) }),
};

/** @throws {Error} in words for what is no message of the page. */
export function readPageMessage(text: string): PageMessage {
  const parsed = parseJson(text);
  if (parsed.type === "refused") throw new Error(`Cannot read the message: ${parsed.reason}`);
  const { value } = parsed;
  const fault = findFault(schemaOf(value), value);
  if (fault !== undefined) throw new Error(`Cannot read the message: ${fault}`);
  // The schema has just shown it to be one.
  return value as PageMessage;
}

function schemaOf(value: unknown): ObjectSchema {
  const { type, table, target, action } = isObject(value) ? value : {};
  switch (type) {
    case "hello":
      return object({ type: oneOf(["hello"]), key });
    case "watch":
      return watch(table === "channels" ? "channels" : "connections");
    case "unwatch":
      return object({ type: oneOf(["unwatch"]), table: oneOf(Object.keys(columns)) });
    case "tap": {
      const isOfChannel = isObject(target) && "channel" in target;
      return object({ type: oneOf(["tap"]), target: object(isOfChannel ? { channel } : { connection: id }) });
    }
    case "untap":
      return object({ type: oneOf(["untap"]) });
    case "act": {
      const kind = isObject(action) ? String(action["type"]) : "";
      const known = Object.hasOwn(actions, kind) ? actions[kind] : undefined;
      return object({ type: oneOf(["act"]), id, action: known ?? object({ type: oneOf(Object.keys(actions)) }) });
    }
    default:
      throw new Error(`Cannot read the message: there is no type ${describe(type)}`);
  }
}

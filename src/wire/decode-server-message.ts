import { errorCodes, type ErrorCode } from "./errors.ts";
import { describe, FieldReader, type Range, textRules } from "./field-reader.ts";
import type { ChannelInfo, Durability, HelloMessage, Member, ServerMessage, Subscribed, User, WireError, WireEvent } from "./messages.ts";
import { integers, readPosition } from "./read-position.ts";

export type DecodedServerMessage =
  | { readonly type: "message"; readonly message: ServerMessage }
  /** A type this version does not know: a newer server's. To be ignored. */
  | { readonly type: "unknown" }
  | { readonly type: "refused"; readonly reason: string };

/** Reads one message of a server, for its client. Never throws; unknown fields are ignored. */
export function decodeServerMessage(text: string): DecodedServerMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { type: "refused", reason: "Cannot read a message: it is not JSON" };
  }
  const fields = FieldReader.of(value);
  if (fields === undefined) return { type: "refused", reason: `Cannot read a message: it must be an object, got ${describe(value)}` };
  const type = fields.text("type", textRules.any);
  const message = readMessage(type, fields);
  if (fields.fault !== undefined) return { type: "refused", reason: `Cannot read ${type}: ${fields.fault.reason}` };
  return message === undefined ? { type: "unknown" } : { type: "message", message };
}

const anyCount: Range = { min: 0, max: Number.MAX_SAFE_INTEGER };
const durabilities = ["mem", "os", "fsync", "quorum"] as const satisfies readonly Durability[];

function readMessage(type: string, fields: FieldReader): ServerMessage | undefined {
  switch (type) {
    case "hello":
      return readHello(fields);
    case "authenticated":
      return { type, id: readId(fields), user: readUser(fields) };
    case "subscribed":
      return { type, id: readId(fields), ...readSubscribed(fields) };
    case "resumed":
      return { type, id: readId(fields), channels: fields.list("channels", anyCount, readResumedChannel) };
    case "unsubscribed":
      return { type, id: readId(fields), channel: fields.channel("channel") };
    case "ack":
      return { type, id: readId(fields), ...readPosition(fields), durability: fields.oneOf("durability", durabilities), duplicate: fields.boolean("duplicate") };
    case "history":
      return {
        type,
        id: readId(fields),
        channel: fields.channel("channel"),
        epoch: fields.text("epoch", textRules.epoch),
        events: fields.list("events", anyCount, readEvent),
        more: fields.boolean("more"),
      };
    case "event":
      return { type, channel: fields.channel("channel"), ...readEvent(fields) };
    case "gap":
      return {
        type,
        channel: fields.channel("channel"),
        from: readPosition(fields.object("from")),
        to: readPosition(fields.object("to")),
        reason: fields.oneOf("reason", ["trimmed", "truncated", "epoch"]),
      };
    case "presence":
      return { type, channel: fields.channel("channel"), joined: fields.list("joined", anyCount, readMember), left: fields.texts("left") };
    case "ephemeral":
      return {
        type,
        channel: fields.channel("channel"),
        event: fields.text("event", textRules.event),
        ...present("member", fields.optional("member", () => fields.text("member", textRules.any))),
        user: readUser(fields),
        ttlMs: fields.integer("ttlMs", anyCount),
        data: fields.json("data"),
      };
    case "error":
      return { type, ...present("id", fields.optional("id", readId)), ...readError(fields) };
    case "ping":
      return { type };
    default:
      return undefined;
  }
}

function readId(fields: FieldReader): number {
  return fields.integer("id", integers.safe);
}

function readHello(fields: FieldReader): HelloMessage {
  const limits = fields.object("limits");
  const channels = fields.object("channels");
  fields.integer("version", { min: 1, max: 1 });
  return {
    type: "hello",
    version: 1,
    durability: fields.oneOf("durability", durabilities),
    pingAfterMs: fields.integer("pingAfterMs", anyCount),
    dedupWindowMs: fields.integer("dedupWindowMs", anyCount),
    limits: {
      maxMessageBytes: limits.integer("maxMessageBytes", anyCount),
      maxChannelsPerConnection: limits.integer("maxChannelsPerConnection", anyCount),
      authTimeoutMs: limits.integer("authTimeoutMs", anyCount),
    },
    channels: Object.fromEntries(channels.names().map((name) => [name, readChannelInfo(channels.object(name))])),
  };
}

function readChannelInfo(fields: FieldReader): ChannelInfo {
  const events = fields.object("events");
  return {
    pattern: fields.text("pattern", textRules.any),
    events: Object.fromEntries(events.names().map((name) => [name, events.oneOf(name, ["event", "ephemeral"])])),
    presence: fields.boolean("presence"),
  };
}

function readUser(fields: FieldReader): User {
  const user = fields.object("user");
  return { id: user.text("id", textRules.any), ...present("name", user.optional("name", () => user.text("name", textRules.any))) };
}

function readMember(fields: FieldReader): Member {
  return { member: fields.text("member", textRules.any), user: readUser(fields) };
}

function readSubscribed(fields: FieldReader): Subscribed {
  return {
    channel: fields.channel("channel"),
    position: readPosition(fields.object("position")),
    top: fields.integer("top", integers.safe),
    ...present("members", fields.optional("members", () => fields.list("members", anyCount, readMember))),
  };
}

function readResumedChannel(fields: FieldReader): Subscribed | { channel: string; error: WireError } {
  return fields.has("error") ? { channel: fields.channel("channel"), error: readError(fields.object("error")) } : readSubscribed(fields);
}

function readEvent(fields: FieldReader): WireEvent {
  return {
    event: fields.text("event", textRules.event),
    offset: fields.integer("offset", integers.safe),
    tag: fields.integer("tag", integers.uint32),
    messageId: fields.text("messageId", textRules.messageId),
    user: readUser(fields),
    atMs: fields.integer("atMs", integers.safe),
    data: fields.json("data"),
  };
}

function readError(fields: FieldReader): WireError {
  const code = fields.text("code", textRules.any);
  return {
    // A newer server's code must still settle the request it answers.
    code: isErrorCode(code) ? code : "INTERNAL",
    message: fields.text("message", textRules.any),
    ...present("retryAfterMs", fields.optional("retryAfterMs", () => fields.integer("retryAfterMs", anyCount))),
  };
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

/** `{ [name]: value }`, or nothing at all: an absent field is absent, not `undefined`. */
function present<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [N in Name]?: Value } {
  // A computed key of a generic type is typed as an index signature: https://github.com/microsoft/TypeScript/issues/13948
  return value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]: Value });
}

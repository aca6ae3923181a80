import type { ErrorCode } from "./errors.ts";
import { FieldReader, textRules } from "./field-reader.ts";
import type {
  ChannelInfo,
  Durability,
  HelloMessage,
  Member,
  ServerMessage,
  Subscribed,
  User,
  WireError,
  WireEvent,
  WireLatest,
} from "./messages.ts";
import { integers, readPosition } from "./read-position.ts";

/** What a client makes of a text. `unknown`: a newer server's message, to be ignored. */
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
  const type = fields.text("type", textRules.any);
  const message = isKnownType(type) ? readers[type](fields) : undefined;
  const fault = fields.fault();
  if (fault !== undefined) return { type: "refused", reason: `Cannot read ${type || "a message"}: ${fault.reason}` };
  return message === undefined ? { type: "unknown" } : { type: "message", message };
}

const durabilities = ["mem", "os", "fsync", "quorum"] as const satisfies readonly Durability[];

type Readers = {
  readonly [Type in ServerMessage["type"]]: (fields: FieldReader) => Extract<ServerMessage, { type: Type }>;
};

const readers: Readers = {
  hello: readHello,
  authenticated: (fields) => ({
    type: "authenticated",
    id: readId(fields),
    user: readUser(fields),
    ...fields.present("expiresInMs", () => readExpiry(fields)),
  }),
  refreshed: (fields) => ({
    type: "refreshed",
    id: readId(fields),
    ...fields.present("expiresInMs", () => readExpiry(fields)),
  }),
  expiring: (fields) => ({ type: "expiring", expiresInMs: readExpiry(fields) }),
  subscribed: (fields) => ({
    type: "subscribed",
    ...fields.present("id", () => readId(fields)),
    ...readSubscribed(fields),
    ...fields.present("definition", () => fields.text("definition", textRules.any)),
    ...fields.present("params", () => fields.object("params").record()),
  }),
  resumed: (fields) => ({
    type: "resumed",
    id: readId(fields),
    channels: fields.list("channels", integers.safe, readResumed),
  }),
  unsubscribed: (fields) => ({
    type: "unsubscribed",
    ...fields.present("id", () => readId(fields)),
    channel: fields.channel("channel"),
    ...fields.present("error", () => readError(fields.object("error"))),
  }),
  ack: (fields) => ({
    type: "ack",
    id: readId(fields),
    ...readPosition(fields),
    durability: fields.oneOf("durability", durabilities),
    duplicate: fields.boolean("duplicate"),
  }),
  result: (fields) => ({ type: "result", id: readId(fields), ...fields.present("data", () => fields.json("data")) }),
  history: (fields) => ({
    type: "history",
    id: readId(fields),
    channel: fields.channel("channel"),
    epoch: fields.text("epoch", textRules.epoch),
    events: fields.list("events", integers.safe, readEvent),
    more: fields.boolean("more"),
  }),
  event: (fields) => ({ type: "event", channel: fields.channel("channel"), ...readEvent(fields) }),
  gap: (fields) => ({
    type: "gap",
    channel: fields.channel("channel"),
    from: readPosition(fields.object("from")),
    to: readPosition(fields.object("to")),
    reason: fields.oneOf("reason", ["trimmed", "truncated", "epoch"]),
  }),
  presence: (fields) => ({
    type: "presence",
    channel: fields.channel("channel"),
    joined: fields.list("joined", integers.safe, readMember),
    left: fields.texts("left"),
  }),
  ephemeral: (fields) => ({
    type: "ephemeral",
    channel: fields.channel("channel"),
    event: fields.text("event", textRules.event),
    ...fields.present("member", () => fields.text("member", textRules.any)),
    user: readUser(fields),
    ttlMs: fields.integer("ttlMs", integers.safe),
    data: fields.json("data"),
  }),
  latest: (fields) => ({
    type: "latest",
    channel: fields.channel("channel"),
    event: fields.text("event", textRules.event),
    snapshot: fields.boolean("snapshot"),
    values: fields.list("values", integers.safe, readLatest),
  }),
  error: (fields) => ({ type: "error", ...fields.present("id", () => readId(fields)), ...readError(fields) }),
  ping: () => ({ type: "ping" }),
  reconnect: (fields) => ({ type: "reconnect", afterMs: fields.integer("afterMs", { min: 0, max: 600_000 }) }),
};

function isKnownType(type: string): type is ServerMessage["type"] {
  return Object.hasOwn(readers, type);
}

function readId(fields: FieldReader): number {
  return fields.integer("id", integers.safe);
}

function readExpiry(fields: FieldReader): number {
  return fields.integer("expiresInMs", integers.safe);
}

function readHello(fields: FieldReader): HelloMessage {
  const limits = fields.object("limits");
  const channels = fields.object("channels");
  fields.integer("version", { min: 1, max: 1 });
  return {
    type: "hello",
    version: 1,
    durability: fields.oneOf("durability", durabilities),
    pingAfterMs: fields.integer("pingAfterMs", integers.safe),
    dedupWindowMs: fields.integer("dedupWindowMs", integers.safe),
    limits: {
      maxMessageBytes: limits.integer("maxMessageBytes", integers.safe),
      maxChannelsPerConnection: limits.integer("maxChannelsPerConnection", integers.safe),
      authTimeoutMs: limits.integer("authTimeoutMs", integers.safe),
    },
    channels: Object.fromEntries(channels.names().map((name) => [name, readChannelInfo(channels.object(name))])),
  };
}

function readChannelInfo(fields: FieldReader): ChannelInfo {
  const events = fields.object("events");
  return {
    pattern: fields.text("pattern", textRules.any),
    events: Object.fromEntries(
      events.names().map((name) => [name, events.oneOf(name, ["event", "ephemeral", "latest"])]),
    ),
    presence: fields.boolean("presence"),
    ...fields.present("binary", () => fields.texts("binary")),
  };
}

function readUser(fields: FieldReader): User {
  const user = fields.object("user");
  return {
    id: user.text("id", textRules.any),
    ...user.present("name", () => user.text("name", textRules.any)),
  };
}

function readMember(fields: FieldReader): Member {
  return { member: fields.text("member", textRules.any), user: readUser(fields) };
}

function readSubscribed(fields: FieldReader): Subscribed {
  return {
    channel: fields.channel("channel"),
    position: readPosition(fields.object("position")),
    top: fields.integer("top", integers.safe),
    ...fields.present("members", () => fields.list("members", integers.safe, readMember)),
  };
}

function readResumed(fields: FieldReader): Subscribed | { channel: string; error: WireError } {
  return fields.has("error")
    ? { channel: fields.channel("channel"), error: readError(fields.object("error")) }
    : readSubscribed(fields);
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

function readLatest(fields: FieldReader): WireLatest {
  return { key: fields.text("key", textRules.key), user: readUser(fields), data: fields.json("data") };
}

function readError(fields: FieldReader): WireError {
  return {
    // A newer server's code is handed on as it is: who compares codes has to expect one it does not know.
    code: fields.text("code", textRules.any) as ErrorCode,
    message: fields.text("message", textRules.any),
    ...fields.present("retryAfterMs", () => fields.integer("retryAfterMs", integers.safe)),
  };
}

import { isObject } from "./describe.ts";
import type { ErrorCode } from "./errors.ts";
import type { ServerMessage } from "./messages.ts";
import { boolean, integer, json, listOf, object, oneOf, recordOf, type Shape, text } from "./shape.ts";

/** What a client makes of a text. */
export type DecodedServerMessage =
  | { readonly type: "message"; readonly message: ServerMessage }
  /** A type this version does not know: a newer server's. To be ignored. */
  | { readonly type: "unknown" }
  | { readonly type: "refused"; readonly reason: string };

/** The messages of a server's text frame: one, or several with a line feed between two. Each is read as if it had come alone. */
export function decodeServerFrame(text: string): readonly DecodedServerMessage[] {
  return text.split("\n").map(decodeServerMessage);
}

/**
 * Reads one message of a server, for its client. Never throws; unknown fields are ignored.
 * What a client does not act on (the letters of a name, say) it leaves to the server.
 */
export function decodeServerMessage(json: string): DecodedServerMessage {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { type: "refused", reason: "Cannot read a message: it is not JSON" };
  }
  return readServerMessage(value);
}

/** The same of what another codec has read. */
export function readServerMessage(value: unknown): DecodedServerMessage {
  let subject = "a message";
  try {
    const { type } = typed(value, "");
    if (!isKnownType(type)) return { type: "unknown" };
    subject = type;
    // The shape of this type's fields has just been seen, and so has its type.
    const message = { type, ...shapes[type](value, "") } as ServerMessage;
    return { type: "message", message };
  } catch (error) {
    // Shapes throw nothing else.
    return { type: "refused", reason: `Cannot read ${subject}: ${(error as Error).message}` };
  }
}

const typed = object({ type: text });
const natural = integer(0, Number.MAX_SAFE_INTEGER);
const durability = oneOf("mem", "os", "fsync", "quorum");
const placed = { epoch: text, offset: natural, tag: integer(0, 0xffff_ffff) };
const position = object(placed);
const user = object({ id: text }, { name: text });
const member = object({ member: text, user });
/** A newer server's code is handed on as it is: who compares codes has to expect one it does not know. */
const code = text as Shape<ErrorCode>;
const refusal = { code, message: text };
const patience = { retryAfterMs: natural };
const subscribed = { channel: text, position, top: natural };
const presence = { members: listOf(member), memberCount: natural };
const expiry = { expiresInMs: natural };
const entry = {
  event: text,
  offset: natural,
  tag: placed.tag,
  messageId: text,
  user,
  atMs: natural,
  data: json,
};
const resumed = object(subscribed, presence);
const refused = object({ channel: text, error: object(refusal, patience) });
const channelInfo = object(
  { pattern: text, events: recordOf(oneOf("event", "ephemeral", "latest")), presence: boolean },
  { binary: listOf(text) },
);

const shapes: {
  readonly [Type in ServerMessage["type"]]: Shape<Omit<Extract<ServerMessage, { readonly type: Type }>, "type">>;
} = {
  hello: object({
    version: integer(1, 1) as Shape<1>,
    durability,
    pingAfterMs: natural,
    dedupWindowMs: natural,
    limits: object({
      maxMessageBytes: natural,
      maxOperationsPerFrame: natural,
      maxChannelsPerConnection: natural,
      authTimeoutMs: natural,
    }),
    channels: recordOf(channelInfo),
  }),
  authenticated: object({ id: natural, user }, expiry),
  refreshed: object({ id: natural }, expiry),
  expiring: object(expiry),
  subscribed: object(subscribed, { id: natural, ...presence, definition: text, params: recordOf(text) }),
  resumed: object({
    id: natural,
    channels: listOf((value, path) => (isRefused(value) ? refused(value, path) : resumed(value, path))),
  }),
  unsubscribed: object({ channel: text }, { id: natural, error: object(refusal, patience) }),
  ack: object({ id: natural, ...placed, durability, duplicate: boolean }),
  result: object({ id: natural }, { data: json }),
  history: object({ id: natural, channel: text, epoch: text, events: listOf(object(entry)), more: boolean }),
  event: object({ channel: text, ...entry }),
  gap: object({ channel: text, from: position, to: position, reason: oneOf("trimmed", "truncated", "epoch") }),
  presence: object({ channel: text, joined: listOf(member), left: listOf(text) }, presence),
  ephemeral: object({ channel: text, event: text, user, ttlMs: natural, data: json }, { member: text }),
  latest: object({
    channel: text,
    event: text,
    snapshot: boolean,
    values: listOf(object({ key: text, user, data: json })),
  }),
  error: object(refusal, { id: natural, ...patience }),
  ping: object({}),
  reconnect: object({ afterMs: integer(0, 600_000) }),
};

function isKnownType(type: string): type is ServerMessage["type"] {
  return Object.hasOwn(shapes, type);
}

function isRefused(value: unknown): boolean {
  return isObject(value) && Object.hasOwn(value, "error");
}

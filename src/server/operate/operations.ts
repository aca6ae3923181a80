/** The HTTP API as a table: what routes and validates requests, and what its description is made of. */
import { errorCodes, textRules } from "../../wire/index.ts";
import type { ApiScope } from "./api-keys.ts";
import type { ObjectSchema, Schema, TextSchema } from "./schema.ts";

export type OperationName = "publish" | "batch" | "history" | "presence" | "disconnect" | "stats";
export type AnswerName = "Error" | "Published" | "Batch" | "History" | "Presence" | "Disconnected" | "Stats";

export interface Operation {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly scope: ApiScope;
  readonly summary: string;
  readonly query?: ObjectSchema;
  readonly body?: ObjectSchema;
  /** The header `Idempotency-Key` is the message's id. */
  readonly takesIdempotencyKey?: true;
  /** What is answered with 200: the name of one of the `answers`. */
  readonly answer: AnswerName;
}

/** The most that one batch holds. */
const maxBatchCount = 100;
const maxOffset = Number.MAX_SAFE_INTEGER;

const channel: TextSchema = {
  type: "string",
  pattern: "^[A-Za-z0-9:_./\\-]{1,128}$",
  description: "the name of a channel, 1-128 of A-Z a-z 0-9 _ : . / -",
};
const messageId: TextSchema = {
  type: "string",
  pattern: textRules.messageId.pattern.source,
  description: textRules.messageId.means,
};
const event: TextSchema = { type: "string", pattern: "^[A-Za-z0-9_.\\-]{1,64}$", description: textRules.event.means };
const userId: TextSchema = { type: "string", minLength: 1, maxLength: 256, description: "a text of 1-256 characters" };

function object(properties: Readonly<Record<string, Schema>>, required: readonly string[]): ObjectSchema {
  return { type: "object", properties, required, additionalProperties: false };
}

const message = object(
  {
    channel,
    event,
    data: { description: "What the event's schema asks for; bytes as base64." },
    user: object({ id: userId, name: userId }, ["id"]),
    messageId,
    retryAfterFirstMs: {
      type: "integer",
      minimum: 0,
      maximum: maxOffset,
      description:
        "On a retry under the same id: milliseconds since the first try. What is stored is answered with its place; a retry that comes too late for anyone to know is `DEDUP_EXPIRED`.",
    },
    bypassLimits: {
      type: "boolean",
      default: false,
      description: "The channel's limits are not looked at. Needs the scope `admin` as well.",
    },
  },
  ["channel", "event", "data"],
);

export const operations: Readonly<Record<OperationName, Operation>> = {
  publish: {
    method: "POST",
    path: "/v1/publish",
    scope: "publish",
    summary:
      "Stores an event and tells it to all subscribers; tells one that is not stored. Again with the same id: stores nothing new. The channel's limits count.",
    body: message,
    takesIdempotencyKey: true,
    answer: "Published",
  },
  batch: {
    method: "POST",
    path: "/v1/batch",
    scope: "publish",
    summary:
      "Publishes several messages, in their order. Each stands for itself: one that is refused holds up no other.",
    body: object({ messages: { type: "array", items: message, minItems: 1, maxItems: maxBatchCount } }, ["messages"]),
    answer: "Batch",
  },
  history: {
    method: "GET",
    path: "/v1/history",
    scope: "read",
    summary:
      "Stored events of a channel, oldest first: those just before an offset, by default the newest; or those after one.",
    query: object(
      {
        channel,
        before: { type: "integer", minimum: 1, maximum: maxOffset },
        after: { type: "integer", minimum: 0, maximum: maxOffset },
        count: { type: "integer", minimum: 1, maximum: 256, default: 50 },
      },
      ["channel"],
    ),
    answer: "History",
  },
  presence: {
    method: "GET",
    path: "/v1/presence",
    scope: "read",
    summary: "Who is in a channel; past 1 000 members (`maxPresenceListCount`), how many.",
    query: object({ channel }, ["channel"]),
    answer: "Presence",
  },
  disconnect: {
    method: "POST",
    path: "/v1/disconnect",
    scope: "admin",
    summary: "Closes every connection of a user, at every node.",
    body: object(
      {
        userId,
        code: {
          type: "integer",
          minimum: 4000,
          maximum: 4999,
          default: 4503,
          description: "4000-4499: the client comes back; 4500-4999: it does not.",
        },
        reason: { type: "string", maxLength: 123, description: "a text of at most 123 bytes" },
      },
      ["userId"],
    ),
    answer: "Disconnected",
  },
  stats: {
    method: "GET",
    path: "/v1/stats",
    scope: "read",
    summary: "How the gateway is, in numbers.",
    answer: "Stats",
  },
};

// ---- answers: JSON Schema, for readers and tests

const text = { type: "string" } as const;
const count = { type: "integer", minimum: 0 } as const;
const epoch = { type: "string", pattern: textRules.epoch.pattern.source } as const;
const tag = { type: "integer", minimum: 0, maximum: 2 ** 32 - 1 } as const;
const user = { type: "object", properties: { id: text, name: text }, required: ["id"] } as const;
const error = {
  type: "object",
  properties: {
    code: { enum: Object.keys(errorCodes), description: "As in an `error` message of the WebSocket protocol." },
    message: { ...text, description: "For people: what was wrong, with the value." },
    retryAfterMs: count,
  },
  required: ["code", "message"],
} as const;
const published = {
  description: "Stored, at this place and level; or told, and not stored.",
  oneOf: [
    {
      type: "object",
      properties: {
        stored: { const: true },
        epoch,
        offset: count,
        tag,
        durability: { enum: ["mem", "os", "fsync", "quorum"] },
        duplicate: { type: "boolean", description: "The id was stored before; this is where." },
      },
      required: ["stored", "epoch", "offset", "tag", "durability", "duplicate"],
      unevaluatedProperties: false,
    },
    { type: "object", properties: { stored: { const: false } }, required: ["stored"], unevaluatedProperties: false },
  ],
} as const;

/** By the name they have in the description. */
export const answers: Readonly<Record<AnswerName, object>> = {
  Error: error,
  Published: published,
  Batch: {
    type: "object",
    properties: {
      results: {
        type: "array",
        items: { oneOf: [published, { type: "object", properties: { error }, required: ["error"] }] },
      },
    },
    required: ["results"],
  },
  History: {
    type: "object",
    properties: {
      channel: text,
      epoch,
      events: {
        type: "array",
        items: {
          type: "object",
          properties: { event: text, offset: count, tag, messageId: text, user, atMs: count, data: {} },
          required: ["event", "offset", "tag", "messageId", "user", "atMs", "data"],
        },
      },
      more: { type: "boolean", description: "Whether there are others beyond, in the direction that was asked for." },
    },
    required: ["channel", "epoch", "events", "more"],
  },
  Presence: {
    type: "object",
    properties: {
      channel: text,
      count,
      members: {
        type: "array",
        items: { type: "object", properties: { member: text, user }, required: ["member", "user"] },
      },
    },
    required: ["channel", "count"],
  },
  Disconnected: {
    type: "object",
    properties: { connectionCount: { ...count, description: "The user's connections at this node that were closed." } },
    required: ["connectionCount"],
  },
  Stats: {
    type: "object",
    properties: {
      status: { enum: ["starting", "ok", "unavailable", "draining", "closed"] },
      reason: text,
      durability: { enum: ["mem", "os", "fsync", "quorum"] },
      store: text,
      connectionCount: count,
      channelCount: count,
      droppedEphemeralCount: count,
      deliveredCount: count,
      replayedCount: count,
      queuedBytes: count,
      appends: { type: "object", additionalProperties: count },
    },
    required: [
      "status",
      "connectionCount",
      "channelCount",
      "deliveredCount",
      "replayedCount",
      "queuedBytes",
      "appends",
    ],
  },
};

import { describe, FieldReader, type Range, textRules } from "./field-reader.ts";
import type { AuthOp, ClientOp, EphemeralOp, HistoryOp, PublishOp, ResumeOp, Start, SubscribeOp, UnsubscribeOp, WireError } from "./messages.ts";
import { parseJson } from "./parse-json.ts";
import { integers, readPosition } from "./read-position.ts";

/** How much one message may ask for. The gateway's own limits may be lower. */
export const opLimits: Readonly<Record<"resumeCount" | "recentCount" | "historyCount", Range>> = {
  /** Channels in one `resume`. */
  resumeCount: { min: 1, max: 1024 },
  /** Entries a `subscribe` may want first. */
  recentCount: { min: 1, max: 1000 },
  /** Entries in one `history` page. */
  historyCount: { min: 1, max: 256 },
};

export type DecodedOp =
  | { readonly type: "op"; readonly op: ClientOp }
  /** `id` is there if the frame had one that could be read. */
  | { readonly type: "refused"; readonly error: WireError; readonly id?: number };

/** Reads one message of a client. Never throws; fields that are not known are ignored, so that newer clients are understood. */
export function decodeClientOp(text: string): DecodedOp {
  const json = parseJson(text);
  const fields = FieldReader.of(json.value);
  const id = fields?.integer("id", integers.safe);
  const hasId = fields?.fault === undefined;
  const refuse = (error: WireError): DecodedOp => (hasId && id !== undefined ? { type: "refused", error, id } : { type: "refused", error });

  if (json.type === "refused") return refuse(badMessage(`Cannot read a message: ${json.reason}`));
  if (fields === undefined) return refuse(badMessage(`Cannot read a message: it must be an object, got ${describe(json.value)}`));
  const type = fields.text("type", textRules.any);
  const read = readers.get(type);
  if (read === undefined) {
    const reason = `Cannot read a message: type must be one of ${[...readers.keys()].join(", ")}, got ${describe(fields.json("type"))}`;
    return refuse(badMessage(reason));
  }
  const op = read(fields);
  if (fields.fault === undefined) return { type: "op", op };
  return refuse({ code: fields.fault.code, message: `Cannot read ${type}: ${fields.fault.reason}` });
}

function badMessage(message: string): WireError {
  return { code: "BAD_MESSAGE", message };
}

const readers: ReadonlyMap<string, (fields: FieldReader) => ClientOp> = new Map<string, (fields: FieldReader) => ClientOp>([
  ["auth", readAuth],
  ["subscribe", readSubscribe],
  ["resume", readResume],
  ["unsubscribe", readUnsubscribe],
  ["publish", readPublish],
  ["ephemeral", readEphemeral],
  ["history", readHistory],
]);

function readId(fields: FieldReader): number {
  return fields.integer("id", integers.safe);
}

function readAuth(fields: FieldReader): AuthOp {
  const op: AuthOp = { type: "auth", id: readId(fields), device: fields.text("device", textRules.device) };
  const token = fields.optional("token", () => fields.text("token", textRules.token));
  return token === undefined ? op : { ...op, token };
}

function readSubscribe(fields: FieldReader): SubscribeOp {
  return { type: "subscribe", id: readId(fields), channel: fields.channel("channel"), start: readStart(fields.object("start")) };
}

function readStart(fields: FieldReader): Start {
  const from = fields.oneOf("from", ["live", "recent", "position"]);
  switch (from) {
    case "live":
      return { from };
    case "recent":
      return { from, count: fields.integer("count", opLimits.recentCount) };
    case "position":
      return { from, position: readPosition(fields.object("position")) };
    default:
      return from satisfies never;
  }
}

function readResume(fields: FieldReader): ResumeOp {
  const channels = fields.list("channels", opLimits.resumeCount, (item) => ({
    channel: item.channel("channel"),
    position: readPosition(item.object("position")),
  }));
  if (new Set(channels.map(({ channel }) => channel)).size < channels.length) fields.refuse("channels", "a list without a channel twice");
  return { type: "resume", id: readId(fields), channels };
}

function readUnsubscribe(fields: FieldReader): UnsubscribeOp {
  return { type: "unsubscribe", id: readId(fields), channel: fields.channel("channel") };
}

function readPublish(fields: FieldReader): PublishOp {
  const op: PublishOp = {
    type: "publish",
    id: readId(fields),
    channel: fields.channel("channel"),
    event: fields.text("event", textRules.event),
    messageId: fields.text("messageId", textRules.messageId),
    data: fields.json("data"),
  };
  const retryAfterFirstMs = fields.optional("retryAfterFirstMs", () => fields.integer("retryAfterFirstMs", integers.safe));
  return retryAfterFirstMs === undefined ? op : { ...op, retryAfterFirstMs };
}

function readEphemeral(fields: FieldReader): EphemeralOp {
  return {
    type: "ephemeral",
    id: readId(fields),
    channel: fields.channel("channel"),
    event: fields.text("event", textRules.event),
    data: fields.json("data"),
  };
}

function readHistory(fields: FieldReader): HistoryOp {
  return {
    type: "history",
    id: readId(fields),
    channel: fields.channel("channel"),
    before: fields.integer("before", integers.safe),
    count: fields.integer("count", opLimits.historyCount),
  };
}

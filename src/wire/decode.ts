import { isObject } from "./describe.ts";
import type { ErrorCode } from "./errors.ts";
import { FieldReader, type Range, textRules } from "./field-reader.ts";
import type {
  AuthOp,
  CallOp,
  ClientOp,
  EphemeralOp,
  HistoryOp,
  PublishOp,
  RefreshOp,
  ResumeOp,
  Start,
  SubscribeOp,
  UnsubscribeOp,
  WireError,
} from "./messages.ts";
import { type ParsedJson, parseJson } from "./parse-json.ts";
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

/** What a server makes of a text: an op, or the error to answer. */
export type DecodedOp =
  | { readonly type: "op"; readonly op: ClientOp }
  /** `id` is there if the frame had one that could be read. */
  | { readonly type: "refused"; readonly error: WireError; readonly id?: number };

/** Reads one message of a client. Never throws; fields that are not known are ignored, so that newer clients are understood. */
export function decodeClientOp(text: string): DecodedOp {
  return readClientOp(parseJson(text));
}

/** The same of what another codec has read. */
export function readClientOp(json: ParsedJson): DecodedOp {
  if (json.type === "refused") return refuse(json.value, "BAD_MESSAGE", `Cannot read a message: ${json.reason}`);
  const fields = FieldReader.of(json.value);
  const type = fields.oneOf("type", opTypes);
  const subject = fields.fault() === undefined ? type : "a message";
  const op = readers[type](fields);
  const fault = fields.fault();
  return fault === undefined
    ? { type: "op", op }
    : refuse(json.value, fault.code, `Cannot read ${subject}: ${fault.reason}`);
}

function refuse(value: unknown, code: ErrorCode, message: string): DecodedOp {
  const id = isObject(value) ? value["id"] : undefined;
  const error: WireError = { code, message };
  return typeof id === "number" && Number.isSafeInteger(id) && id >= 0
    ? { type: "refused", error, id }
    : { type: "refused", error };
}

const opTypes = [
  "auth",
  "refresh",
  "subscribe",
  "resume",
  "unsubscribe",
  "publish",
  "ephemeral",
  "call",
  "history",
] as const;

const readers: { readonly [Type in ClientOp["type"]]: (fields: FieldReader) => ClientOp } = {
  auth: readAuth,
  refresh: readRefresh,
  subscribe: readSubscribe,
  resume: readResume,
  unsubscribe: readUnsubscribe,
  publish: readPublish,
  ephemeral: readEphemeral,
  call: readCall,
  history: readHistory,
};

function readId(fields: FieldReader): number {
  return fields.integer("id", integers.safe);
}

function readAuth(fields: FieldReader): AuthOp {
  return {
    type: "auth",
    id: readId(fields),
    ...fields.present("token", () => fields.text("token", textRules.token)),
    device: fields.text("device", textRules.device),
  };
}

function readRefresh(fields: FieldReader): RefreshOp {
  return { type: "refresh", id: readId(fields), token: fields.text("token", textRules.token) };
}

function readSubscribe(fields: FieldReader): SubscribeOp {
  return {
    type: "subscribe",
    id: readId(fields),
    channel: fields.channel("channel"),
    start: readStart(fields.object("start")),
  };
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
  }
}

function readResume(fields: FieldReader): ResumeOp {
  const channels = fields.list("channels", opLimits.resumeCount, (item) => ({
    channel: item.channel("channel"),
    position: readPosition(item.object("position")),
  }));
  if (new Set(channels.map(({ channel }) => channel)).size < channels.length) {
    fields.refuse("channels", "a list without a channel twice");
  }
  return { type: "resume", id: readId(fields), channels };
}

function readUnsubscribe(fields: FieldReader): UnsubscribeOp {
  return { type: "unsubscribe", id: readId(fields), channel: fields.channel("channel") };
}

function readPublish(fields: FieldReader): PublishOp {
  return {
    type: "publish",
    id: readId(fields),
    channel: fields.channel("channel"),
    event: fields.text("event", textRules.event),
    messageId: fields.text("messageId", textRules.messageId),
    data: fields.json("data"),
    ...fields.present("retryAfterFirstMs", () => fields.integer("retryAfterFirstMs", integers.safe)),
  };
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

function readCall(fields: FieldReader): CallOp {
  return {
    type: "call",
    id: readId(fields),
    channel: fields.channel("channel"),
    method: fields.text("method", textRules.event),
    data: fields.json("data"),
  };
}

/** From where to where: one of the two. */
function readSpan(fields: FieldReader): Pick<HistoryOp, "before" | "after"> {
  if (!fields.has("after")) return { before: fields.integer("before", integers.safe) };
  if (fields.has("before")) fields.refuse("before", "absent where after is given");
  return { after: fields.integer("after", integers.safe) };
}

function readHistory(fields: FieldReader): HistoryOp {
  return {
    type: "history",
    id: readId(fields),
    channel: fields.channel("channel"),
    ...readSpan(fields),
    count: fields.integer("count", opLimits.historyCount),
  };
}

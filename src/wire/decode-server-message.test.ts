import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeServerFrame, decodeServerMessage } from "./decode-server-message.ts";
import {
  encodeEphemeral,
  encodeEvent,
  encodeHistory,
  encodeLatest,
  encodeLatestValue,
  encodeResult,
  encodeServerMessage,
} from "./encode.ts";
import type { ServerMessage } from "./messages.ts";

const position = { epoch: "0123456789abcdef", offset: 41, tag: 7 };
const user = { id: "u1", name: "Ada" };
const member = { member: "d1", user };
const entry = {
  event: "message",
  offset: 42,
  tag: 7,
  messageId: "m-1",
  user: { id: "u2" },
  atMs: 1,
  data: { a: [null] },
};
const subscribed = { channel: "chat/42", position, top: 42 };
const error = { code: "RATE_LIMITED", message: "Slow down", retryAfterMs: 50 } as const;

const messages: readonly ServerMessage[] = [
  {
    type: "hello",
    version: 1,
    durability: "fsync",
    pingAfterMs: 25_000,
    dedupWindowMs: 86_400_000,
    limits: { maxMessageBytes: 65_536, maxOperationsPerFrame: 256, maxChannelsPerConnection: 256, authTimeoutMs: 5000 },
    channels: {
      board: { pattern: "board/:id", events: { update: "event" }, presence: false, binary: ["update"] },
      chat: { pattern: "chat/:room", events: { message: "event", typing: "ephemeral", at: "latest" }, presence: true },
    },
  },
  { type: "authenticated", id: 1, user },
  { type: "authenticated", id: 1, user: { id: "u2" } },
  { type: "authenticated", id: 1, user, expiresInMs: 3_600_000 },
  { type: "refreshed", id: 8 },
  { type: "refreshed", id: 8, expiresInMs: 0 },
  { type: "expiring", expiresInMs: 60_000 },
  { type: "subscribed", id: 2, ...subscribed },
  { type: "subscribed", id: 2, ...subscribed, members: [member] },
  {
    type: "resumed",
    id: 3,
    channels: [
      { ...subscribed, members: [] },
      { channel: "chat/7", error },
    ],
  },
  { type: "subscribed", ...subscribed, definition: "chat", params: { room: "42" } },
  { type: "subscribed", id: 2, ...subscribed, memberCount: 1001 },
  { type: "unsubscribed", id: 4, channel: "chat/42" },
  { type: "unsubscribed", channel: "chat/42", error },
  { type: "ack", id: 5, ...position, durability: "quorum", duplicate: true },
  { type: "result", id: 6, data: { value: 4 } },
  { type: "result", id: 6 },
  { type: "history", id: 6, channel: "chat/42", epoch: position.epoch, events: [entry], more: false },
  { type: "event", channel: "chat/42", ...entry },
  { type: "gap", channel: "chat/42", from: position, to: { ...position, offset: 50 }, reason: "trimmed" },
  { type: "presence", channel: "chat/42", joined: [member], left: ["d2"] },
  { type: "presence", channel: "chat/42", joined: [], left: [], memberCount: 1001 },
  { type: "presence", channel: "chat/42", joined: [], left: [], members: [member] },
  { type: "ephemeral", channel: "chat/42", event: "typing", member: "d1", user, ttlMs: 10_000, data: {} },
  { type: "ephemeral", channel: "chat/42", event: "typing", user, ttlMs: 0, data: null },
  { type: "latest", channel: "chat/42", event: "at", snapshot: true, values: [] },
  { type: "latest", channel: "chat/42", event: "at", snapshot: false, values: [{ key: "", user, data: null }] },
  {
    type: "latest",
    channel: "chat/42",
    event: "at",
    snapshot: false,
    values: [{ key: "\n".repeat(128), user, data: 1 }],
  },
  { type: "error", ...error },
  { type: "error", id: 7, code: "FORBIDDEN", message: "No" },
  { type: "ping" },
  { type: "reconnect", afterMs: 0 },
  { type: "reconnect", afterMs: 600_000 },
];

describe("decodeServerMessage", () => {
  test.each(messages)("[WR11] $type is read as it was written", (message) => {
    expect(decodeServerMessage(encodeServerMessage(message))).toStrictEqual({ type: "message", message });
  });

  test("[WR11] the encoders that take data as text write what is read here", () => {
    const texted = { ...entry, data: JSON.stringify(entry.data) };
    const page = { id: 6, channel: "chat/42", epoch: position.epoch, more: false };
    const quote = { channel: "chat/42", event: "quote", snapshot: false };
    const values = [{ key: "A", user, data: 7 }];
    const typing = { channel: "chat/42", event: "typing", user, ttlMs: 0, data: null };
    const pairs: readonly (readonly [string, ServerMessage])[] = [
      [encodeEvent("chat/42", texted), { type: "event", channel: "chat/42", ...entry }],
      [encodeHistory({ ...page, events: [texted, texted] }), { type: "history", ...page, events: [entry, entry] }],
      [encodeEphemeral({ ...typing, data: "null" }), { type: "ephemeral", ...typing }],
      [encodeResult(7, "[4]"), { type: "result", id: 7, data: [4] }],
      [encodeResult(7, undefined), { type: "result", id: 7 }],
      [encodeLatest(quote, [encodeLatestValue({ key: "A", user, data: "7" })]), { type: "latest", ...quote, values }],
    ];
    for (const [text, message] of pairs) expect(decodeServerMessage(text)).toStrictEqual({ type: "message", message });
  });

  test("[WR14] a type, a field or an error code of a newer server does not disturb an older client", () => {
    expect(decodeServerMessage('{"type":"poll","id":"x"}')).toEqual({ type: "unknown" });
    expect(decodeServerMessage('{"type":"constructor"}')).toEqual({ type: "unknown" });
    expect(decodeServerMessage('{"type":"ping","load":3}')).toStrictEqual({
      type: "message",
      message: { type: "ping" },
    });
    expect(decodeServerMessage('{"type":"error","id":1,"code":"NEW_CODE","message":"x"}')).toStrictEqual({
      type: "message",
      message: { type: "error", id: 1, code: "NEW_CODE", message: "x" },
    });
  });

  const refused = [
    ["{", "Cannot read a message: it is not JSON"],
    ["[]", "Cannot read a message: it must be an object, got a list"],
    ["{}", "Cannot read a message: type must be a text, got nothing"],
    ['{"type":"unsubscribed","id":1}', "Cannot read unsubscribed: channel must be a text, got nothing"],
    ['{"type":"expiring"}', "Cannot read expiring: expiresInMs must be an integer 0-9007199254740991, got nothing"],
    ['{"type":"hello","version":2}', "Cannot read hello: version must be an integer 1-1, got 2"],
    [
      '{"type":"hello","version":1,"durability":"ram"}',
      'Cannot read hello: durability must be one of mem, os, fsync, quorum, got "ram"',
    ],
    [
      '{"type":"presence","channel":"c","joined":[{}],"left":[]}',
      "Cannot read presence: joined.0.member must be a text, got nothing",
    ],
    [
      JSON.stringify({ type: "latest", channel: "c", event: "e", snapshot: true, values: [{ key: "k" }] }),
      "Cannot read latest: values.0.user must be an object, got nothing",
    ],
    [
      JSON.stringify({ type: "resumed", id: 1, channels: [{ channel: "c", error: { code: "FORBIDDEN" } }] }),
      "Cannot read resumed: channels.0.error.message must be a text, got nothing",
    ],
    [
      JSON.stringify({ ...messages[0], channels: { c: { pattern: "x", events: {}, presence: true, binary: [1] } } }),
      "Cannot read hello: channels.c.binary.0 must be a text, got 1",
    ],
    [
      JSON.stringify({ ...messages[0], channels: { chat: { pattern: "x", events: { e: "?" }, presence: true } } }),
      'Cannot read hello: channels.chat.events.e must be one of event, ephemeral, latest, got "?"',
    ],
  ] as const;
  test.each(refused)("[WR15] %s is refused: %s", (text, reason) => {
    expect(decodeServerMessage(text)).toEqual({ type: "refused", reason });
  });

  test("[WR15] a message with any one field missing is refused by that field's name, unless the field may be absent", () => {
    const optional = new Set([
      "definition",
      "error",
      "members",
      "memberCount",
      "member",
      "params",
      "retryAfterMs",
      "expiresInMs",
    ]);
    for (const message of messages) {
      for (const field of Object.keys(message).filter((key) => key !== "type" && !optional.has(key))) {
        if (field === "id" && ["error", "subscribed", "unsubscribed"].includes(message.type)) continue;
        if (field === "data" && message.type === "result") continue;
        const decoded = decodeServerMessage(JSON.stringify({ ...message, [field]: undefined }));
        expect(decoded).toMatchObject({ type: "refused", reason: expect.stringContaining(`${field} must be`) });
      }
    }
  });

  test("[WR13] any text gives an answer: it never throws", () => {
    const almost = fc.record({ type: fc.constantFrom(...messages.map(({ type }) => type)) }).chain(({ type }) => {
      const whole = messages.find((message) => message.type === type) ?? {};
      const broken = fc.record(Object.fromEntries(Object.keys(whole).map((key) => [key, fc.jsonValue()])));
      return broken.map((fields) => JSON.stringify({ ...whole, ...fields, type }));
    });
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => decodeServerMessage(text).type !== undefined));
    fc.assert(fc.property(almost, (text) => ["message", "refused"].includes(decodeServerMessage(text).type)));
  });
});

test("[WR20] a server's frame is one message or several, each read as if it had come alone", () => {
  const texts = ['{"type":"ping"}', "{", '{"type":"of tomorrow"}', '{"type":"reconnect","afterMs":5}'];
  expect(decodeServerFrame(texts.join("\n"))).toEqual(texts.map(decodeServerMessage));
  expect(decodeServerFrame('{"type":"ping"}')).toEqual([{ type: "message", message: { type: "ping" } }]);
});

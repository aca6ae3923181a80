import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeClientOp } from "./decode.ts";
import { encodeClientOp, encodeClientOpWithData } from "./encode.ts";
import type { ClientOp } from "./messages.ts";

const position = { epoch: "0123456789abcdef", offset: 41, tag: 7 };
const auth = { type: "auth", id: 1, token: "t", device: "0123456789abcdef0123456789abcdef" } as const;
const refresh = { type: "refresh", id: 8, token: "t2" } as const;
const subscribe = { type: "subscribe", id: 2, channel: "chat/42", start: { from: "live" } } as const;
const resume = { type: "resume", id: 3, channels: [{ channel: "chat/42", position }] } as const;
const unsubscribe = { type: "unsubscribe", id: 4, channel: "chat/42" } as const;
const publish = {
  type: "publish",
  id: 5,
  channel: "chat/42",
  event: "message",
  messageId: "m-1",
  data: { a: 1 },
} as const;
const ephemeral = { type: "ephemeral", id: 6, channel: "chat/42", event: "typing", data: {} } as const;
const call = { type: "call", id: 8, channel: "chat/42", method: "roll", data: { sides: 6 } } as const;
const history = { type: "history", id: 7, channel: "chat/42", before: 42, count: 50 } as const;

const { token: _token, ...guest } = auth;
const accepted: readonly ClientOp[] = [
  auth,
  guest,
  refresh,
  subscribe,
  { ...subscribe, start: { from: "recent", count: 1 } },
  { ...subscribe, start: { from: "recent", count: 1000 } },
  { ...subscribe, start: { from: "position", position } },
  resume,
  unsubscribe,
  publish,
  { ...publish, data: null, retryAfterFirstMs: 0 },
  { ...publish, id: 0, messageId: "x".repeat(64), event: "x".repeat(64) },
  ephemeral,
  call,
  { ...call, data: null },
  history,
  { type: "history", id: 7, channel: "chat/42", after: 0, count: 256 },
  { ...history, id: Number.MAX_SAFE_INTEGER, before: 0, count: 256 },
];

const name = "must be 1-128 of A-Z a-z 0-9 _ : . / -";
const eventMust = "event must be 1-64 of A-Z a-z 0-9 _ . -";
const idMust = "id must be an integer 0-9007199254740991";
const types = "auth, refresh, subscribe, resume, unsubscribe, publish, ephemeral, call, history";
const many = Array.from({ length: 1025 }, (_, index) => ({ channel: `c/${index}`, position }));

/** What is sent, and how it is refused. The ids that can be read are told back. */
const refused: readonly (readonly [object, string])[] = [
  [{}, `a message: type must be one of ${types}, got nothing`],
  [{ type: "hello", id: 1 }, `a message: type must be one of ${types}, got "hello"`],
  [{ type: "__proto__" }, `a message: type must be one of ${types}, got "__proto__"`],
  [[], "a message: it must be an object, got a list"],
  [{ ...auth, id: undefined }, `auth: ${idMust}, got nothing`],
  [{ ...auth, id: -1 }, `auth: ${idMust}, got -1`],
  [{ ...auth, id: 2 ** 53 }, `auth: ${idMust}, got 9007199254740992`],
  [{ ...auth, id: "1" }, `auth: ${idMust}, got "1"`],
  [{ ...auth, token: 5 }, "auth: token must be a text of 1-8192 characters, got 5"],
  [{ ...auth, token: "" }, 'auth: token must be a text of 1-8192 characters, got ""'],
  [{ ...auth, token: "x".repeat(8193) }, `auth: token must be a text of 1-8192 characters, got "${"x".repeat(60)}"…`],
  [{ ...auth, device: "secret" }, 'auth: device must be 32 of 0-9 a-f, got "secret"'],
  [{ ...history, after: 7 }, "history: before must be absent where after is given, got 42"],
  [{ ...history, before: undefined }, "history: before must be an integer 0-9007199254740991, got nothing"],
  [{ ...call, method: "" }, `call: ${eventMust.replace("event", "method")}, got ""`],
  [{ ...call, data: undefined }, "call: data must be a JSON value, got nothing"],
  [{ ...refresh, token: undefined }, "refresh: token must be a text of 1-8192 characters, got nothing"],
  [{ ...subscribe, channel: 1 }, "subscribe: channel must be a text, got 1"],
  [{ ...subscribe, channel: "chat/ä" }, `subscribe: channel ${name}, got "chat/ä"`],
  [{ ...subscribe, start: undefined }, "subscribe: start must be an object, got nothing"],
  [{ ...subscribe, start: { from: "now" } }, 'subscribe: start.from must be one of live, recent, position, got "now"'],
  [{ ...subscribe, start: { from: "recent", count: 0 } }, "subscribe: start.count must be an integer 1-1000, got 0"],
  [
    { ...subscribe, start: { from: "recent", count: 1001 } },
    "subscribe: start.count must be an integer 1-1000, got 1001",
  ],
  [{ ...subscribe, start: { from: "position" } }, "subscribe: start.position must be an object, got nothing"],
  [
    { ...subscribe, start: { from: "position", position: { ...position, tag: -1 } } },
    "subscribe: start.position.tag must be an integer 0-4294967295, got -1",
  ],
  [{ ...resume, channels: {} }, "resume: channels must be a list of 1-1024, got an object"],
  [{ ...resume, channels: [] }, "resume: channels must be a list of 1-1024, got a list"],
  [{ ...resume, channels: many }, "resume: channels must be a list of 1-1024, got a list"],
  [{ ...resume, channels: ["chat/1"] }, 'resume: channels.0 must be an object, got "chat/1"'],
  [{ ...resume, channels: [{ channel: "a*", position }] }, `resume: channels.0.channel ${name}, got "a*"`],
  [{ ...resume, channels: [{ channel: "a" }] }, "resume: channels.0.position must be an object, got nothing"],
  [
    { ...resume, channels: [...resume.channels, ...resume.channels] },
    "resume: channels must be a list without a channel twice, got a list",
  ],
  [{ ...unsubscribe, channel: "" }, `unsubscribe: channel ${name}, got ""`],
  [{ ...publish, channel: "x".repeat(129) }, `publish: channel ${name}, got "${"x".repeat(60)}"…`],
  [{ ...publish, event: "" }, `publish: ${eventMust}, got ""`],
  [{ ...publish, event: "x".repeat(65) }, `publish: ${eventMust}, got "${"x".repeat(60)}"…`],
  [{ ...publish, messageId: "a b" }, 'publish: messageId must be 1-64 of A-Z a-z 0-9 _ -, got "a b"'],
  [
    { ...publish, messageId: "x".repeat(65) },
    `publish: messageId must be 1-64 of A-Z a-z 0-9 _ -, got "${"x".repeat(60)}"…`,
  ],
  [{ ...publish, data: undefined }, "publish: data must be a JSON value, got nothing"],
  [{ ...publish, retryAfterFirstMs: -1 }, "publish: retryAfterFirstMs must be an integer 0-9007199254740991, got -1"],
  [{ ...ephemeral, event: 7 }, `ephemeral: ${eventMust}, got 7`],
  [{ ...ephemeral, data: undefined }, "ephemeral: data must be a JSON value, got nothing"],
  [{ ...history, before: null }, "history: before must be an integer 0-9007199254740991, got null"],
  [{ ...history, count: 0 }, "history: count must be an integer 1-256, got 0"],
  [{ ...history, count: 257 }, "history: count must be an integer 1-256, got 257"],
];

describe("decodeClientOp", () => {
  test.each(accepted)("[WR11] $type is read as it was written", (op) => {
    expect(decodeClientOp(encodeClientOp(op))).toStrictEqual({ type: "op", op });
  });

  test.each(refused)("[WR7] %j is refused: %s", (value, reason) => {
    const decoded = decodeClientOp(JSON.stringify(value));
    expect(decoded).toMatchObject({ type: "refused", error: { message: `Cannot read ${reason}` } });
  });

  test("[WR6] a refusal is BAD_MESSAGE, but BAD_CHANNEL for a name that is none", () => {
    const codes = refused.map(([value, reason]) => {
      const decoded = decodeClientOp(JSON.stringify(value));
      return [decoded.type === "refused" && decoded.error.code, reason.includes(name) ? "BAD_CHANNEL" : "BAD_MESSAGE"];
    });
    expect(codes.filter(([code, expected]) => code !== expected)).toEqual([]);
  });

  test("[WR8] a refusal carries the request's id if there is one that can be read", () => {
    function idOf(text: string): number | undefined {
      const decoded = decodeClientOp(text);
      return decoded.type === "refused" ? decoded.id : -1;
    }
    expect(idOf('{"type":"publish","id":5}')).toBe(5);
    expect(idOf('{"id":0,"id":0}')).toBe(0);
    expect(idOf('{"id":6,"data":"\\ud800"}')).toBe(6);
    for (const id of ["-1", "1.5", '"7"', "null", "9007199254740992"]) expect(idOf(`{"id":${id}}`)).toBeUndefined();
    for (const text of ["[7]", "7", "{", `{"id":7,"data":${"[".repeat(40)}`]) expect(idOf(text)).toBeUndefined();
  });

  test("[WR1] what is not one JSON object is refused", () => {
    const messages = ["", "7", "null", "{", "[]"].map((text) => decodeClientOp(text));
    expect(messages.map((decoded) => decoded.type === "refused" && decoded.error)).toEqual([
      { code: "BAD_MESSAGE", message: "Cannot read a message: it is not JSON" },
      { code: "BAD_MESSAGE", message: "Cannot read a message: it must be an object, got 7" },
      { code: "BAD_MESSAGE", message: "Cannot read a message: it must be an object, got null" },
      { code: "BAD_MESSAGE", message: "Cannot read a message: it is not JSON" },
      { code: "BAD_MESSAGE", message: "Cannot read a message: it must be an object, got a list" },
    ]);
  });

  test("[WR5] fields that are not known are ignored, at every level", () => {
    const op = { ...subscribe, start: { from: "position", position: { ...position, more: 1 }, more: [] }, more: "x" };
    expect(decodeClientOp(JSON.stringify(op))).toStrictEqual({
      type: "op",
      op: { ...subscribe, start: { from: "position", position } },
    });
  });

  test("[WR4] keys like __proto__ in data come through untouched; in the envelope they are ignored", () => {
    const data = '{"__proto__":{"isAdmin":true},"constructor":1}';
    const decoded = decodeClientOp(
      `{"__proto__":{"token":"x"},${encodeClientOpWithData({ ...publish, data }).slice(1)}`,
    );
    expect(decoded.type === "op" && decoded.op.type === "publish" && JSON.stringify(decoded.op.data)).toBe(data);
    expect(decoded.type === "op" && "token" in decoded.op).toBe(false);
    expect({}).not.toHaveProperty("isAdmin");
  });

  test("[WR13] any text gives an answer: it never throws", () => {
    const almost = fc.record(
      {
        type: fc.constantFrom(...types.split(", "), "x"),
        id: fc.jsonValue(),
        channel: fc.oneof(fc.constant("a/b"), fc.jsonValue()),
        start: fc.oneof(
          fc.record({ from: fc.constantFrom("live", "recent", "position"), position: fc.jsonValue() }),
          fc.jsonValue(),
        ),
        channels: fc.oneof(fc.array(fc.record({ channel: fc.jsonValue(), position: fc.jsonValue() })), fc.jsonValue()),
        event: fc.jsonValue(),
        messageId: fc.jsonValue(),
        data: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => decodeClientOp(text).type !== undefined));
    fc.assert(fc.property(almost, (value) => ["op", "refused"].includes(decodeClientOp(JSON.stringify(value)).type)));
  });

  test("[WR11] whatever data is published is read as it was written", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 10 }), (text) => {
        const decoded = decodeClientOp(encodeClientOpWithData({ ...publish, data: text }));
        expect(decoded).toStrictEqual({ type: "op", op: { ...publish, data: JSON.parse(text) } });
      }),
    );
  });
});

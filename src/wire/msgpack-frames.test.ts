import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeClientFrame } from "./decode-client-frame.ts";
import { decodeServerMessage } from "./decode-server-message.ts";
import { encodeMsgpack } from "./msgpack-encode.ts";
import { findSpans, unpack } from "./msgpack-decode.ts";
import { decodeServerMsgpack, packMessage, packRequest, readMsgpackValues } from "./msgpack-frames.ts";

const bytes = new Uint8Array([0, 1, 2, 255]);
const base64 = "AAEC/w==";
const user = { id: "u1" };
const isBinary = (channel: string, event: string): boolean => channel === "board" && event === "update";
const publish = { type: "publish", id: 7, channel: "board", event: "update", messageId: "m1" } as const;

function frameOf(...values: readonly unknown[]): Uint8Array {
  return new Uint8Array(Buffer.concat(values.map(encodeMsgpack)));
}

function unpacked(frame: Uint8Array): unknown {
  const [span = { start: 0 }] = findSpans(frame, 1);
  return unpack(frame, span);
}

test("[WM7] data of a request that is bytes is read as the base64 it would be in JSON", () => {
  expect(readMsgpackValues(frameOf({ ...publish, data: bytes }), 1)).toEqual([
    { type: "value", value: { ...publish, data: base64 } },
  ]);
  expect(readMsgpackValues(frameOf({ ...publish, data: base64 }), 1)).toEqual([
    { type: "value", value: { ...publish, data: base64 } },
  ]);
});

test.each([
  ["another field", { ...publish, channel: bytes, data: 1 }],
  ["a part of the data", { ...publish, data: [bytes] }],
  ["the data and a part of something else", { ...publish, more: [bytes], data: bytes }],
  ["the whole message", bytes],
  ["in a message that is a list", [bytes]],
])("[WM7] bytes that are %s are refused", (_, value) => {
  expect(readMsgpackValues(frameOf(value), 1)).toMatchObject([
    { type: "refused", reason: "only data may be bytes", value },
  ]);
});

test("[WM4] what is refused is refused by itself, with as much of it as could be read; one value more than may be is enough to know", () => {
  expect(readMsgpackValues(frameOf(1, { id: 2, a: NaN }, 3), 3)).toEqual([
    { type: "value", value: 1 },
    { type: "refused", reason: "a number is not finite", value: { id: 2, a: undefined } },
    { type: "value", value: 3 },
  ]);
  expect(readMsgpackValues(frameOf(1, 2, 3, 4, 5), 3)).toHaveLength(4);
});

test("[WM5] a request is decoded to the same, written in JSON or in MessagePack", () => {
  const field = fc.oneof(
    fc.constantFrom("board", "update", "m1", "live", {}, [], null, -1, 1.5, base64),
    fc.jsonValue(),
  );
  const op = fc.record(
    {
      type: fc.constantFrom("publish", "ephemeral", "call", "auth", "subscribe", "history", "resume", "dance"),
      id: fc.oneof(fc.nat(), field),
      channel: fc.oneof(fc.constant("board"), field),
      event: fc.oneof(fc.constant("update"), field),
      messageId: fc.oneof(fc.constant("m1"), field),
      data: field,
      start: fc.oneof(fc.constant({ from: "live" }), field),
    },
    { requiredKeys: ["type"] },
  );
  fc.assert(
    fc.property(fc.array(op, { minLength: 1, maxLength: 4 }), (ops) => {
      const json = decodeClientFrame(ops.map((one) => JSON.stringify(one)).join("\n"), {
        codec: "json",
        maxOperationCount: 4,
      });
      // The trip through JSON makes -0 what JSON makes of it.
      const plain = ops.map((one) => JSON.parse(JSON.stringify(one)) as unknown);
      expect(decodeClientFrame(frameOf(...plain), { codec: "msgpack", maxOperationCount: 4 })).toEqual(json);
    }),
  );
});

test("[WM7] a client writes its request as the same object, with data that is bytes as bytes", () => {
  const text = (data: unknown): string => JSON.stringify({ ...publish, data });
  expect(unpacked(packRequest(text({ a: 1 }), false))).toMatchObject({ value: { ...publish, data: { a: 1 } } });
  expect(unpacked(packRequest(text(base64), false))).toMatchObject({ value: { ...publish, data: base64 } });
  expect(unpacked(packRequest(text(base64), true))).toMatchObject({ value: { ...publish, data: bytes } });
});

const entry = { event: "update", offset: 1, tag: 2, messageId: "m", user, atMs: 5, data: base64 };
const messages = [
  { type: "event", channel: "board", ...entry },
  { type: "ephemeral", channel: "board", event: "update", user, ttlMs: 5, data: base64 },
  { type: "latest", channel: "board", event: "update", snapshot: true, values: [{ key: "", user, data: base64 }] },
  { type: "history", id: 1, channel: "board", epoch: "e", more: false, events: [entry] },
] as const;

test.each(messages)("[WM7] in $type data of an event of bytes goes out as bytes, any other as it is", (message) => {
  const [mine] = decodeServerMsgpack(packMessage(JSON.stringify(message), isBinary));
  const expected = JSON.parse(JSON.stringify(message), (_, value: unknown) =>
    value === base64 ? "bytes" : value,
  ) as object;
  const actual = JSON.parse(
    JSON.stringify(mine?.type === "message" ? mine.message : undefined, (_, value: unknown) =>
      value instanceof Uint8Array && Buffer.from(value).equals(bytes) ? "bytes" : value,
    ),
  ) as object;
  expect(actual).toEqual(expected);
  const text = JSON.stringify(message).replaceAll("board", "chat");
  expect(decodeServerMsgpack(packMessage(text, isBinary))).toEqual([decodeServerMessage(text)]);
  const other = JSON.stringify(message).replaceAll(base64, "no base64");
  expect(decodeServerMsgpack(packMessage(other, isBinary))).toEqual([decodeServerMessage(other)]);
});

test("[WM7] data that is no text stays what it is", () => {
  const text = JSON.stringify({ ...messages[0], data: { a: 1 } });
  expect(decodeServerMsgpack(packMessage(text, isBinary))).toEqual([decodeServerMessage(text)]);
});

test("[WM5] the messages of a server's frame are the same as in JSON, and one that cannot be read costs the others nothing", () => {
  const texts = [
    '{"type":"ping"}',
    '{"type":"ack","id":1,"epoch":"e","offset":9007199254740991,"tag":4294967295,"durability":"fsync","duplicate":false}',
    '{"type":"of tomorrow","a":1}',
    '{"type":"reconnect","afterMs":-1}',
    '{"type":"error","id":4,"code":"RATE_LIMITED","message":"é","retryAfterMs":50}',
  ];
  const frame = Buffer.concat(texts.map((text) => packMessage(text, isBinary)));
  expect(decodeServerMsgpack(frame)).toEqual(texts.map(decodeServerMessage));
  expect(decodeServerMsgpack(frameOf({ type: "ping" }, NaN))).toEqual([
    { type: "message", message: { type: "ping" } },
    { type: "refused", reason: "Cannot read a message: a number is not finite" },
  ]);
});

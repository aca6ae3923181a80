import { expect, test } from "vitest";
import {
  encodeClientOp,
  encodeClientOpWithData,
  encodeEphemeral,
  encodeEvent,
  encodeHistory,
  encodeLatest,
  encodeLatestValue,
  encodeResult,
  encodeServerMessage,
} from "./encode.ts";

const user = { id: "u1", name: 'A"da' };
/** Text that a second trip through JSON.parse and JSON.stringify would change. */
const data = '{ "b":1.0, "2":"\\u0061", "1":12345678901234567890 }';
const entry = { event: "message", offset: 42, tag: 7, messageId: "m-1", user, atMs: 1_700_000_000_000, data };
const entryText = `"event":"message","offset":42,"tag":7,"messageId":"m-1","user":{"id":"u1","name":"A\\"da"},"atMs":1700000000000,"data":${data}`;

test("[WR12] an entry's data goes out byte for byte", () => {
  expect(encodeEvent("chat/42", entry)).toBe(`{"type":"event","channel":"chat/42",${entryText}}`);
});

test("[WR12] what the log keeps beside an entry is not sent", () => {
  const stored = { ...entry, previousTag: 6 };
  expect(encodeEvent("chat/42", stored)).not.toContain("previousTag");
  expect(encodeHistory({ id: 1, channel: "c", epoch: "e", more: false, events: [stored] })).not.toContain(
    "previousTag",
  );
});

test("[WR12] a page of history holds each entry's data byte for byte", () => {
  const page = { id: 3, channel: "chat/42", epoch: "0123456789abcdef", more: true };
  const head = '{"type":"history","id":3,"channel":"chat/42","epoch":"0123456789abcdef","more":true';
  expect(encodeHistory({ ...page, events: [entry, entry] })).toBe(`${head},"events":[{${entryText}},{${entryText}}]}`);
  expect(encodeHistory({ ...page, events: [] })).toBe(`${head},"events":[]}`);
});

test("[WR12] an ephemeral event's data goes out byte for byte, with or without a member", () => {
  const message = { channel: "chat/42", event: "typing", user, ttlMs: 10_000, data };
  const tail = `"user":{"id":"u1","name":"A\\"da"},"ttlMs":10000,"data":${data}}`;
  expect(encodeEphemeral(message)).toBe(`{"type":"ephemeral","channel":"chat/42","event":"typing",${tail}`);
  expect(encodeEphemeral({ ...message, member: "d1" })).toBe(
    `{"type":"ephemeral","channel":"chat/42","event":"typing","member":"d1",${tail}`,
  );
});

test("[WR12] the data of newest values goes out byte for byte", () => {
  const value = encodeLatestValue({ key: 'A"', user, data });
  expect(value).toBe(`{"key":"A\\"","user":{"id":"u1","name":"A\\"da"},"data":${data}}`);
  const head = { channel: "chat/42", event: "quote", snapshot: false };
  const start = '{"type":"latest","channel":"chat/42","event":"quote","snapshot":false,"values":';
  expect(encodeLatest(head, [value, value])).toBe(`${start}[${value},${value}]}`);
  expect(encodeLatest(head, [])).toBe(`${start}[]}`);
});

test("[WR12] a client's op takes its data as text too", () => {
  const op = { type: "publish", id: 5, channel: "c", event: "e", messageId: "m", data } as const;
  expect(encodeClientOpWithData(op)).toBe(
    `{"type":"publish","id":5,"channel":"c","event":"e","messageId":"m","data":${data}}`,
  );
});

test("[WR1] every other message is one JSON object", () => {
  expect(encodeClientOp({ type: "unsubscribe", id: 4, channel: "c" })).toBe(
    '{"type":"unsubscribe","id":4,"channel":"c"}',
  );
  expect(encodeServerMessage({ type: "ping" })).toBe('{"type":"ping"}');
});

test("[WR12] what a call gave goes out byte for byte", () => {
  expect(encodeResult(3, data)).toBe(`{"type":"result","id":3,"data":${data}}`);
  expect(encodeResult(3, undefined)).toBe('{"type":"result","id":3}');
});

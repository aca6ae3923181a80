import { expect, test } from "vitest";
import { readExtendedConnect } from "./read-extended-connect.ts";

const order = [":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":authority", "a.example:8443"];
const whole = [...order, ":path", "/chat?room=1", "sec-websocket-version", "13"];

/** The whole request with some headers replaced, taken out (undefined) or added. */
function ask(changes: Readonly<Record<string, string | undefined>>, ...more: readonly string[]): unknown {
  const headers = new Map<string, string | undefined>();
  for (let at = 0; at < whole.length; at += 2) headers.set(whole[at] ?? "", whole[at + 1]);
  for (const [name, value] of Object.entries(changes)) headers.set(name, value);
  const pairs = [...headers].filter((pair): pair is [string, string] => pair[1] !== undefined);
  return readExtendedConnect([...pairs.flat(), ...more]);
}

test("[HT1] an extended CONNECT is read: target, host, origin, subprotocols and extension offers", () => {
  expect(
    ask({
      origin: "https://a.example",
      host: "A.example:8443",
      "sec-websocket-protocol": "one, two",
      "sec-websocket-extensions": "permessage-deflate, =bad",
    }),
  ).toEqual({
    type: "request",
    target: "/chat?room=1",
    host: "a.example:8443",
    origin: "https://a.example",
    protocols: ["one", "two"],
    extensions: [{ name: "permessage-deflate", params: new Map() }],
  });
  expect(ask({ ":scheme": "http" })).toMatchObject({ type: "request", origin: undefined, protocols: [] });
});

test("[HT4] a Sec-WebSocket-Key makes no difference, whatever it is", () => {
  expect(ask({ "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" })).toEqual(ask({}));
  expect(ask({ "sec-websocket-key": "short" })).toMatchObject({ type: "request" });
});

const faults: readonly (readonly [rule: string, name: string, status: number, answer: () => unknown])[] = [
  ["HT2", "another method", 405, () => ask({ ":method": "GET" })],
  ["HT2", "no method", 405, () => ask({ ":method": undefined })],
  ["HT2", "no :protocol", 400, () => ask({ ":protocol": undefined })],
  ["HT2", "another :protocol", 501, () => ask({ ":protocol": "connect-udp" })],
  ["HT2", "two :protocol", 501, () => ask({}, ":protocol", "websocket")],
  ["HT3", "another scheme", 400, () => ask({ ":scheme": "ftp" })],
  ["HT3", "no scheme", 400, () => ask({ ":scheme": undefined })],
  ["HT3", "no authority", 400, () => ask({ ":authority": undefined })],
  ["HT3", "a user in the authority", 400, () => ask({ ":authority": "me@a.example" })],
  ["HT3", "a Host that differs", 400, () => ask({ host: "b.example" })],
  ["HT3", "no path", 400, () => ask({ ":path": undefined })],
  ["HT3", "two paths", 400, () => ask({}, ":path", "/other")],
  ["HT3", "a path without a slash", 400, () => ask({ ":path": "chat" })],
  ["HT3", "a fragment", 400, () => ask({ ":path": "/a#b" })],
  ["HT4", "no version", 400, () => ask({ "sec-websocket-version": undefined })],
  ["HT4", "version 8", 400, () => ask({ "sec-websocket-version": "8" })],
  ["HT4", "two origins", 403, () => ask({ origin: "https://a.example" }, "origin", "https://b.example")],
  ["HT4", "a subprotocol twice", 400, () => ask({ "sec-websocket-protocol": "a, a" })],
  ["HT4", "a body", 400, () => ask({ "content-length": "1" })],
  ["HT4", "a control character", 400, () => ask({ x: "a\nb" })],
  ["HT5", "a path of more than 8 KiB", 414, () => ask({ ":path": `/${"x".repeat(8192)}` })],
  ["HT5", "101 headers", 431, () => ask({}, ...Array.from({ length: 95 }, (_, at) => [`x${at}`, ""]).flat())],
  ["HT5", "more than 16 KiB", 431, () => ask({ x: "x".repeat(16_384) })],
];

for (const [rule, name, status, answer] of faults) {
  test(`[${rule}] ${name} is refused with ${status}`, () => {
    expect(answer()).toMatchObject({ type: "refusal", status, reason: expect.stringMatching(/^Cannot /) });
  });
}

test("[HT4] a key is not looked at, whatever it is", () => {
  expect(ask({ "sec-websocket-key": "x" }, "sec-websocket-key", "y")).toMatchObject({ type: "request" });
});

test("[HT5] 100 headers and a path of 8 KiB are read", () => {
  expect(ask({}, ...Array.from({ length: 94 }, (_, at) => [`x${at}`, ""]).flat())).toMatchObject({ type: "request" });
  expect(ask({ ":path": `/${"x".repeat(8191)}` })).toMatchObject({ type: "request" });
});

test("[HT4] a wrong version is told the right one, without Upgrade, which HTTP/2 forbids", () => {
  expect(ask({ "sec-websocket-version": "8" })).toMatchObject({ headers: [["Sec-WebSocket-Version", "13"]] });
});

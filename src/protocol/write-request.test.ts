import { expect, test } from "vitest";
import { ProtocolError } from "./errors.ts";
import type { ProtocolErrorCode } from "./errors.ts";
import { offeredNames, writeRequest } from "./write-request.ts";

const least = { host: "example.com", target: "/chat", key: "dGhlIHNhbXBsZSBub25jZQ==" };

test("[HC1] the least request, to the byte", () => {
  expect(text(writeRequest(least))).toBe(
    "GET /chat HTTP/1.1\r\n" +
      "Host: example.com\r\n" +
      "Upgrade: websocket\r\n" +
      "Connection: Upgrade\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
      "Sec-WebSocket-Version: 13\r\n" +
      "\r\n",
  );
});

test("[HC1] a request with everything, to the byte: the order of its headers is fixed", () => {
  const request = writeRequest({
    headers: [
      ["Authorization", "Bearer abc"],
      ["Cookie", "a=1"],
      ["cookie", "caf\u00e9"],
    ],
    origin: "https://example.com",
    extensions: 'permessage-deflate; client_max_window_bits, x; y="z"',
    protocols: ["chat", "superchat"],
    ...least,
    host: "[::1]:8443",
    target: "/chat?room=1",
  });
  expect(text(request)).toBe(
    "GET /chat?room=1 HTTP/1.1\r\n" +
      "Host: [::1]:8443\r\n" +
      "Upgrade: websocket\r\n" +
      "Connection: Upgrade\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
      "Sec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Protocol: chat, superchat\r\n" +
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x; y="z"\r\n' +
      "Origin: https://example.com\r\n" +
      "Authorization: Bearer abc\r\n" +
      "Cookie: a=1\r\n" +
      "cookie: caf\u00e9\r\n" +
      "\r\n",
  );
});

test("[HC1] no subprotocols and no extensions are no header", () => {
  expect(
    writeRequest({ ...least, protocols: [], extensions: undefined, origin: undefined, headers: undefined }),
  ).toEqual(writeRequest(least));
});

const injections = ["a\r\nX: y", "a\rb", "a\nb", "a\0b", "a\r\n\r\nGET / HTTP/1.1"];

test("[HC2] CVE-2026-1527: no option of the caller can end a line", () => {
  for (const bad of injections) {
    expectFault("ERR_HOST", () => writeRequest({ ...least, host: bad }));
    expectFault("ERR_TARGET", () => writeRequest({ ...least, target: `/${bad}` }));
    expectFault("ERR_KEY", () => writeRequest({ ...least, key: bad }));
    expectFault("ERR_SUBPROTOCOL", () => writeRequest({ ...least, protocols: [bad] }));
    expectFault("ERR_EXTENSION", () => writeRequest({ ...least, extensions: bad }));
    expectFault("ERR_HEADER", () => writeRequest({ ...least, origin: bad }));
    expectFault("ERR_HEADER", () => writeRequest({ ...least, headers: [["X", bad]] }));
    expectFault("ERR_HEADER", () => writeRequest({ ...least, headers: [[bad, "x"]] }));
  }
});

test("[HC2] a host that is none is refused", () => {
  for (const host of ["", "a b", "a/b", "user@a", "a:99999", "http://a", "::1", "\u00e4"]) {
    expectFault("ERR_HOST", () => writeRequest({ ...least, host }));
  }
});

test("[HC2] a target is a path in visible ASCII without a fragment, of at most 8 KiB", () => {
  for (const target of ["", "chat", "*", "http://a/", "/a b", "/a#b", "/caf\u00e9", "?a"]) {
    expectFault("ERR_TARGET", () => writeRequest({ ...least, target }));
  }
  expect(writeRequest({ ...least, target: `/${"a".repeat(8191)}` })).toBeInstanceOf(Uint8Array);
  expectFault("ERR_TARGET", () => writeRequest({ ...least, target: `/${"a".repeat(8192)}` }));
});

test("[HC2] a key is 16 bytes in base64, and an error does not tell it", () => {
  for (const key of ["", "x", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25jZWE="]) {
    expectFault("ERR_KEY", () => writeRequest({ ...least, key }));
  }
  expect(() => writeRequest({ ...least, key: "secret" })).toThrow(/^(?!.*secret)/);
});

test("[HC2] subprotocols are tokens, each once", () => {
  for (const protocols of [[""], ["a b"], ["a,b"], ["a", "b;"], ["\u00e4"], ["a", "a"], ["a", "b", "a"]]) {
    expectFault("ERR_SUBPROTOCOL", () => writeRequest({ ...least, protocols }));
  }
  expect(writeRequest({ ...least, protocols: ["a", "A"] })).toBeInstanceOf(Uint8Array);
});

test("[HC2] extension offers are well-formed", () => {
  for (const extensions of ["x y", "x;", 'x; a="b', "a, x; =1", "x; a; a"]) {
    expectFault("ERR_EXTENSION", () => writeRequest({ ...least, extensions }));
  }
  expect(offeredNames("a; x=1, b, a")).toEqual(["a", "b", "a"]);
});

test("[HC2] what the handshake sets itself is not the caller's to set", () => {
  const names = [
    "Host",
    "upgrade",
    "CONNECTION",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Protocol",
  ];
  for (const name of [
    ...names,
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Accept",
    "Content-Length",
    "Transfer-Encoding",
  ]) {
    expectFault("ERR_HEADER", () => writeRequest({ ...least, headers: [[name, "a"]] }));
  }
  expectFault("ERR_HEADER", () => writeRequest({ ...least, origin: "http://a", headers: [["origin", "http://b"]] }));
  expect(text(writeRequest({ ...least, headers: [["Origin", "http://b"]] }))).toContain("\r\nOrigin: http://b\r\n");
});

function expectFault(code: ProtocolErrorCode, act: () => unknown): void {
  expect(act).toThrow(ProtocolError);
  expect(act).toThrow(expect.objectContaining({ code }));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

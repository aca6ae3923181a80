import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cuts } from "../testing/index.ts";
import type { Refusal } from "./handshake-answer.ts";
import { readHandshake } from "./handshake.ts";
import type { HandshakeRequest, RequestHead } from "./handshake.ts";
import { HeadReader, parseRequestLine } from "./http1.ts";
import { writeRequest } from "./write-request.ts";

interface RequestVector {
  readonly rule: string;
  readonly name: string;
  readonly request: string;
  readonly accepted?: Partial<Omit<HandshakeRequest, "extensions">> & {
    readonly extensions?: readonly (readonly [string, Readonly<Record<string, string | true>>])[];
  };
  readonly refused?: Omit<Refusal, "type">;
}

const file = new URL("../../spec/vectors/handshake.json", import.meta.url);
const vectors = (JSON.parse(readFileSync(file, "utf8")) as { readonly requests: readonly RequestVector[] }).requests;
const frame = Uint8Array.of(0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58); // "Hello" (RFC 6455 §5.7)
const key = "dGhlIHNhbXBsZSBub25jZQ==";

for (const vector of vectors) {
  const bytes = latin1(vector.request);
  const [whole, single, ...halves] = cuts(bytes, Infinity);
  const expected = expectedOf(vector);

  test(`[${vector.rule}] ${vector.name}, whole`, () => {
    expect(answer(whole?.chunks ?? [])).toMatchObject(expected);
  });
  test(`[${vector.rule}] ${vector.name}, byte by byte`, () => {
    expect(answer(single?.chunks ?? [])).toMatchObject(expected);
  });
  test(`[${vector.rule}] ${vector.name}, cut in two at every place`, () => {
    expect(halves).toHaveLength(bytes.length - 1);
    for (const half of halves) expect(answer(half.chunks), half.name).toMatchObject(expected);
  });
  test(`[${vector.rule}] ${vector.name}, with bytes behind it`, () => {
    const rest = vector.accepted === undefined ? {} : { rest: frame };
    expect(answer([Uint8Array.of(...bytes, ...frame)])).toMatchObject({ ...expected, ...rest });
  });
}

describe("a handshake that comes as a head", () => {
  test("[HS1] with raw headers that no HTTP parser has checked is refused all the same", () => {
    expect(readHandshake(head({ headers: ["a b", "c"] }))).toMatchObject({
      status: 400,
      reason: expect.stringContaining('"a b"'),
    });
    expect(readHandshake(head({ headers: ["", "c"] }))).toMatchObject({ status: 400 });
    for (const value of ["a\r\nb", "a\nb", "a\rb", "a\0b", "\u0100"]) {
      expect(readHandshake(head({ headers: ["X", value] }))).toMatchObject({
        status: 400,
        reason: expect.stringContaining("X"),
      });
    }
    expect(readHandshake(head({ headers: ["odd"] }))).toMatchObject({ type: "request" });
  });

  test("[HS2] of 100 headers is read and of 101 is refused with 431", () => {
    expect(readHandshake(head({ headers: pairs(95) }))).toMatchObject({ type: "request" });
    expect(readHandshake(head({ headers: pairs(96) }))).toMatchObject({ type: "refusal", status: 431 });
  });

  test("[HS2] CVE-2024-37890: of more than 2000 headers, which hide Upgrade, is refused and throws nothing", () => {
    expect(readHandshake(head({ headers: pairs(3000) }))).toMatchObject({ type: "refusal", status: 431 });
    expect(readHandshake({ method: "GET", target: "/", httpVersion: "1.1", rawHeaders: pairs(2000) })).toMatchObject({
      status: 431,
    });
  });

  test("[HS2] of 16 KiB is read and of one byte more is refused with 431", () => {
    const empty = wireBytes(head({ headers: ["X", ""] }));
    expect(readHandshake(head({ headers: ["X", "x".repeat(16_384 - empty)] }))).toMatchObject({ type: "request" });
    expect(readHandshake(head({ headers: ["X", "x".repeat(16_385 - empty)] }))).toMatchObject({
      type: "refusal",
      status: 431,
    });
  });

  test("[HS2] with a target of 8 KiB is read and with one byte more is refused with 414", () => {
    expect(readHandshake(head({ target: `/${"a".repeat(8191)}` }))).toMatchObject({ type: "request" });
    expect(readHandshake(head({ target: `/${"a".repeat(8192)}` }))).toMatchObject({ type: "refusal", status: 414 });
  });

  test("[HS5] with a target that no HTTP parser has checked is refused all the same", () => {
    for (const target of ["", "/a b", "/a#b", "/a\r\nb", "/caf\u00e9", "/\u0100"]) {
      expect(readHandshake(head({ target })), target).toMatchObject({
        status: 400,
        reason: expect.stringContaining("target"),
      });
    }
  });

  test("[HS3] of an HTTP version that is no version is refused with 505", () => {
    for (const httpVersion of ["", "1", "1.0", "1.", "2", "3.0", "1.1.1", "11", "x"]) {
      expect(readHandshake(head({ httpVersion })), httpVersion).toMatchObject({ status: 505 });
    }
  });

  test("[HS16] tells what was wrong with the value, and cuts a long one short", () => {
    expect(readHandshake(head({ method: "\u001b[31m\r\n" }))).toMatchObject({
      reason: 'Cannot accept method "\\u001b[31m\\r\\n": a WebSocket handshake is a GET',
    });
    expect(readHandshake(head({ target: "a".repeat(5000) }))).toMatchObject({
      reason: `Cannot accept target "${"a".repeat(63)}…": it is not a path`,
    });
  });

  test("[HS18] of any content never throws", () => {
    const name = fc.constantFrom(
      "Host",
      "Upgrade",
      "Connection",
      "Sec-WebSocket-Key",
      "Sec-WebSocket-Version",
      "Sec-WebSocket-Protocol",
      "Sec-WebSocket-Extensions",
      "Origin",
      "Content-Length",
      "Transfer-Encoding",
      "__proto__",
      "",
    );
    const value = fc.oneof(
      fc.constantFrom("websocket", "Upgrade", key, "13", "a", "0", ",", '"'),
      fc.string({ unit: "binary" }),
    );
    const rawHeaders = fc.array(fc.oneof(name, value), { maxLength: 30 });
    const text = fc.oneof(fc.constantFrom("GET", "/", "1.1"), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(text, text, text, rawHeaders, (method, target, httpVersion, headers) => {
        const result = readHandshake({ method, target, httpVersion, rawHeaders: headers });
        expect(result.type === "request" || (result.status >= 400 && result.reason !== "")).toBe(true);
      }),
    );
  });

  test("[HS18] with one header replaced by anything never throws", () => {
    const rawHeaders = head({}).rawHeaders;
    const index = fc.integer({ min: 0, max: rawHeaders.length - 1 });
    fc.assert(
      fc.property(index, fc.string({ unit: "binary" }), (at, text) => {
        const result = readHandshake(head({ replaced: rawHeaders.with(at, text) }));
        expect(result.type === "request" || result.status >= 400).toBe(true);
      }),
    );
  });
});

test("[HS17] [HC1] what a client writes, a server reads, in any cut and with frames behind it", () => {
  const token = fc.string({ unit: fc.constantFrom(..."azAZ09-_."), minLength: 1, maxLength: 10 });
  const options = fc.record({
    host: fc.tuple(fc.domain(), fc.integer({ min: 0, max: 65_535 })).map(([name, port]) => `${name}:${port}`),
    target: fc.webPath().map((path) => `/${path.replace(/^\/+/, "")}`),
    key: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("base64")),
    protocols: fc.uniqueArray(token, { maxLength: 4 }),
    origin: fc.option(fc.webUrl(), { nil: undefined }),
  });
  fc.assert(
    fc.property(options, fc.uint8Array({ maxLength: 20 }), fc.integer({ min: 1, max: 300 }), (sent, rest, size) => {
      const bytes = Uint8Array.of(...writeRequest({ ...sent, extensions: "x; a=1" }), ...rest);
      const reader = new HeadReader(parseRequestLine);
      for (let at = 0; at < bytes.length; at += size) {
        const result = reader.receive(bytes.slice(at, at + size));
        if (result?.type !== "head") continue;
        const extensions = [{ name: "x", params: new Map([["a", "1"]]) }];
        expect(readHandshake(result.head)).toEqual({ type: "request", ...sent, extensions });
        expect([...result.rest, ...bytes.slice(at + size)]).toEqual([...rest]);
        return;
      }
      expect.unreachable("the head was never complete");
    }),
  );
});

type Answer = (HandshakeRequest | Omit<Refusal, "type">) & { readonly rest?: Uint8Array };

function answer(chunks: readonly Uint8Array[]): Answer {
  const reader = new HeadReader(parseRequestLine);
  for (const chunk of chunks) {
    const result = reader.receive(chunk);
    if (result?.type === "fault") return { status: result.status, reason: result.reason, headers: [] };
    if (result?.type === "head") return { ...readHandshake(result.head), rest: result.rest };
  }
  return expect.unreachable("the request was never answered");
}

function expectedOf({ accepted, refused }: RequestVector): object {
  if (refused !== undefined) return { ...refused, reason: expect.stringContaining(refused.reason) as string };
  const extensions = accepted?.extensions?.map(([name, params]) => ({ name, params: new Map(Object.entries(params)) }));
  return { type: "request", ...accepted, ...(extensions === undefined ? {} : { extensions }) };
}

function head(change: {
  readonly method?: string;
  readonly target?: string;
  readonly httpVersion?: string;
  readonly headers?: readonly string[];
  readonly replaced?: readonly string[];
}): RequestHead {
  const rawHeaders = [
    "Host",
    "a",
    "Upgrade",
    "websocket",
    "Connection",
    "Upgrade",
    "Sec-WebSocket-Key",
    key,
    "Sec-WebSocket-Version",
    "13",
  ];
  const {
    method = "GET",
    target = "/",
    httpVersion = "1.1",
    headers = [],
    replaced = [...rawHeaders, ...headers],
  } = change;
  return { method, target, httpVersion, rawHeaders: replaced };
}

function pairs(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => [`X-${index}`, ""]).flat();
}

function wireBytes({ method, target, rawHeaders }: RequestHead): number {
  const lines = rawHeaders.flatMap((text, index) => (index % 2 === 0 ? [] : [`${rawHeaders[index - 1]}: ${text}\r\n`]));
  return `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`.length;
}

function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

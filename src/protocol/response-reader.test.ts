import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cuts } from "../testing/index.ts";
import { ProtocolError } from "./errors.ts";
import { maxRefusalBodyBytes, ResponseReader } from "./response-reader.ts";
import type { AcceptedResponse, RefusedResponse } from "./response-reader.ts";

interface ResponseVector {
  readonly rule: string;
  readonly name: string;
  readonly protocols: readonly string[];
  readonly extensions?: string;
  readonly response: string;
  readonly accepted?: {
    readonly protocol: string;
    readonly extensions: readonly (readonly [string, Readonly<Record<string, string | true>>])[];
  };
  readonly refused?: { readonly status: number; readonly reason: string; readonly body: string };
}

const file = new URL("../../spec/vectors/handshake.json", import.meta.url);
const vectors = (JSON.parse(readFileSync(file, "utf8")) as { readonly responses: readonly ResponseVector[] }).responses;
const key = "dGhlIHNhbXBsZSBub25jZQ==";
const accept =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const frame = Uint8Array.of(0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f); // "Hello" (RFC 6455 §5.7)

for (const vector of vectors) {
  const bytes = latin1(vector.response);
  const [whole, single, ...halves] = cuts(bytes, Infinity);
  const expected = expectedOf(vector);

  test(`[${vector.rule}] ${vector.name}, whole`, () => {
    expect(answer(vector, whole?.chunks ?? [])).toMatchObject(expected);
  });
  test(`[${vector.rule}] ${vector.name}, byte by byte`, () => {
    expect(answer(vector, single?.chunks ?? [])).toMatchObject(expected);
  });
  test(`[${vector.rule}] ${vector.name}, cut in two at every place`, () => {
    expect(halves).toHaveLength(Math.max(bytes.length - 1, 0));
    for (const half of halves) expect(answer(vector, half.chunks), half.name).toMatchObject(expected);
  });
}

describe("the bytes behind a 101", () => {
  test("[HC9] are handed over, in every cut", () => {
    const bytes = Uint8Array.of(...latin1(accept), ...frame);
    for (const cut of cuts(bytes, Infinity)) {
      const reader = new ResponseReader({ key, protocols: [] });
      let received = 0;
      let result: AcceptedResponse | RefusedResponse | undefined;
      for (const chunk of cut.chunks) {
        if (result !== undefined) break;
        received += chunk.length;
        result = reader.receive(chunk);
      }
      expect(result, cut.name).toMatchObject({ type: "accepted", rest: bytes.slice(accept.length, received) });
    }
  });

  test("[HC9] are not read as HTTP, even if they look like it", () => {
    const result = answer({ protocols: [] }, [latin1(`${accept}HTTP/1.1 200 OK\r\n\r\n`)]);
    expect(result).toMatchObject({ type: "accepted", rest: latin1("HTTP/1.1 200 OK\r\n\r\n") });
  });

  test("[HC9] that come later are not the reader's any more", () => {
    const reader = new ResponseReader({ key, protocols: [] });
    expect(reader.receive(latin1(accept))).toMatchObject({ type: "accepted" });
    expect(reader.receive(frame)).toBeUndefined();
    expect(reader.receiveEnd()).toBeUndefined();
  });
});

describe("the body of a refusal", () => {
  test("[HC10] is told as soon as it is complete", () => {
    const reader = new ResponseReader({ key, protocols: [] });
    expect(reader.receive(latin1("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nab"))).toBeUndefined();
    expect(reader.receive(latin1("c"))).toBeUndefined();
    expect(reader.receive(latin1("de"))).toMatchObject({ type: "refused", status: 403, body: latin1("abcd") });
  });

  test("[HC10] in chunks ends with the last one, though the server keeps the connection", () => {
    const reader = new ResponseReader({ key, protocols: [] });
    expect(
      reader.receive(latin1("HTTP/1.1 400 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nd")),
    ).toBeUndefined();
    expect(reader.receive(latin1("e\r\n0\r\n\r\n"))).toMatchObject({
      type: "refused",
      status: 400,
      body: latin1("abcde"),
    });
  });

  test("[HC10] in another coding is what comes until the end", () => {
    const reader = new ResponseReader({ key, protocols: [] });
    const head = "HTTP/1.1 400 No\r\nContent-Length: 1\r\nTransfer-Encoding: gzip\r\n\r\n";
    expect(reader.receive(latin1(`${head}0\r\n\r\n`))).toBeUndefined();
    expect(reader.receiveEnd()).toMatchObject({ type: "refused", body: latin1("0\r\n\r\n") });
  });

  test("[HC10] of 64 KiB is kept whole, and of one byte more is cut", () => {
    for (const length of [maxRefusalBodyBytes - 1, maxRefusalBodyBytes, maxRefusalBodyBytes + 1]) {
      const body = new Uint8Array(length).fill(0x61);
      expect(answer({ protocols: [] }, [latin1("HTTP/1.1 500 Oops\r\n\r\n"), body])).toMatchObject({
        type: "refused",
        body: body.subarray(0, 64 * 1024),
      });
    }
  });

  test("[HC10] without an end is told at 64 KiB and held no longer", () => {
    for (const length of ["", "Content-Length: 99999999999999999999\r\n"]) {
      const reader = new ResponseReader({ key, protocols: [] });
      expect(reader.receive(latin1(`HTTP/1.1 500 Oops\r\n${length}\r\n`))).toBeUndefined();
      expect(reader.receive(new Uint8Array(maxRefusalBodyBytes - 1))).toBeUndefined();
      expect(reader.receive(new Uint8Array(1))).toMatchObject({ type: "refused", status: 500 });
      expect(reader.receive(new Uint8Array(1))).toBeUndefined();
      expect(reader.receiveEnd()).toBeUndefined();
    }
  });

  test("[HC10] comes with the status and every header as it was sent", () => {
    const result = answer({ protocols: [] }, [
      latin1("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nwww-authenticate:  Bearer \r\nContent-Length: 0\r\n\r\n"),
    ]);
    expect(result?.headers).toEqual([
      ["WWW-Authenticate", "Basic"],
      ["www-authenticate", "Bearer"],
      ["Content-Length", "0"],
    ]);
  });
});

describe("the head of an answer", () => {
  test("[HC12] of 16 KiB is read and of one byte more is refused, interim answers included", () => {
    const interim = "HTTP/1.1 100 Continue\r\n\r\n";
    const start = accept.slice(0, -2);
    for (const before of ["", interim, interim.repeat(3)]) {
      const filler = 16 * 1024 - before.length - accept.length - "X: \r\n".length;
      const head = (length: number): Uint8Array => latin1(`${before}${start}X: ${"x".repeat(length)}\r\n\r\n`);
      expect(answer({ protocols: [] }, [head(filler)])).toMatchObject({ type: "accepted" });
      expect(answer({ protocols: [] }, [head(filler + 1)])).toMatchObject({
        type: "refused",
        status: 0,
        reason: expect.stringContaining("Cannot accept a head of more than"),
      });
    }
  });

  test("[HC12] of endless interim answers is refused at 16 KiB", () => {
    const reader = new ResponseReader({ key, protocols: [] });
    const interim = latin1("HTTP/1.1 100 Continue\r\n\r\n");
    let count = 0;
    let result = reader.receive(interim);
    while (result === undefined && count++ < 1000) result = reader.receive(interim);
    expect(result).toMatchObject({ type: "refused", status: 0 });
    expect(count * interim.length).toBeLessThanOrEqual(16 * 1024);
  });

  test("[HC12] has the limit that was asked for, and 100 headers", () => {
    const limited = new ResponseReader({ key, protocols: [], maxHeadBytes: accept.length });
    expect(limited.receive(latin1(accept))).toMatchObject({ type: "accepted" });
    const tooLong = new ResponseReader({ key, protocols: [], maxHeadBytes: accept.length - 1 });
    expect(tooLong.receive(latin1(accept))).toMatchObject({ type: "refused", status: 0 });
    const headers = (count: number): Uint8Array => latin1(`${accept.slice(0, -2)}${"X: y\r\n".repeat(count)}\r\n`);
    expect(answer({ protocols: [] }, [headers(97)])).toMatchObject({ type: "accepted" });
    expect(answer({ protocols: [] }, [headers(98)])).toMatchObject({ type: "refused", status: 0 });
  });
});

test("[HC2] a malformed offer is the caller's fault and throws at once", () => {
  expect(() => new ResponseReader({ key, protocols: [], extensions: "x y" })).toThrow(ProtocolError);
});

test("[HC13] any bytes give at most one result and never an exception, and any cut gives the same", () => {
  const piece = fc.constantFrom(
    "HTTP/1.1 101 x\r\n",
    "HTTP/1.1 100 x\r\n",
    "HTTP/1.1 403 x\r\n",
    "Upgrade: websocket\r\n",
    "Connection: Upgrade\r\n",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
    "Content-Length: 3\r\n",
    "\r\n",
    "\r",
    "\n",
    "abc",
    "\0",
    ": ",
  );
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.array(piece).map((pieces) => latin1(pieces.join(""))),
  );
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 20 }), (value, size) => {
      const reader = new ResponseReader({ key, protocols: ["a"], extensions: "x" });
      const results: unknown[] = [];
      for (let at = 0; at < value.length; at += size) results.push(reader.receive(value.slice(at, at + size)));
      results.push(reader.receiveEnd(), reader.receive(value), reader.receiveEnd());
      const [result, ...more] = results.filter((each) => each !== undefined);
      expect(more).toEqual([]);
      expect({ ...(result as object), rest: 0 }).toEqual({
        ...answer({ protocols: ["a"], extensions: "x" }, [value]),
        rest: 0,
      });
    }),
  );
});

function answer(
  offer: { readonly protocols: readonly string[]; readonly extensions?: string },
  chunks: readonly Uint8Array[],
): AcceptedResponse | RefusedResponse | undefined {
  const reader = new ResponseReader({ key, protocols: offer.protocols, extensions: offer.extensions });
  for (const chunk of chunks) {
    const result = reader.receive(chunk);
    if (result !== undefined) return result;
  }
  return reader.receiveEnd();
}

function expectedOf({ accepted, refused }: ResponseVector): object {
  if (refused !== undefined) {
    return {
      type: "refused",
      ...refused,
      reason: expect.stringContaining(refused.reason) as string,
      body: latin1(refused.body),
    };
  }
  const extensions = accepted?.extensions.map(([name, params]) => ({ name, params: new Map(Object.entries(params)) }));
  return { type: "accepted", ...accepted, extensions };
}

function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

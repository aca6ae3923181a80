import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ProtocolError } from "./errors.ts";
import type { ProtocolErrorCode } from "./errors.ts";
import { selectProtocol, writeAccept, writeRefusal } from "./handshake-answer.ts";
import type { Refusal } from "./handshake-answer.ts";
import { ResponseReader } from "./response-reader.ts";

const key = "dGhlIHNhbXBsZSBub25jZQ==";

describe("a subprotocol", () => {
  test("[HS12] is the first of the server's list that the client offered", () => {
    expect(selectProtocol(["a", "b", "c"], ["c", "a"])).toBe("c");
    expect(selectProtocol(["b", "a"], ["a", "b"])).toBe("a");
  });

  test("[HS12] is never one that only one side knows, and case counts", () => {
    expect(selectProtocol(["a"], ["b"])).toBeUndefined();
    expect(selectProtocol(["a"], ["A"])).toBeUndefined();
    expect(selectProtocol(["a"], [])).toBeUndefined();
    expect(selectProtocol([], ["a"])).toBeUndefined();
  });

  test("[HS12] that the client did not offer cannot be answered", () => {
    expectFault("ERR_SUBPROTOCOL", () => writeAccept({ key, protocols: [], protocol: "a" }));
    expectFault("ERR_SUBPROTOCOL", () => writeAccept({ key, protocols: ["a"], protocol: "A" }));
  });
});

describe("the 101", () => {
  test("[HS14] is written to the byte as RFC 6455 §1.3 shows it", () => {
    expect(text(writeAccept({ key, protocols: ["chat", "superchat"], protocol: "chat" }))).toBe(
      "HTTP/1.1 101 Switching Protocols\r\n" +
        "Upgrade: websocket\r\n" +
        "Connection: Upgrade\r\n" +
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" +
        "Sec-WebSocket-Protocol: chat\r\n" +
        "\r\n",
    );
  });

  test("[HS12] [HS13] names no subprotocol and no extension where none was chosen", () => {
    const written = text(writeAccept({ key, protocols: ["chat"] }));
    expect(written).not.toContain("Sec-WebSocket-Protocol");
    expect(written).not.toContain("Sec-WebSocket-Extensions");
  });

  test("[HS14] carries the extensions and the application's headers", () => {
    const headers = [
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ] as const;
    const written = text(writeAccept({ key, protocols: [], extensions: "permessage-deflate", headers }));
    expect(written).toContain(
      "\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n",
    );
  });

  test("[HS15] CVE-2026-1527: no header, subprotocol or extension can smuggle a line in", () => {
    for (const bad of ["a\r\nb", "a\rb", "a\nb", "a\0b", "a\r\n\r\nHTTP/1.1 200 OK", "\u0100"]) {
      expectFault("ERR_HEADER", () => writeAccept({ key, protocols: [], headers: [["X", bad]] }));
      expectFault("ERR_HEADER", () => writeAccept({ key, protocols: [], headers: [[bad, "x"]] }));
      expectFault("ERR_HEADER", () => writeAccept({ key, protocols: [], extensions: bad }));
      expectFault("ERR_HEADER", () => writeAccept({ key, protocols: [bad], protocol: bad }));
    }
  });

  test("[HS15] cannot be changed by the application's headers", () => {
    const names = [
      "Upgrade",
      "connection",
      "CONTENT-LENGTH",
      "Transfer-Encoding",
      "Sec-WebSocket-Accept",
      "Sec-WebSocket-Protocol",
    ];
    for (const name of [...names, "Sec-WebSocket-Extensions"]) {
      expectFault("ERR_HEADER", () => writeAccept({ key, protocols: [], headers: [[name, "a"]] }));
    }
  });

  test("[HS14] [HC9] is what a client accepts, in any cut and with frames behind it", () => {
    const token = fc.string({ unit: fc.constantFrom(..."azAZ09-_."), minLength: 1, maxLength: 10 });
    const keys = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("base64"));
    const protocols = fc.uniqueArray(token, { minLength: 1, maxLength: 4 });
    const rest = fc.uint8Array({ maxLength: 20 });
    fc.assert(
      fc.property(keys, protocols, rest, fc.integer({ min: 1, max: 300 }), (anyKey, offered, frames, size) => {
        const protocol = selectProtocol(offered, offered.toReversed());
        const bytes = Uint8Array.of(
          ...writeAccept({ key: anyKey, protocols: offered, protocol, extensions: "x; a" }),
          ...frames,
        );
        const reader = new ResponseReader({ key: anyKey, protocols: offered, extensions: "x" });
        for (let at = 0; at < bytes.length; at += size) {
          const result = reader.receive(bytes.slice(at, at + size));
          if (result === undefined) continue;
          expect(result).toMatchObject({
            type: "accepted",
            protocol: offered.at(-1),
            extensions: [{ name: "x", params: new Map([["a", true]]) }],
            rest: frames.slice(0, Math.max(0, at + size - (bytes.length - frames.length))),
          });
          return;
        }
        expect.unreachable("the head was never complete");
      }),
    );
  });
});

describe("a refusal", () => {
  test("[HS16] is a whole response that closes the connection", () => {
    expect(text(writeRefusal(refusal({ reason: "No caf\u00e9" })))).toBe(
      "HTTP/1.1 400 Bad Request\r\n" +
        "Connection: close\r\n" +
        "Content-Length: 9\r\n" +
        "Content-Type: text/plain; charset=utf-8\r\n" +
        "\r\n" +
        "No caf\u00e9\n",
    );
  });

  test("[HS16] with an Upgrade header says so in Connection, as a 426 must", () => {
    const headers = [
      ["Upgrade", "websocket"],
      ["Sec-WebSocket-Version", "13"],
    ] as const;
    expect(text(writeRefusal(refusal({ status: 426, headers })))).toBe(
      "HTTP/1.1 426 Upgrade Required\r\n" +
        "Connection: close, Upgrade\r\n" +
        "Content-Length: 7\r\n" +
        "Content-Type: text/plain; charset=utf-8\r\n" +
        "Upgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\n" +
        "\r\n" +
        "reason\n",
    );
  });

  test("[HS16] may have another type of text, and a status without words", () => {
    const headers = [["content-type", "application/json"]] as const;
    expect(text(writeRefusal(refusal({ status: 418, headers })))).toBe(
      "HTTP/1.1 418 \r\nConnection: close\r\nContent-Length: 7\r\ncontent-type: application/json\r\n\r\nreason\n",
    );
  });

  test("[HS16] is never a 101 and never a success", () => {
    for (const status of [101, 100, 200, 204, 299, 600, 0, -1, 400.5, Number.NaN, Infinity]) {
      expectFault("ERR_STATUS", () => writeRefusal(refusal({ status })));
    }
    for (const status of [300, 599]) expect(writeRefusal(refusal({ status }))).toBeInstanceOf(Uint8Array);
  });

  test("[HS15] CVE-2026-1527: has no header that smuggles a line in or changes where the body ends", () => {
    for (const bad of ["a\r\nb", "a\nb", "a\rb", "a\0b"]) {
      expectFault("ERR_HEADER", () => writeRefusal(refusal({ headers: [["X", bad]] })));
      expectFault("ERR_HEADER", () => writeRefusal(refusal({ headers: [[bad, "x"]] })));
    }
    for (const name of ["Connection", "content-length", "Transfer-Encoding"]) {
      expectFault("ERR_HEADER", () => writeRefusal(refusal({ headers: [[name, "a"]] })));
    }
  });

  test("[HS16] [HC10] reaches a client with its status, headers and text", () => {
    fc.assert(
      fc.property(fc.integer({ min: 400, max: 599 }), fc.string({ unit: "grapheme" }), (status, reason) => {
        const reader = new ResponseReader({ key, protocols: [] });
        const result = reader.receive(writeRefusal(refusal({ status, reason, headers: [["Retry-After", "1"]] })));
        expect(result).toMatchObject({ type: "refused", status, body: new TextEncoder().encode(`${reason}\n`) });
        expect(result?.headers).toContainEqual(["Retry-After", "1"]);
      }),
    );
  });
});

function refusal(change: Partial<Refusal>): Refusal {
  return { type: "refusal", status: 400, reason: "reason", headers: [], ...change };
}

function expectFault(code: ProtocolErrorCode, act: () => unknown): void {
  expect(act).toThrow(ProtocolError);
  expect(act).toThrow(expect.objectContaining({ code }));
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

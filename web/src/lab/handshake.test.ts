import { expect, test } from "vitest";
import type { TraceEntry } from "switchboard/lab";
import { computeAccept } from "./accept-steps.ts";
import { presets, rightAttempt } from "./attempt-presets.ts";
import { countBytes, glyphOf, hexOf } from "./bytes.ts";
import { type Course, emptyCourse, follow } from "./course.ts";
import { countReached, handshakeSteps } from "./handshake-steps.ts";
import { findHeader, readHead } from "./head.ts";
import { findWords } from "./header-words.ts";

const request = "GET /lab/line HTTP/1.1\r\nHost: here\r\nupgrade:  websocket\r\n\r\n";
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test("[LB11] a head is read line by line, each with its bytes; what follows it is none", () => {
  const lines = readHead(bytesOf(`${request}\x81\x00`));
  expect(lines.map(({ text, name }) => [name, text])).toEqual([
    [undefined, "GET /lab/line HTTP/1.1"],
    ["Host", "Host: here"],
    ["upgrade", "upgrade:  websocket"],
    [undefined, ""],
  ]);
  expect(lines.map(({ from, to }) => request.slice(from, to)).join("")).toBe(request);
  expect(findHeader(lines, "Upgrade")).toBe("websocket");
  expect(findHeader(lines, "Origin")).toBeUndefined();
  expect(readHead(bytesOf("GET / HT"))).toEqual([{ from: 0, to: 8, name: undefined, text: "GET / HT" }]);
});

test("[LB11] every line of a handshake has words for what it is and why, and where that is written", () => {
  const handshake = `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: b\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Protocol: p\r\nSec-WebSocket-Extensions: e\r\n\r\n`;
  const answer = "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n";
  const lines = [...readHead(bytesOf(handshake)), ...readHead(bytesOf(answer))];
  expect(lines.filter((line) => findWords(line) === undefined)).toEqual([]);
  const words = lines.map((line) => findWords(line));
  expect(words.every((one) => /RFC \d{4}/.test(one?.source ?? ""))).toBe(true);
  expect(new Set(words.map((one) => one?.what)).size).toBe(lines.length - 1); // both have an empty line
  expect(findWords({ name: "X-Anything", text: "X-Anything: 1" })).toBeUndefined();
});

test("[LB11] the proof of the RFC's key, step by step", () => {
  expect(computeAccept("dGhlIHNhbXBsZSBub25jZQ==")).toEqual({
    joined: "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
    digest: "b3 7a 4f 2c c0 62 4f 16 90 f6 46 06 cf 38 59 45 b2 be c4 ea",
    accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    fault: undefined,
  });
  expect(computeAccept("c2hvcnQ=").fault).toContain("not 16 bytes");
  expect(computeAccept("dGhlIHNhbXBsZSBub25jZR==").fault).toContain("not 16 bytes"); // its last bits are lost
  expect(computeAccept("no base64!").fault).toContain("no base64");
});

function told(...entries: readonly TraceEntry[]): Course {
  return entries.reduce(follow, emptyCourse);
}

function bytesEntry(direction: "in" | "out", part: "http" | "frames", text: string): TraceEntry {
  return { type: "bytes", atMs: 1, direction, part, bytes: btoa(text), byteCount: text.length };
}

const connected: TraceEntry = { type: "connected", atMs: 0, remoteAddress: "::1", isSecure: true, isExact: true };

test("[LB10] what the server tells becomes a course: request, answer, frames of both directions, an end", () => {
  const course = told(
    connected,
    bytesEntry("in", "http", request),
    bytesEntry("out", "http", "HTTP/1.1 101"),
    { type: "switched", atMs: 2, protocol: "lab" },
    bytesEntry("in", "frames", "\x81\x80\x00"),
    bytesEntry("out", "frames", "\x89\x00\x81\x01a"),
    bytesEntry("in", "frames", "\x00\x00\x00\x81"),
    { type: "event", atMs: 3, what: "message", detail: "" },
    { type: "event", atMs: 3, what: "fail", detail: "1002 no" },
    { type: "ended", atMs: 4, by: "us" },
  );
  expect(course.frames.map(({ number, direction, opcode }) => [number, direction, opcode])).toEqual([
    [1, "out", "ping"],
    [2, "out", "text"],
    [3, "in", "text"],
  ]);
  expect([...course.pending.in]).toEqual([0x81]);
  expect(course).toMatchObject({ fault: "1002 no", ended: { by: "us" }, switched: { protocol: "lab" } });
  expect(follow(course, connected)).toEqual({ ...emptyCourse, connected });
});

test("[LB11] the five steps light up as far as the handshake came", () => {
  expect(handshakeSteps).toHaveLength(5);
  const asked = told(connected, bytesEntry("in", "http", request));
  expect(countReached(emptyCourse)).toBe(0);
  expect(countReached(asked)).toBe(2);
  expect(
    countReached(told(connected, bytesEntry("in", "http", request), bytesEntry("out", "http", "HTTP/1.1 1"))),
  ).toBe(4);
  expect(countReached(follow(asked, { type: "switched", atMs: 1, protocol: "" }))).toBe(5);
  const answered = follow(asked, bytesEntry("out", "http", "HTTP/1.1 403 Forbidden"));
  expect(countReached(follow(answered, { type: "refused", atMs: 1, status: 403, reason: "" }))).toBe(2);
});

test("[LB8] the presets begin with a right handshake, and each other one differs from it", () => {
  const [right, ...others] = presets("here", "https://here");
  expect(right?.attempt).toEqual(rightAttempt("here", "https://here"));
  expect(others.filter(({ attempt }) => JSON.stringify(attempt) === JSON.stringify(right?.attempt))).toEqual([]);
  expect(new Set(others.map(({ title }) => title)).size).toBe(others.length);
});

test("[LB11] bytes are shown as numbers and as signs, and are counted in words", () => {
  expect(hexOf(Uint8Array.of(0, 10, 255))).toBe("00 0a ff");
  expect([0x0d, 0x0a, 0x20, 0x41, 0x7f, 0x80].map(glyphOf).join("")).toBe("←↓·A∙∙");
  expect([countBytes(1), countBytes(0), countBytes(1234)]).toEqual(["1 byte", "0 bytes", "1,234 bytes"]);
});

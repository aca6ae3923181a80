import { expect, test } from "vitest";
import { parseAttempt } from "./attempt.ts";

const right = { method: "GET", version: "HTTP/1.1", headers: [["Host", "here"]], frames: "8100" };

test("[LB8] an attempt is taken as it is written", () => {
  expect(parseAttempt(right)).toEqual(right);
});

test.each([
  [{ ...right, method: "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET" }, "no control characters"],
  [{ ...right, headers: [["Host", "here\r\nX: y"]] }, 'Cannot send "here\\r\\nX: y"'],
  [{ ...right, headers: [["Host", "here\n"]] }, "no control characters"],
  [{ ...right, headers: [["Host", "\u0100"]] }, "no control characters"],
  [{ ...right, headers: [["a".repeat(1025), ""]] }, "at most 1024 characters"],
  [{ ...right, headers: Array.from({ length: 41 }, () => ["A", "b"]) }, "Cannot send 41 headers: at most 40"],
  [{ ...right, headers: [["Host"]] }, "each is a name and a value"],
  [{ ...right, headers: "Host: here" }, "it needs method, version, headers and frames"],
  [{ ...right, frames: "8" }, "whole bytes in hexadecimal"],
  [{ ...right, frames: "zz" }, "whole bytes in hexadecimal"],
  [{ ...right, frames: "00".repeat(4097) }, "Cannot send 4097 bytes of frames: at most 4096"],
  [null, "it is no object"],
])("[LB8] what would be another request, or is too long, is refused: %j", (value, words) => {
  expect(parseAttempt(value)).toContain(words);
});

test("[LB8] the limits themselves are kept", () => {
  const most = {
    ...right,
    headers: Array.from({ length: 40 }, () => ["A", "b".repeat(1024)]),
    frames: "00".repeat(4096),
  };
  expect(parseAttempt(most)).toEqual(most);
});

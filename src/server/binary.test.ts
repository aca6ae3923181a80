import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import type { SchemaResult } from "../wire/index.ts";
import { binary, isBinary, stringify } from "./binary.ts";

function judge(value: unknown, maxBytes?: number): SchemaResult<Uint8Array> {
  const result = binary(maxBytes === undefined ? {} : { maxBytes })["~standard"].validate(value);
  if (result instanceof Promise) throw new Error("It judges at once");
  return result;
}

test("[SV22] any bytes become base64, and the same bytes again", () => {
  const run = (bytes: Uint8Array): void => {
    const text = JSON.parse(stringify(bytes) ?? "") as string;
    expect(text).toBe(Buffer.from(bytes).toString("base64"));
    expect(judge(text)).toEqual({ value: bytes });
    expect(judge(bytes)).toEqual({ value: bytes });
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), run));
});

test("[SV22] a view of a part of a buffer is only that part, and Node's own kind is no other", () => {
  expect(stringify(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))).toBe('"AgM="');
  expect(stringify(Buffer.from([2, 3]))).toBe('"AgM="');
});

test("[SV22] what is not bytes stays JSON", () => {
  expect([stringify({ a: "b" }), stringify(undefined)]).toEqual(['{"a":"b"}', undefined]);
});

test.for(["AgM", "AgM=\n", "A===", "Ag-_", "=", 7, null, [1, 2], { 0: 1 }])("[SV22] %o is no bytes", (value) => {
  expect(judge(value)).toEqual({ issues: [{ message: "it must be bytes, as base64" }] });
});

test("[SV22] maxBytes bytes are taken, one more is not", () => {
  expect(judge(new Uint8Array(48_000))).toHaveProperty("value");
  expect(judge(new Uint8Array(48_001))).toEqual({ issues: [{ message: "it has 48001 bytes, the limit is 48000" }] });
  expect(judge("AAAA", 3)).toHaveProperty("value");
  expect(judge("AAAA", 2)).toEqual({ issues: [{ message: "it has 3 bytes, the limit is 2" }] });
  expect(() => binary({ maxBytes: 0 })).toThrow(new RangeError("Cannot use 0 as maxBytes: give a positive number"));
});

test("[SV22] a schema of bytes is known as one, and no other is", () => {
  expect([isBinary(binary()), isBinary(z.string()), isBinary({ ...binary() })]).toEqual([true, false, false]);
});

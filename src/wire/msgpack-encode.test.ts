import { decode } from "@msgpack/msgpack";
import fc from "fast-check";
import { expect, test } from "vitest";
import { findSpans, unpack } from "./msgpack-decode.ts";
import { encodeMsgpack } from "./msgpack-encode.ts";

function hexOf(value: unknown): string {
  return Buffer.from(encodeMsgpack(value)).toString("hex");
}

test.each<[unknown, string]>([
  [null, "c0"],
  [undefined, "c0"],
  [false, "c2"],
  [true, "c3"],
  [0, "00"],
  [127, "7f"],
  [128, "cc80"],
  [255, "ccff"],
  [256, "cd0100"],
  [65_535, "cdffff"],
  [65_536, "ce00010000"],
  [4_294_967_295, "ceffffffff"],
  [4_294_967_296, "cf0000000100000000"],
  [Number.MAX_SAFE_INTEGER, "cf001fffffffffffff"],
  [-1, "ff"],
  [-32, "e0"],
  [-33, "d0df"],
  [-128, "d080"],
  [-129, "d1ff7f"],
  [-32_768, "d18000"],
  [-32_769, "d2ffff7fff"],
  [-2_147_483_648, "d280000000"],
  [-2_147_483_649, "d3ffffffff7fffffff"],
  [-0, "ca80000000"],
  [0.5, "ca3f000000"],
  [0.1, "cb3fb999999999999a"],
  [2 ** 53, "ca5a000000"],
  ["", "a0"],
  ["é", "a2c3a9"],
  ["\ud83d\ude00", "a4f09f9880"],
  ["a".repeat(31), `bf${"61".repeat(31)}`],
  ["a".repeat(32), `d920${"61".repeat(32)}`],
  [new Uint8Array([1, 2]), "c4020102"],
  [[], "90"],
  [Array.from({ length: 15 }, () => 1), `9f${"01".repeat(15)}`],
  [Array.from({ length: 16 }, () => 1), `dc0010${"01".repeat(16)}`],
  [{}, "80"],
  [{ a: 1, b: undefined, c: [] }, "82a16101a16390"],
])("[WM6] %j is written in its shortest form", (value, hex) => {
  expect(hexOf(value)).toBe(hex);
});

test("[WM6] texts and byte strings of a byte's length and of two", () => {
  expect(hexOf("a".repeat(255))).toBe(`d9ff${"61".repeat(255)}`);
  expect(hexOf("a".repeat(256))).toBe(`da0100${"61".repeat(256)}`);
  expect(hexOf(new Uint8Array(255))).toBe(`c4ff${"00".repeat(255)}`);
  expect(hexOf(new Uint8Array(256))).toBe(`c50100${"00".repeat(256)}`);
});

test("[WM6] long texts, byte strings, lists and objects have lengths of four bytes", () => {
  expect(hexOf("a".repeat(65_536)).slice(0, 12)).toBe("db0001000061");
  expect(hexOf(new Uint8Array(65_536)).slice(0, 12)).toBe("c60001000000");
  expect(hexOf(Array.from({ length: 65_536 }, () => 7)).slice(0, 12)).toBe("dd0001000007");
  const object = Object.fromEntries(Array.from({ length: 16 }, (_, key) => [`k${key}`, 1]));
  expect(hexOf(object).slice(0, 6)).toBe("de0010");
  const large = Object.fromEntries(Array.from({ length: 65_536 }, (_, key) => [`k${key}`, 1]));
  expect(hexOf(large).slice(0, 10)).toBe("df00010000");
});

test("[WM6] any JSON value comes back, from us and from another library", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 12 }), (value) => {
      const bytes = encodeMsgpack(value);
      const spans = findSpans(bytes, 2);
      expect(spans).toEqual([{ start: 0, end: bytes.length }]);
      expect(unpack(bytes, spans[0] ?? { start: 0 })).toEqual({ type: "value", value, bytesCount: 0 });
      const isPlain = !JSON.stringify(value).includes("__proto__"); // which the library does not read
      expect(isPlain ? decode(bytes) : undefined).toEqual(isPlain ? value : undefined);
    }),
  );
});

import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { expect, test } from "vitest";
import { findSpans, unpack, type UnpackedValue } from "./msgpack-decode.ts";
import { parseJson } from "./parse-json.ts";

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

function unpackAll(bytes: Uint8Array, maxCount = Infinity): UnpackedValue[] {
  return findSpans(bytes, maxCount).map((span) => unpack(bytes, span));
}

function only(hex: string): UnpackedValue | undefined {
  const all = unpackAll(bytesOf(hex));
  expect(all).toHaveLength(1);
  return all[0];
}

function refused(reason: string, value?: unknown): object {
  return { type: "refused", reason, value };
}

test.each<[string, unknown]>([
  ["c0", null],
  ["c2", false],
  ["c3", true],
  ["7f", 127],
  ["e0", -32],
  ["cc ff", 255],
  ["cd ffff", 65_535],
  ["ce ffffffff", 4_294_967_295],
  ["cf 001fffffffffffff", Number.MAX_SAFE_INTEGER],
  ["cf 0000000000000001", 1],
  ["d0 80", -128],
  ["d1 8000", -32_768],
  ["d2 80000000", -2_147_483_648],
  ["d3 ffe0000000000001", Number.MIN_SAFE_INTEGER],
  ["ca 3f000000", 0.5],
  ["cb 7fefffffffffffff", Number.MAX_VALUE],
  ["a0", ""],
  ["a3 61c3a9", "aé"],
  ["a3 efbbbf", "\ufeff"],
  ["da 0003 616263", "abc"],
  [`d9 31 ${"61".repeat(49)}`, "a".repeat(49)],
  ["92 01 90", [1, []]],
  ["82 a161 01 a162 80", { a: 1, b: {} }],
])("[WM1] %s is read", (hex, value) => {
  expect(only(hex)).toEqual({ type: "value", value, bytesCount: 0 });
});

test("[WM1] byte strings are read as copies of their bytes, and counted", () => {
  const bytes = bytesOf("92 c4 02 0102 c4 00");
  const [unpacked] = unpackAll(bytes);
  expect(unpacked).toEqual({ type: "value", value: [new Uint8Array([1, 2]), new Uint8Array()], bytesCount: 2 });
  bytes.fill(9);
  expect(unpacked).toMatchObject({ value: [new Uint8Array([1, 2]), new Uint8Array()] });
});

test.each([
  ["an extension", "d4 07 01", refused("it has an extension type")],
  ["a timestamp", "d6 ff 00000001", refused("it has an extension type")],
  ["an integer beyond 2^53", "cf 0020000000000000", refused("an integer is beyond 2^53")],
  ["one beyond -2^53", "d3 ffe0000000000000", refused("an integer is beyond 2^53")],
  ["NaN", "cb 7ff8000000000000", refused("a number is not finite")],
  ["infinity", "ca ff800000", refused("a number is not finite")],
  ["a text that is not UTF-8", "a2 c328", refused("a text is not UTF-8")],
  ["half of a surrogate pair", "a3 eda080", refused("a text is not UTF-8")],
  ["a key that is no text", "82 01 02 a161 03", refused("a key is no text", { a: 3 })],
  ["a key twice", "83 a161 01 a161 02 a162 03", refused("an object has the same key twice", { a: 1, b: 3 })],
  [
    "__proto__ twice",
    "82 a95f5f70726f746f5f5f 01 a95f5f70726f746f5f5f 02",
    { reason: "an object has the same key twice" },
  ],
])("[WM2] %s is refused, and the rest of the value is read for its id", (_, hex, expected) => {
  expect(only(hex)).toMatchObject(expected);
  const { reason } = expected as { readonly reason: string };
  const value = expect.arrayContaining([7, null]) as unknown;
  expect(only(`93 ${hex} 07 c0`)).toMatchObject({ reason, value });
});

test("[WM2] of several faults the first is told", () => {
  expect(only("92 d40701 cb7ff8000000000000")).toMatchObject({ reason: "it has an extension type" });
});

test("[WM3] 32 levels are read, 33 are refused, and as deep as anybody likes takes no stack", () => {
  for (const [open, close] of [
    ["91", "01"],
    ["81a161", "01"],
  ] as const) {
    expect(only(open.repeat(32) + close)).toMatchObject({ type: "value" });
    expect(only(open.repeat(33) + close)).toMatchObject({ reason: "it nests deeper than 32" });
    expect(only(open.repeat(20_000) + close)).toMatchObject({ reason: "it nests deeper than 32" });
  }
  // What is behind the depth is read.
  expect(only(`82 a161 ${"91".repeat(40)}01 a26964 07`)).toMatchObject({ value: { id: 7 } });
});

test("[WM3] 256 keys in one object are read, 257 are refused, wherever the object is", () => {
  const objectOf = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, key) => [`k${key}`, 1]));
  const [most] = unpackAll(encode(objectOf(256)));
  const [more] = unpackAll(encode([objectOf(257)]));
  expect([most?.type, more]).toMatchObject(["value", { reason: "an object has more than 256 keys" }]);
});

test("[WM3] a length that is a lie is found out before anything is built", () => {
  for (const hex of [
    "c6 ffffffff 00",
    "db ffffffff 61",
    "dd ffffffff 00",
    "df ffffffff 00",
    "df 7fffffff a161",
    "92 01",
    "81 a161",
    "dc 0002 c0",
  ]) {
    expect(only(hex), hex).toEqual({ type: "refused", reason: "it is not MessagePack" });
  }
});

test("[WM4] the values of a frame are read one behind the other; behind one that is no MessagePack nothing is known", () => {
  expect(unpackAll(bytesOf("01 a161 c0"))).toMatchObject([{ value: 1 }, { value: "a" }, { value: null }]);
  expect(unpackAll(bytesOf("01 d40701 02"))).toMatchObject([{ value: 1 }, { type: "refused" }, { value: 2 }]);
  expect(unpackAll(bytesOf("01 c1 02"))).toMatchObject([{ value: 1 }, { reason: "it is not MessagePack" }]);
  expect(unpackAll(bytesOf("01 a2"))).toMatchObject([{ value: 1 }, { reason: "it is not MessagePack" }]);
  expect(unpackAll(bytesOf(""))).toEqual([{ type: "refused", reason: "it is not MessagePack" }]);
  expect(unpackAll(bytesOf("01 02 03 04"), 3)).toHaveLength(3);
});

test("[WR4] __proto__ and constructor are kept as plain keys and touch no prototype", () => {
  const [unpacked] = unpackAll(bytesOf("82 a95f5f70726f746f5f5f 81a169c3 ab636f6e7374727563746f72 01"));
  const value = unpacked?.type === "value" ? unpacked.value : undefined;
  expect(JSON.stringify(value)).toBe('{"__proto__":{"i":true},"constructor":1}');
  expect([Object.getPrototypeOf(value), {}]).toEqual([Object.prototype, {}]);
});

test("[WM5] whatever another library writes of a JSON value is read as JSON is", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 20 }), (text) => {
      const value: unknown = JSON.parse(text);
      const ours = unpackAll(encode(value, { forceIntegerToFloat: false }))[0];
      const json = parseJson(text);
      expect(ours?.type).toBe(json.type);
      expect(ours?.type === "value" ? ours.value : undefined).toEqual(json.type === "value" ? value : undefined);
    }),
  );
});

test("[WM1] any bytes give an answer, and what is read is what another library reads", () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc
      .array(fc.constantFrom(0x81, 0x92, 0xa1, 0x61, 0xc0, 0xc4, 0xca, 0xcf, 0xd9, 0xdc, 0xff, 0), { maxLength: 30 })
      .map((list) => new Uint8Array(list)),
  );
  fc.assert(
    fc.property(noise, (bytes) => {
      const spans = findSpans(bytes, 4);
      expect(spans[0]?.start).toBe(0);
      for (const span of spans) {
        const ours = unpack(bytes, span);
        // The library does not read a key of that name, and reads much that we refuse.
        const isShared = ours.type === "value" && !JSON.stringify(ours.value).includes("__proto__");
        const theirs = isShared ? decode(bytes.subarray(span.start, span.end)) : undefined;
        expect(isShared ? ours.value : undefined).toEqual(theirs);
      }
    }),
    { numRuns: 2000 },
  );
});

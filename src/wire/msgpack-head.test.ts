import { expect, test } from "vitest";
import { headAt } from "./msgpack-head.ts";

function head(hex: string, at = 0): unknown {
  const { buffer, byteLength, byteOffset } = Buffer.from(hex.replaceAll(" ", ""), "hex");
  return headAt(new DataView(buffer, byteOffset, byteLength), at);
}

// Each form of the specification, "Overview of formats": what it is, where its content begins and ends, how many items it has.
test.each([
  ["00", "integer", 1, 1, 0],
  ["7f", "integer", 1, 1, 127],
  ["80", "map", 1, 1, 0],
  ["8f", "map", 1, 1, 15],
  ["90", "list", 1, 1, 0],
  ["9f", "list", 1, 1, 15],
  ["a0", "text", 1, 1, 0],
  [`bf ${"61".repeat(31)}`, "text", 1, 32, 0],
  ["c0", "nil", 1, 1, 0],
  ["c2", "boolean", 1, 1, 0],
  ["c3", "boolean", 1, 1, 1],
  ["c4 02 0102", "bytes", 2, 4, 2],
  ["c5 0002 0102", "bytes", 3, 5, 2],
  ["c6 00000002 0102", "bytes", 5, 7, 2],
  ["c7 02 07 0102", "extension", 2, 5, 2],
  ["c8 0002 07 0102", "extension", 3, 6, 2],
  ["c9 00000002 07 0102", "extension", 5, 8, 2],
  ["ca 3f000000", "float", 1, 5, 0],
  ["cb 3fe0000000000000", "float", 1, 9, 0],
  ["cc 01", "integer", 1, 2, 0],
  ["cd 0001", "integer", 1, 3, 0],
  ["ce 00000001", "integer", 1, 5, 0],
  ["cf 0000000000000001", "integer", 1, 9, 0],
  ["d0 ff", "integer", 1, 2, 0],
  ["d1 ffff", "integer", 1, 3, 0],
  ["d2 ffffffff", "integer", 1, 5, 0],
  ["d3 ffffffffffffffff", "integer", 1, 9, 0],
  ["d4 07 01", "extension", 1, 3, 0],
  ["d5 07 0102", "extension", 1, 4, 0],
  ["d6 07 01020304", "extension", 1, 6, 0],
  [`d7 07 ${"00".repeat(8)}`, "extension", 1, 10, 0],
  [`d8 07 ${"00".repeat(16)}`, "extension", 1, 18, 0],
  ["d9 02 6162", "text", 2, 4, 2],
  ["da 0002 6162", "text", 3, 5, 2],
  ["db 00000002 6162", "text", 5, 7, 2],
  ["dc ffff", "list", 3, 3, 65_535],
  ["dd ffffffff", "list", 5, 5, 4_294_967_295],
  ["de ffff", "map", 3, 3, 65_535],
  ["df ffffffff", "map", 5, 5, 4_294_967_295],
  ["e0", "integer", 1, 1, -32],
  ["ff", "integer", 1, 1, -1],
])("[WM1] %s begins a value, which is known before it is read", (hex, kind, start, end, count) => {
  expect(head(hex)).toMatchObject({ kind, start, end, count });
  expect(head(`00 00 ${hex}`, 2)).toMatchObject({ kind, start: start + 2, end: end + 2, count });
});

test("[WM1] what was never a format, what is cut short and what is not there are none", () => {
  expect(head("c1")).toBeUndefined();
  expect([head(""), head("00", 1), head("00", 9)]).toEqual([undefined, undefined, undefined]);
  for (const hex of [
    "a261",
    "c40201",
    "c5",
    "c600",
    "c7020701",
    "ca0000",
    "cf00",
    "d40",
    "d407",
    "d9",
    "da00",
    "dc00",
    "df000000",
  ]) {
    expect(head(hex), hex).toBeUndefined();
  }
});

test("[WM1] integers that are signed say so", () => {
  expect(["d0ff", "d1ffff", "d2ffffffff", "d3ffffffffffffffff", "e0"].map((hex) => head(hex))).toMatchObject(
    Array.from({ length: 5 }, () => ({ isSigned: true })),
  );
  expect(["00", "ccff", "cdffff", "ceffffffff"].map((hex) => head(hex))).toMatchObject(
    Array.from({ length: 4 }, () => ({ isSigned: false })),
  );
});

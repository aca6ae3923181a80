import assert from "node:assert/strict";
import { decodeMulti, encode } from "@msgpack/msgpack";
import { decodeClientFrame, decodeClientOp, decodeServerMsgpack } from "../../src/wire/index.ts";
import { findSpans, unpack } from "../../src/wire/msgpack-decode.ts";
import { encodeMsgpack } from "../../src/wire/msgpack-encode.ts";
import { mutate, type Material } from "./mutate.ts";
import type { FuzzTarget } from "./target.ts";

const maxOperationCount = 4;
const position = { epoch: "0123456789abcdef", offset: 2 ** 40, tag: 0xffff_ffff };
const publish = { type: "publish", id: 1, channel: "board", event: "update", messageId: "m1" };
const ops = [
  { type: "auth", id: 1, device: "0".repeat(32), token: "é\u{1d11e}" },
  { type: "subscribe", id: 2, channel: "board", start: { from: "position", position } },
  { ...publish, data: new Uint8Array([0, 255]) },
  { ...publish, data: { a: [1.5, -1e300, null, true, -33, "x".repeat(40)], __proto: {}, "": [] } },
  { type: "history", id: 4, channel: "board", before: 9, count: 256 },
];
const nested = [...Array<undefined>(34)].reduce<unknown>((inner) => [inner], 1);
const more = [nested, { type: "ping" }, { a: { b: { c: new Date(1) } } }, [], -(2 ** 31), 2 ** 53, "", 0.1];
const material: Material = {
  corpus: [...ops, ...more].map((value) => encode(value)).concat([Buffer.concat(ops.map((op) => encode(op)))]),
  words: [
    "81a161",
    "82a16101a161",
    "91",
    "c0",
    "c1",
    "c403",
    "c6ffffffff",
    "cf0020000000000000",
    "cb7ff8000000000000",
    "d6ff",
  ]
    .concat([
      "d9ff",
      "dd00000002",
      "df00010000",
      "a95f5f70726f746f5f5f",
      "a464617461c400",
      "a26964",
      "a3eda080",
      "dc0101",
      "de0101",
    ])
    .map((hex) => Buffer.from(hex, "hex")),
};

/** Frames of MessagePack, against the library that reads more than we do, and against the same in JSON. */
export const messagepack: FuzzTarget = {
  name: "messagepack",
  makeInput: (random) => mutate(material, random),
  check(input) {
    const decoded = decodeClientFrame(input, { codec: "msgpack", maxOperationCount });
    assert.ok(decoded.length >= 1 && decoded.length <= maxOperationCount, "more was read than may be");
    assert.ok(decodeServerMsgpack(input).every(({ type }) => ["message", "unknown", "refused"].includes(type)));
    let at = 0;
    for (const { end, start } of findSpans(input, Infinity)) {
      assert.equal(start, at, "something was passed over");
      checkValue(input.subarray(start, end), end !== undefined);
      at = end ?? input.length;
    }
    assert.equal(at, input.length);
  },
};

function checkValue(bytes: Uint8Array, isWhole: boolean): void {
  const theirs = read(bytes);
  const ours = unpack(bytes, isWhole ? { start: 0, end: bytes.length } : { start: 0 });
  if (!isWhole) assert.equal(theirs, undefined, "a whole value was not seen");
  if (ours.type === "refused") return;
  const { bytesCount, value } = ours;
  // The one key that the library does not read.
  if (!JSON.stringify(value).includes("__proto__")) assert.deepEqual(theirs, { value }, "another value was read");
  const again = encodeMsgpack(value);
  assert.deepEqual(unpack(again, { start: 0, end: again.length }), ours, "what we write is read as something else");
  if (bytesCount > 0) return;
  const text = JSON.stringify(value);
  const packed = encodeMsgpack(JSON.parse(text)); // without -0, which JSON has not
  const [op] = decodeClientFrame(packed, { codec: "msgpack", maxOperationCount });
  assert.deepEqual(op, decodeClientOp(text), "JSON and MessagePack are decoded to different operations");
}

/** The first value that the library reads; undefined where there is none. */
function read(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    // It would make room for as many items as a frame says it has.
    const limits = { maxArrayLength: bytes.length, maxMapLength: bytes.length };
    for (const value of decodeMulti(bytes, limits)) return { value };
  } catch {
    // It is none, or one that the library does not read.
  }
  return undefined;
}

import { expect, test } from "vitest";
import { FieldReader, textRules } from "./field-reader.ts";

const range = { min: 1, max: 2 };
const empty = new Map<string, unknown>([
  ["text", ""],
  ["integer", 1],
  ["boolean", false],
  ["oneOf", "a"],
  ["json", undefined],
  ["channel", ""],
  ["list", []],
  ["texts", []],
]);
const reads: readonly (readonly [string, (fields: FieldReader) => unknown, string])[] = [
  ["text", (fields) => fields.text("x", textRules.messageId), "x must be 1-64 of A-Z a-z 0-9 _ -"],
  ["integer", (fields) => fields.integer("x", range), "x must be an integer 1-2"],
  ["boolean", (fields) => fields.boolean("x"), "x must be true or false"],
  ["oneOf", (fields) => fields.oneOf("x", ["a", "b"]), "x must be one of a, b"],
  ["json", (fields) => fields.json("x"), "x must be a JSON value"],
  ["channel", (fields) => fields.channel("x"), "x must be a text"],
  ["list", (fields) => fields.list("x", range, (item) => item.boolean("y")), "x must be a list of 1-2"],
  ["texts", (fields) => fields.texts("x"), "x must be a list of texts"],
];

test.each(reads)("[WR7] %s of a field that is not there is empty and a fault", (kind, read, must) => {
  const fields = FieldReader.of({});
  expect(read(fields)).toEqual(empty.get(kind));
  expect(fields.fault()).toEqual({ code: "BAD_MESSAGE", reason: `${must}, got nothing` });
});

const good: readonly (readonly [string, (fields: FieldReader) => unknown, unknown])[] = [
  ["text", (fields) => fields.text("x", textRules.any), ""],
  ["integer", (fields) => fields.integer("x", range), 2],
  ["boolean", (fields) => fields.boolean("x"), true],
  ["boolean", (fields) => fields.boolean("x"), false],
  ["oneOf", (fields) => fields.oneOf("x", ["a", "b"]), "b"],
  ["json", (fields) => fields.json("x"), null],
  ["channel", (fields) => fields.channel("x"), "a/b"],
  ["list", (fields) => fields.list("x", range, (item) => item.names()), [{}, {}]],
  ["texts", (fields) => fields.texts("x"), ["a", ""]],
  ["object", (fields) => fields.object("x").names(), { a: 1 }],
];
test.each(good)("[WR7] %s reads a field that fits", (kind, read, x) => {
  const fields = FieldReader.of({ x });
  const expected = kind === "list" ? [[], []] : kind === "object" ? ["a"] : x;
  expect(read(fields)).toEqual(expected);
  expect(fields.fault()).toBeUndefined();
});

const bad: readonly (readonly [unknown, (fields: FieldReader) => unknown, string])[] = [
  ["a b", (fields) => fields.text("x", textRules.messageId), 'x must be 1-64 of A-Z a-z 0-9 _ -, got "a b"'],
  [3, (fields) => fields.integer("x", range), "x must be an integer 1-2, got 3"],
  [0, (fields) => fields.integer("x", range), "x must be an integer 1-2, got 0"],
  [1.5, (fields) => fields.integer("x", range), "x must be an integer 1-2, got 1.5"],
  [1, (fields) => fields.boolean("x"), "x must be true or false, got 1"],
  ["c", (fields) => fields.oneOf("x", ["a", "b"]), 'x must be one of a, b, got "c"'],
  [[], (fields) => fields.object("x"), "x must be an object, got a list"],
  [null, (fields) => fields.object("x"), "x must be an object, got null"],
  [[], (fields) => fields.list("x", range, () => 0), "x must be a list of 1-2, got a list"],
  [[{}, {}, {}], (fields) => fields.list("x", range, () => 0), "x must be a list of 1-2, got a list"],
  [[1], (fields) => fields.list("x", range, () => 0), "x.0 must be an object, got 1"],
  [
    [{}, { y: 1 }],
    (fields) => fields.list("x", range, (item) => item.has("y") && item.boolean("y")),
    "x.1.y must be true or false, got 1",
  ],
  [{ y: {} }, (fields) => fields.object("x").object("y").boolean("z"), "x.y.z must be true or false, got nothing"],
  [["a", 1], (fields) => fields.texts("x"), "x must be a list of texts, got a list"],
];
test.each(bad)("[WR7] %j is refused by the path to the field", (x, read, reason) => {
  const fields = FieldReader.of({ x });
  read(fields);
  expect(fields.fault()).toEqual({ code: "BAD_MESSAGE", reason });
});

test("[WR7] only the first fault is told", () => {
  const fields = FieldReader.of({ a: 1 });
  fields.boolean("a");
  fields.boolean("b");
  expect(fields.fault()?.reason).toBe("a must be true or false, got 1");
});

test("[WR9] a name that is no channel's has its own code", () => {
  const fields = FieldReader.of({ x: { channel: "a b" } });
  expect(fields.object("x").channel("channel")).toBe("a b");
  expect(fields.fault()).toEqual({
    code: "BAD_CHANNEL",
    reason: 'x.channel must be 1-128 of A-Z a-z 0-9 _ : . / -, got "a b"',
  });
});

test("[WR1] what is not an object is a fault from the start", () => {
  const fields = FieldReader.of([]);
  expect(fields.names()).toEqual([]);
  expect(fields.fault()?.reason).toBe("it must be an object, got a list");
});

test("[WR5] a field that may be absent is absent, not undefined", () => {
  const fields = FieldReader.of({ a: true });
  expect(fields.present("a", () => fields.boolean("a"))).toStrictEqual({ a: true });
  expect(fields.present("b", () => fields.boolean("b"))).toStrictEqual({});
  expect(fields.fault()).toBeUndefined();
});

test("[WR4] what every object inherits is not a field", () => {
  const fields = FieldReader.of({});
  expect(fields.has("constructor")).toBe(false);
  expect(fields.text("constructor", textRules.any)).toBe("");
  expect(fields.fault()?.reason).toBe("constructor must be a text, got nothing");
});

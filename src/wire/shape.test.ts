import { describe, expect, test } from "vitest";
import { boolean, integer, json, listOf, object, oneOf, recordOf, type Shape, text } from "./shape.ts";

const user = object({ id: text }, { name: text });

describe("shapes", () => {
  const accepted: readonly (readonly [Shape<unknown>, unknown])[] = [
    [text, ""],
    [boolean, false],
    [json, null],
    [integer(1, 3), 1],
    [integer(1, 3), 3],
    [oneOf("a", "b"), "b"],
    [listOf(user), [{ id: "u1" }, { id: "u2", name: "Ada" }]],
    [recordOf(text), JSON.parse('{"__proto__":"own","constructor":"own"}')],
  ];
  test.each(accepted)("[WR11] %o reads %j as it is", (shape, value) => {
    expect(shape(value, "at")).toStrictEqual(value);
  });

  test("[WR5] fields that are not known are left out, and a field that may be absent is absent", () => {
    expect(user({ id: "u1", age: 3 }, "")).toStrictEqual({ id: "u1" });
    expect(() => user({ id: "u1", name: null }, "")).toThrow("name must be a text, got null");
  });

  test("[WR4] what every object inherits is no field", () => {
    expect(() => object({ constructor: json })({}, "")).toThrow("constructor must be a JSON value, got nothing");
    expect(object({}, { toString: json })({}, "")).toStrictEqual({});
  });

  const refused: readonly (readonly [Shape<unknown>, unknown, string])[] = [
    [text, 1, "at must be a text, got 1"],
    [boolean, "true", 'at must be true or false, got "true"'],
    [json, undefined, "at must be a JSON value, got nothing"],
    [integer(1, 3), 0, "at must be an integer 1-3, got 0"],
    [integer(1, 3), 4, "at must be an integer 1-3, got 4"],
    [integer(1, 3), 1.5, "at must be an integer 1-3, got 1.5"],
    [integer(1, 3), "1", 'at must be an integer 1-3, got "1"'],
    [oneOf("a", "b"), "c", 'at must be one of a, b, got "c"'],
    [listOf(text), {}, "at must be a list, got an object"],
    [listOf(text), ["a", 1], "at.1 must be a text, got 1"],
    [recordOf(text), [], "at must be an object, got a list"],
    [recordOf(text), { a: 1 }, "at.a must be a text, got 1"],
    [listOf(user), [{ id: "u1" }, {}], "at.1.id must be a text, got nothing"],
    [user, { id: "u1", name: 2 }, "at.name must be a text, got 2"],
  ];
  test.each(refused)("[WR15] %o refuses %j: %s", (shape, value, reason) => {
    expect(() => shape(value, "at")).toThrow(new TypeError(reason));
  });

  test("[WR15] what is wrong with the message as a whole is said of it", () => {
    expect(() => user(null, "")).toThrow("it must be an object, got null");
    expect(() => user({}, "")).toThrow("id must be a text, got nothing");
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  hasListMember,
  headerPairs,
  indexHeaders,
  isFieldValue,
  isToken,
  parseExtension,
  quote,
  splitExtensions,
  splitList,
  trimSpace,
} from "./header-values.ts";

const separators = '"(),/:;<=>?@[\\]{} \t';

test("[HS12] a token is visible ASCII without separators", () => {
  for (let code = 0; code < 0x180; code++) {
    const character = String.fromCharCode(code);
    const isExpected = code > 0x20 && code < 0x7f && !separators.includes(character);
    expect(isToken(character), `code ${code}`).toBe(isExpected);
    expect(isToken(`a${character}b`), `code ${code}`).toBe(isExpected);
  }
  expect(isToken("")).toBe(false);
  expect(isToken("a\n")).toBe(false);
});

test("[HS15] a value has no control character but the tab, and nothing beyond Latin-1", () => {
  for (let code = 0; code < 0x180; code++) {
    const isExpected = code === 0x09 || (code >= 0x20 && code < 0x7f) || (code >= 0x80 && code <= 0xff);
    expect(isFieldValue(`a${String.fromCharCode(code)}`), `code ${code}`).toBe(isExpected);
  }
  expect(isFieldValue("")).toBe(true);
});

test("[HS1] raw headers are gathered by lower-case name, in order, trimmed", () => {
  const index = indexHeaders(["Host", " a\t", "X", "1", "hOST", "b", "__proto__", "c", "odd"]);
  expect([...index]).toEqual([
    ["host", ["a", "b"]],
    ["x", ["1"]],
    ["__proto__", ["c"]],
  ]);
  expect(index.get("constructor")).toBeUndefined();
});

test("[HC10] raw headers are given as pairs, as they came", () => {
  expect(headerPairs(["A", "1", "a", " 2 "])).toEqual([
    ["A", "1"],
    ["a", " 2 "],
  ]);
  expect(headerPairs([])).toEqual([]);
});

test("[HS1] only space and tab are trimmed", () => {
  expect(trimSpace(" \t a b \t")).toBe("a b");
  expect(trimSpace("\u00a0a\u00a0")).toBe("\u00a0a\u00a0");
  expect(trimSpace(" \t ")).toBe("");
});

test("[HS8] a list is split at its commas, over all its headers, and empty members are passed over", () => {
  expect(splitList(["a, b ,,c", "", " ", "d"])).toEqual(["a", "b", "c", "d"]);
  expect(hasListMember(["keep-alive", "x, UPGRADE"], "upgrade")).toBe(true);
  expect(hasListMember(["upgraded, xupgrade, up grade"], "upgrade")).toBe(false);
  expect(hasListMember([], "upgrade")).toBe(false);
});

test("[HS13] extensions are split at the commas outside quotes", () => {
  expect(splitExtensions(['a; x="1,2" , b', ",,", 'c; y="\\",d", e'])).toEqual([
    'a; x="1,2"',
    "b",
    'c; y="\\",d"',
    "e",
  ]);
  expect(splitExtensions(['a; x="1, b', "c"])).toEqual(['a; x="1, b', "c"]);
});

test("[HS13] an extension is read with its parameters, and a quoted value is the same as a plain one", () => {
  const quoted = parseExtension('x ; flag;a = 1;b="2";c="\\3\\4"');
  expect(quoted?.name).toBe("x");
  expect([...(quoted?.params ?? [])]).toEqual([
    ["flag", true],
    ["a", "1"],
    ["b", "2"],
    ["c", "34"],
  ]);
});

test("[HS13] a malformed extension is nothing", () => {
  const faults = [
    "",
    ";",
    "x y",
    "x/y",
    "x;",
    "x;;a",
    "x; =1",
    "x; a=",
    'x; a=""',
    'x; a="',
    'x; a="1',
    'x; a="1\\',
    'x; a="1"2',
  ];
  for (const text of [
    ...faults,
    'x; a="1 2"',
    'x; a="1,2"',
    'x; a="1;2"',
    "x; a=b=c",
    'x; a=1"2"',
    "x; a; a",
    "x; a=1; a=2",
    '"x"',
  ]) {
    expect(parseExtension(text), text).toBeUndefined();
  }
});

test("[HS13] a parameter named like one of Object.prototype's is a name like any other (ws 3.3.1)", () => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]) {
    const extension = parseExtension(`${name}; ${name}=1`);
    expect(extension?.name).toBe(name);
    expect(extension?.params.get(name)).toBe("1");
    expect(extension?.params.size).toBe(1);
  }
});

test("[HS13] what is written as an extension is read back, plain or quoted and escaped", () => {
  const token = fc.string({ unit: fc.constantFrom(..."azAZ09!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 8 });
  const spelling = fc.constantFrom<(value: string) => string>(
    (value) => value,
    (value) => `"${value}"`,
    (value) => `"${value.replace(/./g, "\\$&")}"`,
  );
  const params = fc.uniqueArray(fc.tuple(token, fc.option(token, { nil: true as const }), spelling), {
    selector: ([name]) => name,
    maxLength: 5,
  });
  const space = fc.string({ unit: fc.constantFrom(" ", "\t"), maxLength: 2 });
  fc.assert(
    fc.property(token, params, space, (name, pairs, gap) => {
      const parts = pairs.map(([key, value, spell]) => (value === true ? key : `${key}${gap}=${gap}${spell(value)}`));
      const [element = "", ...more] = splitExtensions([[name, ...parts].join(`${gap};${gap}`)]);
      expect(more).toEqual([]);
      const extension = parseExtension(element);
      expect(extension?.name).toBe(name);
      expect([...(extension?.params ?? [])]).toEqual(pairs.map(([key, value]) => [key, value]));
    }),
  );
});

test("[HS18] any text is split and read without an exception", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(...'ab;,=" \t\\') }));
  fc.assert(
    fc.property(text, (value) => {
      for (const element of splitExtensions([value])) {
        const extension = parseExtension(element);
        expect(extension === undefined || isToken(extension.name)).toBe(true);
      }
      expect(splitList([value]).every((member) => member === trimSpace(member) && member !== "")).toBe(true);
    }),
  );
});

// A parser that goes back would need minutes for these: 256 Ki characters, of which each could start over.
test("[HS18] CVE-2021-32640, CVE-2020-7662, CVE-2020-7663: a quarter of a million hostile characters are read in one pass", () => {
  const count = 256 * 1024;
  for (const unit of [" ", "\t ", ",", " ,", ";", "; ", '"', '\\"', '"\\', "=", "a=", ';a="', "a,", "a;"]) {
    const text = unit.repeat(count / unit.length);
    for (const value of [text, `a${text}`, `${text}a`, `a;b="${text}`, `a;b="${text}"`]) {
      const elements = splitExtensions([value]);
      expect(elements.map(parseExtension).filter((extension) => extension !== undefined).length).toBeLessThanOrEqual(
        elements.length,
      );
      expect(splitList([value]).length).toBeLessThanOrEqual(count);
      expect(isToken(value) || isFieldValue(value)).toBe(isFieldValue(value));
    }
  }
});

test("[HS16] a quoted value cannot end a line, colour a terminal or fill a page", () => {
  expect(quote('a"b\\')).toBe('"a\\"b\\\\"');
  expect(quote("a\r\n\0\u001b\u007f\u009b")).toBe('"a\\r\\n\\u0000\\u001b\\u007f\\u009b"');
  expect(quote("x".repeat(64))).toBe(`"${"x".repeat(64)}"`);
  expect(quote("x".repeat(65))).toBe(`"${"x".repeat(63)}…"`);
});

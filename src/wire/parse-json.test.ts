import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findDataFault, jsonLimits, parseJson } from "./parse-json.ts";

function reasonFor(text: string): string | undefined {
  const parsed = parseJson(text);
  return parsed.type === "refused" ? parsed.reason : undefined;
}

function nested(depth: number, open: string, inner: string, close: string): string {
  return open.repeat(depth) + inner + close.repeat(depth);
}

function objectOf(keyCount: number): string {
  return JSON.stringify(Object.fromEntries(Array.from({ length: keyCount }, (_, index) => [`k${index}`, index])));
}

describe("parseJson", () => {
  test("[WR2] 32 levels are read, 33 are refused before they are parsed", () => {
    expect(reasonFor(nested(jsonLimits.maxDepth, "[", "1", "]"))).toBeUndefined();
    expect(reasonFor(nested(jsonLimits.maxDepth + 1, "[", "1", "]"))).toBe("it nests deeper than 32");
    expect(reasonFor(nested(jsonLimits.maxDepth, '{"a":', "1", "}"))).toBeUndefined();
    expect(reasonFor(nested(jsonLimits.maxDepth + 1, '{"a":', "1", "}"))).toBe("it nests deeper than 32");
    expect(parseJson("[".repeat(100_000))).not.toHaveProperty("value");
  });

  test("[WR2] 256 keys in one object are read, 257 are refused, wherever the object is", () => {
    expect(reasonFor(objectOf(jsonLimits.maxKeyCount))).toBeUndefined();
    expect(reasonFor(objectOf(jsonLimits.maxKeyCount + 1))).toBe("an object has more than 256 keys");
    expect(reasonFor(`[{"a":${objectOf(257)}}]`)).toBe("an object has more than 256 keys");
    expect(reasonFor(`[${objectOf(200)},${objectOf(200)}]`)).toBeUndefined();
  });

  test("[WR2] brackets and colons inside a text do not count", () => {
    const text = JSON.stringify({ "{": `${"[".repeat(99)}\\"${":".repeat(999)}\\\\`, b: '\\"[[[' });
    expect(parseJson(text)).toEqual({ type: "value", value: JSON.parse(text) });
  });

  test.each(["", "{", "nul", '"a', "[1,]", "{'a':1}", "]]]]", ":::", '{"a":NaN}', '{"a":Infinity}', "\u0000", '"\\'])(
    "[WR1] %j is not JSON",
    (text) => {
      expect(parseJson(text)).toEqual({ type: "refused", reason: "it is not JSON" });
    },
  );

  test("[WR3] the same key twice is refused, at any depth, and however it is written", () => {
    expect(parseJson('{"a":1,"a":2}')).toEqual({
      type: "refused",
      reason: "an object has the same key twice",
      value: { a: 2 },
    });
    expect(reasonFor('[{"b":{"a":1,"\\u0061":1}}]')).toBe("an object has the same key twice");
    expect(reasonFor('[{"a":1},{"a":1}]')).toBeUndefined();
  });

  test("[WR3] a number that is too large for a double is refused, not turned into null later", () => {
    expect(reasonFor('{"a":[1e309]}')).toBe("a number is too large");
    expect(reasonFor('{"a":-1e309}')).toBe("a number is too large");
    expect(reasonFor('{"a":1e308}')).toBeUndefined();
  });

  test("[WR3] half of a surrogate pair is refused, in keys too; a whole pair is read", () => {
    expect(reasonFor('{"a":"\\ud83d"}')).toBe("a text has half of a surrogate pair");
    expect(reasonFor('{"\\udc00":1}')).toBe("a text has half of a surrogate pair");
    expect(reasonFor('["\ud83d"]')).toBe("a text has half of a surrogate pair");
    expect(reasonFor('["\\ud83d\\ude00", "😀"]')).toBeUndefined();
  });

  test("[WR3] of several faults the first is told", () => {
    expect(reasonFor('{"a":"\\ud83d","a":1e309}')).toBe("a number is too large");
    expect(reasonFor('["\\ud83d","\\ud83d",1e309,1e309]')).toBe("a text has half of a surrogate pair");
  });

  test("[WR4] __proto__ and constructor are kept as plain keys and touch no prototype", () => {
    const text = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}';
    const parsed = parseJson(text);
    expect(parsed.type).toBe("value");
    expect(JSON.stringify(parsed.value)).toBe(text);
    expect({}).not.toHaveProperty("isAdmin");
  });

  test("[WR13] any text gives an answer, and whatever JSON.stringify wrote is read back", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => parseJson(text).type !== undefined));
    fc.assert(
      fc.property(fc.stringMatching(/^[[\]{}":,\\a1u]*$/), (text) =>
        ["value", "refused"].includes(parseJson(text).type),
      ),
    );
    fc.assert(
      fc.property(fc.json({ maxDepth: 20 }), (text) => {
        expect(parseJson(text)).toEqual({ type: "value", value: JSON.parse(text) });
      }),
    );
  });
});

describe("findDataFault", () => {
  const faults: readonly (readonly [string, string | undefined])[] = [
    [nested(jsonLimits.maxDepth - 1, "[", "1", "]"), undefined],
    [nested(jsonLimits.maxDepth, "[", "", "]"), "it nests deeper than 32"],
    [nested(jsonLimits.maxDepth - 1, '{"a":', "1", "}"), undefined],
    [nested(jsonLimits.maxDepth, '{"a":', "1", "}"), "it nests deeper than 32"],
    [`[${nested(jsonLimits.maxDepth, "[", "", "]")},"\\ud800"]`, "it nests deeper than 32"],
    [`[${objectOf(jsonLimits.maxKeyCount)}]`, undefined],
    [`[${objectOf(jsonLimits.maxKeyCount + 1)}]`, "an object has more than 256 keys"],
    [`[${Array.from({ length: 300 }, () => 1).join()}]`, undefined],
    ['{"\\udc00":1}', "a text has half of a surrogate pair"],
    ["1e309", "a number is too large"],
  ];
  test.each(faults)("[WR2] [WR3] what a server would refuse as data is known before: %.40s…", (text, fault) => {
    expect(findDataFault(text)).toBe(fault);
    const message = parseJson(`{"data":${text}}`);
    expect(message.type === "refused" ? message.reason : undefined).toBe(fault);
  });
});

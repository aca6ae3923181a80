import fc from "fast-check";
import { expect, test } from "vitest";
import { type Block, type Inline, isJumbo, maxStyleDepth, parseMarkup, plainText } from "./markup.ts";

const ada = { id: "1", name: "Ada" };
const lovelace = { id: "2", name: "Ada Lovelace" };

/** The blocks as short text: `b(…)` is bold, and so on. */
function short(text: string, mentions = [ada, lovelace]): string {
  return parseMarkup(text, mentions).map(shortBlock).join("|");
}

function shortBlock(block: Block): string {
  if (block.type === "code") return `code:${block.language}(${block.text})`;
  return block.type === "quote" ? `quote(${shortParts(block.parts)})` : shortParts(block.parts);
}

function shortParts(parts: readonly Inline[]): string {
  return parts
    .map((part) => {
      if (part.type === "text") return part.text;
      if (part.type === "mention") return `@(${part.mention.id})`;
      if ("parts" in part) return `${part.type[0] ?? ""}(${shortParts(part.parts)})`;
      return `${part.type}(${part.text})`;
    })
    .join("");
}

test.each([
  ["plain", "plain"],
  ["**bold** and *slanted* and _slanted_", "b(bold) and i(slanted) and i(slanted)"],
  ["__under__ ~~gone~~ ||hidden||", "u(under) s(gone) s(hidden)"],
  ["**a *b* c**", "b(a i(b) c)"],
  ["*a **b** c*", "i(a b(b) c)"],
  ["snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"],
  ["** no** and **open", "** no** and **open"],
  ["`**not bold**` ``", "code(**not bold**) ``"],
  [String.raw`\*not\* \_slanted\_`, "*not* _slanted_"],
  [String.raw`C:\dir`, String.raw`C:\dir`],
  ["", ""],
])("[WB21] %j is read as %j", (text, expected) => {
  expect(short(text)).toBe(expected);
});

test.each([
  ["```\nlet a = 1;\n```", "code:(let a = 1;)"],
  ["```ts\nlet a = 1;\n```", "code:ts(let a = 1;)"],
  ["see\n```a **b**```\nthen", "see|code:(a **b**)|then"],
  ["```open", "```open"],
  ["``````", "``````"],
  ["> one\n> two\nthree", "quote(one\ntwo)|three"],
  [">no", ">no"],
])("[WB21] %j is read as the blocks %j", (text, expected) => {
  expect(short(text)).toBe(expected);
});

test.each([
  ["see https://a.example/x.", "see link(https://a.example/x)."],
  ["(https://a.example)", "(link(https://a.example))"],
  ["https://a.example/w_(x)", "link(https://a.example/w_(x))"],
  ["**https://a.example**", "b(link(https://a.example))"],
  ["http://a.example?q=1&r=2#h", "link(http://a.example?q=1&r=2#h)"],
  ["javascript:alert(1)", "javascript:alert(1)"],
  ["data:text/html,x ftp://a.example", "data:text/html,x ftp://a.example"],
  ["xhttps://a.example", "xhttps://a.example"],
  ["https://", "https://"],
  ["https://a.example/\u202egpj.exe", "link(https://a.example/)\u202egpj.exe"],
  ["[words](https://a.example)", "[words](link(https://a.example))"],
])("[WB21] only web addresses are links, as they were typed: %j", (text, expected) => {
  expect(short(text)).toBe(expected);
});

test("[WB21] a link leads where it says, over http or https, whatever was typed", () => {
  const pieces = fc.constantFrom(
    "http://",
    "https://",
    "javascript:",
    "a.example",
    "*",
    "_",
    "`",
    "\u202e",
    "@",
    " ",
    "%",
    "\\",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      for (const { href, text } of linksOf(parseMarkup(parts.join("")))) {
        expect(href).toBe(text);
        expect(["http:", "https:"]).toContain(new URL(href).protocol);
      }
    }),
  );
});

function linksOf(blocks: readonly Block[]): readonly Extract<Inline, { type: "link" }>[] {
  const inside = (part: Inline): readonly Extract<Inline, { type: "link" }>[] =>
    part.type === "link" ? [part] : "parts" in part ? part.parts.flatMap(inside) : [];
  return blocks.flatMap((block) => (block.type === "code" ? [] : block.parts.flatMap(inside)));
}

test("[WB21] people who are called stand out, the longest name first, and only where the name ends", () => {
  expect(short("@Ada Lovelace, @Ada! @Adam and mail@Ada")).toBe("@(2), @(1)! @Adam and mail@(1)");
  expect(short("@Ada", [])).toBe("@Ada");
});

test("[WB21] styles are read into each other four deep, and no text is lost, whatever was typed", () => {
  const deep = `${"**_".repeat(maxStyleDepth)}x${"_**".repeat(maxStyleDepth)}`;
  expect(short(deep)).toContain("x");
  const marks = fc.constantFrom("*", "**", "_", "__", "~~", "||", "`", "```", "\n", "> ", "\\", " ", "a", "é", "🦊");
  fc.assert(
    fc.property(fc.array(marks, { maxLength: 200 }), (parts) => {
      const text = parts.join("");
      const words = (from: string): string => from.replaceAll(/[^aé🦊]/gu, "");
      expect(words(short(text).replaceAll(/code:\w*\(/gu, "("))).toBe(words(text));
    }),
  );
});

test("[WB21] 4,000 characters of the worst kind are read", () => {
  for (const piece of ["*", "**a ", "_a", "`", "```", "||", "https://", "@", "\\", "> *a\n", "*a **b "]) {
    const text = piece.repeat(4000 / piece.length);
    expect(parseMarkup(text, [ada]).length).toBeGreaterThan(0);
  }
});

test("[WB21] few emoji alone are drawn large", () => {
  const texts = ["🎉", "🎉 🚀", "👩‍🚀", "❤️", "🇩🇪", "a🎉", "1", "", " ", "🎉".repeat(21)];
  expect(texts.map(isJumbo)).toEqual([true, true, true, true, true, false, false, false, false, false]);
});

test("[WB21] in one line a text has no marks, and a spoiler stays one", () => {
  expect(plainText("**Hi** @Ada\n```\ncode\n```\n||secret||", [ada])).toBe("Hi @Ada code ▒▒▒");
});

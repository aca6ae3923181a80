/**
 * What a text means: code, quotes, emphasis, links and people who are called. Values for React to draw, never HTML.
 *
 * A link is a web address as it was typed, so that it leads where it says; words over an address are not offered for that reason.
 */
import type { ChatMention } from "switchboard/chat";

export type Block =
  | { readonly type: "text"; readonly parts: readonly Inline[] }
  | { readonly type: "quote"; readonly parts: readonly Inline[] }
  | { readonly type: "code"; readonly language: string; readonly text: string };

type Style = "bold" | "italic" | "underline" | "strike" | "spoiler";

export type Inline =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "code"; readonly text: string }
  | { readonly type: "link"; readonly text: string; readonly href: string }
  | { readonly type: "mention"; readonly mention: ChatMention }
  | { readonly type: Style; readonly parts: readonly Inline[] };

/** How deep styles are read into each other. */
export const maxStyleDepth = 4;

const fence = "```";

/** Reads a text. Its time is linear in the text's length, for each level of styles. */
export function parseMarkup(text: string, mentions: readonly ChatMention[] = []): readonly Block[] {
  // A longer name first: @Ada Lovelace is not @Ada.
  const called = mentions.toSorted((one, other) => other.name.length - one.name.length);
  const blocks: Block[] = [];
  let at = 0;
  for (;;) {
    const start = text.indexOf(fence, at);
    const end = start === -1 ? -1 : text.indexOf(fence, start + fence.length);
    if (end === -1) break;
    const body = text.slice(start + fence.length, end);
    if (body.trim() !== "") {
      blocks.push(...readLines(text.slice(at, start).replace(/\n$/u, ""), called), codeOf(body));
      at = text[end + fence.length] === "\n" ? end + fence.length + 1 : end + fence.length;
    } else {
      blocks.push(...readLines(text.slice(at, end + fence.length), called));
      at = end + fence.length;
    }
  }
  return [...blocks, ...readLines(text.slice(at), called)];
}

function codeOf(body: string): Block {
  const [, language = "", rest = ""] = /^([\w+#.-]{0,20})\n([\s\S]*)$/u.exec(body) ?? [];
  const text = rest === "" ? body : rest;
  return { type: "code", language: rest === "" ? "" : language, text: text.replace(/^\n|\n$/gu, "") };
}

/** Runs of lines that begin with `> ` are quotes. */
function readLines(text: string, called: readonly ChatMention[]): readonly Block[] {
  if (text === "") return [];
  const runs: { readonly type: "text" | "quote"; readonly lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const type = line.startsWith("> ") ? "quote" : "text";
    const last = runs.at(-1);
    const content = type === "quote" ? line.slice(2) : line;
    if (last?.type === type) last.lines.push(content);
    else runs.push({ type, lines: [content] });
  }
  return runs.map(({ type, lines }) => ({ type, parts: new InlineReader(called, 0).read(lines.join("\n")) }));
}

/** Longest first: `**` is not twice `*`. */
const markers: readonly (readonly [string, Style])[] = [
  ["**", "bold"],
  ["__", "underline"],
  ["~~", "strike"],
  ["||", "spoiler"],
  ["*", "italic"],
  ["_", "italic"],
];

/** Control and direction characters end an address: what is behind them would not be seen where it is. */
const address = /https?:\/\/[^\s<>"`\p{Cc}\p{Cf}]+/uy;

class InlineReader {
  readonly #called: readonly ChatMention[];
  readonly #depth: number;
  readonly #parts: Inline[] = [];
  /** Markers that the rest of the text does not have: looked for once only. */
  readonly #absent = new Set<string>();
  #plain = "";

  constructor(called: readonly ChatMention[], depth: number) {
    this.#called = called;
    this.#depth = depth;
  }

  read(text: string): readonly Inline[] {
    for (let at = 0; at < text.length;) {
      const length = this.#readSpecial(text, at);
      if (length === 0) this.#plain += text[at];
      at += Math.max(1, length);
    }
    this.#endPlain();
    return this.#parts;
  }

  /** @returns how many characters it has read; 0 where there is nothing special. */
  #readSpecial(text: string, at: number): number {
    switch (text[at]) {
      case "\\":
        return this.#readEscape(text, at);
      case "`":
        return this.#readCode(text, at);
      case "h":
        return this.#readLink(text, at);
      case "@":
        return this.#readMention(text, at);
      case "*":
      case "_":
      case "~":
      case "|":
        return this.#readStyle(text, at);
      default:
        return 0;
    }
  }

  #readEscape(text: string, at: number): number {
    const next = text[at + 1];
    if (next === undefined || !"\\`*_~|@>".includes(next)) return 0;
    this.#plain += next;
    return 2;
  }

  #readCode(text: string, at: number): number {
    const end = this.#find(text, "`", at + 1);
    if (end <= at + 1) return 0;
    return this.#push({ type: "code", text: text.slice(at + 1, end) }, end + 1 - at);
  }

  #readLink(text: string, at: number): number {
    address.lastIndex = at;
    const found = isWordPart(text[at - 1]) ? undefined : address.exec(text)?.[0];
    if (found === undefined) return 0;
    const shown = withoutClosing(found);
    const href = URL.canParse(shown) ? shown : undefined;
    return href === undefined ? 0 : this.#push({ type: "link", text: shown, href }, shown.length);
  }

  #readMention(text: string, at: number): number {
    const mention = this.#called.find(
      ({ name }) => text.startsWith(name, at + 1) && !isWordPart(text[at + 1 + name.length]),
    );
    return mention === undefined ? 0 : this.#push({ type: "mention", mention }, 1 + mention.name.length);
  }

  #readStyle(text: string, at: number): number {
    if (this.#depth >= maxStyleDepth) return 0;
    for (const [marker, style] of markers) {
      if (!text.startsWith(marker, at)) continue;
      const end = this.#findEnd(text, marker, at + marker.length);
      if (end === -1) continue;
      const inner = text.slice(at + marker.length, end);
      const parts = new InlineReader(this.#called, this.#depth + 1).read(inner);
      return this.#push({ type: style, parts }, end + marker.length - at);
    }
    return 0;
  }

  /** Where a style ends: its words neither begin nor end with a space, and `_` inside a word is part of it. */
  #findEnd(text: string, marker: string, from: number): number {
    if (isSpace(text[from])) return -1;
    if (marker[0] === "_" && isWordPart(text[from - marker.length - 1])) return -1;
    let end = this.#find(text, marker, from);
    // `*a **b** c*`: a single star does not end at a double one.
    while (end !== -1 && marker.length === 1 && text[end + 1] === marker) end = this.#find(text, marker, end + 2);
    if (end <= from || isSpace(text[end - 1])) return -1;
    return marker[0] === "_" && isWordPart(text[end + marker.length]) ? -1 : end;
  }

  #find(text: string, marker: string, from: number): number {
    if (this.#absent.has(marker)) return -1;
    const at = text.indexOf(marker, from);
    if (at === -1) this.#absent.add(marker);
    return at;
  }

  #push(part: Inline, length: number): number {
    this.#endPlain();
    this.#parts.push(part);
    return length;
  }

  #endPlain(): void {
    if (this.#plain !== "") this.#parts.push({ type: "text", text: this.#plain });
    this.#plain = "";
  }
}

/** An address without what belongs to the sentence around it. */
function withoutClosing(found: string): string {
  let end = found.length;
  for (;;) {
    const last = found[end - 1] ?? "";
    const isOpened = last === ")" && found.slice(0, end).includes("(");
    if (!".,;:!?'*_~|)]}".includes(last) || isOpened || last === "") return found.slice(0, end);
    end -= 1;
  }
}

function isSpace(letter: string | undefined): boolean {
  return letter === undefined || /\s/u.test(letter);
}

function isWordPart(letter: string | undefined): boolean {
  return letter !== undefined && /[\p{L}\p{N}_]/u.test(letter);
}

/** Few emoji and nothing else: those are drawn large. */
export function isJumbo(text: string): boolean {
  return (
    text.length <= 40 &&
    /^(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\u{200d}|\u{fe0f})*|\p{Regional_Indicator}|\s)+$/u.test(text) &&
    text.trim() !== ""
  );
}

/** A text in one line without its marks, for where there is no room: a quoted message, a notification, a screen reader. */
export function plainText(text: string, mentions: readonly ChatMention[] = []): string {
  const words = parseMarkup(text, mentions).map((block) =>
    block.type === "code" ? block.text : plainParts(block.parts),
  );
  return words.join(" ").replaceAll(/\s+/gu, " ").trim();
}

function plainParts(parts: readonly Inline[]): string {
  return parts
    .map((part) => {
      if (part.type === "mention") return `@${part.mention.name}`;
      if (part.type === "spoiler") return "▒▒▒";
      return "parts" in part ? plainParts(part.parts) : part.text;
    })
    .join("");
}

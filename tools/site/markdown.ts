/** Markdown as GitHub shows it, for the site: anchors, links between pages, code with colours, tables that scroll. */
import { posix } from "node:path";
import MarkdownIt, { type MarkdownIt as Parser, type StateBlock, type StateCore, type Token } from "markdown-it";
import { pathOf } from "./contents.ts";
import { escapeHtml } from "./escape.ts";
import type { Painter } from "./highlight.ts";
import { Slugger } from "./slug.ts";

export interface Heading {
  readonly level: number;
  readonly id: string;
  readonly title: string;
}

/** A heading and the text under it, for the search. */
export interface Passage {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

export interface RenderedPage {
  readonly title: string;
  /** The first paragraph, as plain text. */
  readonly lead: string;
  readonly html: string;
  readonly headings: readonly Heading[];
  readonly passages: readonly Passage[];
}

export interface Picture {
  readonly src: string;
  readonly width: number;
  readonly height: number;
}

export interface MarkdownOptions {
  /** The file's own path in the repository. */
  readonly file: string;
  readonly painter: Painter;
  /** The address of a file of the repository, with `#anchor` if there is one; a fault when it has none. */
  readonly resolveLink: (file: string, anchor: string) => string;
  readonly resolvePicture: (file: string) => Picture;
  /** Told of a picture that has no text alternative. */
  readonly reportPicture: (source: string) => void;
}

/** Renders one page. */
export function renderMarkdown(markdown: string, options: MarkdownOptions): RenderedPage {
  const parser = new MarkdownIt({ html: false, linkify: false, typographer: false });
  parser.block.ruler.before("paragraph", "remark", skipRemark, { alt: ["paragraph", "reference"] });
  parser.core.ruler.push("paths", (state) => linkPaths(state, options.file));
  const tokens = parser.parse(markdown, {});
  const headings = markHeadings(tokens);
  moveLinks(tokens, options);
  classifyColumns(tokens);
  setRules(parser, options);
  const passages = cutPassages(tokens, headings);
  const lead = tokens.find((token, index) => token.type === "inline" && tokens[index - 1]?.type === "paragraph_open");
  return {
    title: headings[0]?.title ?? "",
    lead: lead === undefined ? "" : plainText(lead),
    html: parser.renderer.render(tokens, parser.options, {}),
    headings,
    passages,
  };
}

/** Inline Markdown only: for a sentence within HTML of our own. */
export function renderSentence(markdown: string): string {
  return new MarkdownIt({ html: false }).renderInline(markdown);
}

function markHeadings(tokens: readonly Token[]): readonly Heading[] {
  const slugger = new Slugger();
  return tokens.flatMap((token, index) => {
    const inline = tokens[index + 1];
    if (token.type !== "heading_open" || inline === undefined) return [];
    const title = plainText(inline);
    const id = slugger.take(title);
    token.attrSet("id", id);
    return [{ level: Number(token.tag.slice(1)), id, title }];
  });
}

/** A line with a comment marks a place for a program of ours: nobody reads it. */
function skipRemark(state: StateBlock, line: number, _end: number, isSilent: boolean): boolean {
  const start = (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
  if (!/^<!--.*-->\s*$/u.test(state.src.slice(start, state.eMarks[line]))) return false;
  if (!isSilent) state.line = line + 1;
  return true;
}

/** A page's path in code, as `docs/guide/scale.md`, leads to it: a reader would click there. */
function linkPaths({ tokens, Token }: StateCore, file: string): void {
  for (const token of tokens) {
    let isWithinLink = false;
    token.children = (token.children ?? []).flatMap((child) => {
      if (child.type.startsWith("link_")) isWithinLink = child.type === "link_open";
      const isPath = child.type === "code_inline" && child.content.endsWith(".md") && child.content !== file;
      if (!isPath || isWithinLink || pathOf(child.content) === undefined) return [child];
      const open = new Token("link_open", "a", 1);
      open.attrSet("href", posix.relative(posix.dirname(file), child.content));
      return [open, child, new Token("link_close", "a", -1)];
    });
  }
}

function moveLinks(tokens: readonly Token[], { file, resolveLink }: MarkdownOptions): void {
  for (const token of tokens.flatMap(({ children }) => children ?? [])) {
    const href = token.type === "link_open" ? textOf(token, "href") : "";
    if (href === "" || /^[a-z]+:/iu.test(href)) continue;
    const [path = "", anchor = ""] = href.split("#");
    const target = path === "" ? file : posix.join(posix.dirname(file), decodeURI(path));
    token.attrSet("href", resolveLink(target.replace(/\/$/u, ""), anchor));
  }
}

/** A column's alignment is an inline style, which the page's policy forbids: it becomes a class. */
function classifyColumns(tokens: readonly Token[]): void {
  for (const token of tokens) {
    const align = /text-align:(?<align>\w+)/u.exec(textOf(token, "style"))?.groups?.["align"];
    if (align === undefined) continue;
    token.attrs = (token.attrs ?? []).filter(([name]) => name !== "style");
    token.attrJoin("class", `align-${align}`);
  }
}

function setRules(parser: Parser, options: MarkdownOptions): void {
  const rules = parser.renderer.rules;
  rules["fence"] = (tokens, index) => {
    const token = tokens[index];
    return token === undefined ? "" : renderCode(token.content, token.info, options.painter);
  };
  rules["code_block"] = (tokens, index) => renderCode(tokens[index]?.content ?? "", "", options.painter);
  // The link stands behind the words: whoever reads with a screen reader hears the heading first.
  rules["heading_close"] = (tokens, index) => {
    const id = tokens[index - 2]?.attrGet("id");
    const title = tokens[index - 1];
    const name = escapeHtml(`Link to “${title === undefined ? "" : plainText(title)}”`);
    const tag = tokens[index]?.tag ?? "h2";
    return tag === "h1" ? "</h1>\n" : `<a class="anchor" href="#${id}" aria-label="${name}">#</a></${tag}>\n`;
  };
  rules["table_open"] = () => '<div class="table" tabindex="0" role="region" aria-label="Table"><table>\n';
  rules["table_close"] = () => "</table></div>\n";
  rules["image"] = (tokens, index) => {
    const token = tokens[index];
    return token === undefined ? "" : renderPicture(token, options);
  };
}

/** A block of code. Its name is what `file=` says, as in `ts file=server.ts`. */
export function renderCode(code: string, info: string, painter: Painter): string {
  const [language = "", ...marks] = info.trim().split(/\s+/u);
  const file = marks.find((mark) => mark.startsWith("file="))?.slice("file=".length);
  const caption = file === undefined ? "" : `<figcaption>${escapeHtml(file)}</figcaption>`;
  const painted = painter.paint(code.replace(/\n$/u, ""), language);
  const label = escapeHtml(file ?? (language === "" ? "Code" : `Code, ${language}`));
  // Long lines scroll: the keyboard must be able to get there.
  const pre = `<pre tabindex="0" role="region" aria-label="${label}"><code>${painted}</code></pre>`;
  return `<figure class="code" data-language="${escapeHtml(language)}">${caption}${pre}</figure>\n`;
}

function renderPicture(token: Token, { file, reportPicture, resolvePicture }: MarkdownOptions): string {
  const source = textOf(token, "src");
  if (token.content.trim() === "") reportPicture(source);
  const { src, width, height } = resolvePicture(posix.join(posix.dirname(file), source));
  const alt = escapeHtml(token.content);
  return `<img class="picture" src="${escapeHtml(src)}" alt="${alt}" width="${width}" height="${height}" loading="lazy">`;
}

function cutPassages(tokens: readonly Token[], headings: readonly Heading[]): readonly Passage[] {
  const passages: { id: string; title: string; text: string }[] = [];
  const byId = new Map(headings.map((heading) => [heading.id, heading]));
  for (const [index, token] of tokens.entries()) {
    if (token.type === "heading_open") {
      const id = textOf(token, "id");
      passages.push({ id, title: byId.get(id)?.title ?? "", text: "" });
    }
    const passage = passages.at(-1);
    const isText = token.type === "inline" && tokens[index - 1]?.type !== "heading_open";
    if (passage === undefined || !(isText || token.type === "fence")) continue;
    passage.text += `${token.type === "fence" ? token.content : plainText(token)} `;
  }
  return passages;
}

function textOf(token: Token, attribute: string): string {
  return String(token.attrGet(attribute) ?? "");
}

/** What an inline token says, without its marks. */
function plainText(token: Token): string {
  return (token.children ?? []).map((child) => (child.type === "softbreak" ? " " : child.content)).join("");
}

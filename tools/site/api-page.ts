/** A page of the API reference: the names of one entry, by kind, each with its declaration, its docstring and its members. */
import type { ApiEntry, ApiItem, ApiMember } from "./api-read.ts";
import type { DocComment } from "./doc-comment.ts";
import { escapeHtml } from "./escape.ts";
import type { FindName, Painter } from "./highlight.ts";
import { type Heading, type Passage, renderCode, renderSentence, type RenderedPage } from "./markdown.ts";
import { Slugger } from "./slug.ts";

const groups = [
  { title: "Functions", kinds: ["Function"] },
  { title: "Classes", kinds: ["Class"] },
  { title: "Interfaces", kinds: ["Interface"] },
  { title: "Types", kinds: ["TypeAlias"] },
  { title: "Values", kinds: ["Variable"] },
] as const;

interface Group {
  readonly title: string;
  readonly items: readonly ApiItem[];
}

/** Renders one entry. @param lead - what it is, in a sentence of Markdown. */
export function renderApiPage(entry: ApiEntry, lead: string, painter: Painter): RenderedPage {
  const slugger = new Slugger();
  const title = entry.specifier;
  slugger.take(title);
  const grouped = groupItems(entry).map((group) => ({ ...group, id: slugger.take(group.title) }));
  const ids = new Map(grouped.flatMap(({ items }) => items.map((item) => [item, slugger.take(item.name)] as const)));
  const addresses = new Map([...ids].map(([item, id]) => [item.name, `#${id}`]));
  const members = [...ids].flatMap(([item, id]) =>
    item.members.map(({ name }) => [`${item.name}.${name}`, `#${id}.${name}`] as const),
  );
  const everything = new Map([...members, ...addresses]);
  const page = new ApiPage(painter, (name) => everything.get(name));
  const parts = grouped.map(({ id, items, title: name }) => {
    const list = items.map((item) => page.renderItem(item, ids.get(item) ?? "")).join("\n");
    return `<h2 id="${id}">${name}<a class="anchor" href="#${id}" aria-label="Link to “${name}”">#</a></h2>\n${list}`;
  });
  const sentence = `${lead.slice(0, 1).toUpperCase()}${lead.slice(1)}.`;
  const names = [...ids].filter(([item]) => item.isExported);
  const index = names.map(([item, id]) => `<li><a href="#${id}"><code>${escapeHtml(item.name)}</code></a></li>`);
  return {
    title,
    lead: sentence,
    html:
      `<h1 id="${title}">${escapeHtml(title)}</h1>\n<p>${renderSentence(sentence)}</p>\n` +
      `<ul class="names" aria-label="All names">${index.join("")}</ul>\n${parts.join("\n")}`,
    headings: listHeadings(title, grouped, ids),
    passages: [...ids].map(([item, id]) => passageOf(item, id)),
  };
}

function groupItems({ items }: ApiEntry): readonly Group[] {
  const exported = groups.map(({ kinds, title }) => ({
    title: title as string,
    items: items.filter((item) => item.isExported && (kinds as readonly string[]).includes(item.kind)),
  }));
  const mentioned = { title: "Mentioned, not exported", items: items.filter(({ isExported }) => !isExported) };
  return [...exported, mentioned].filter((group) => group.items.length > 0);
}

function listHeadings(
  title: string,
  grouped: readonly (Group & { readonly id: string })[],
  ids: ReadonlyMap<ApiItem, string>,
): readonly Heading[] {
  const parts = grouped.flatMap(({ id, items, title: name }) => [
    { level: 2, id, title: name },
    ...items.map((item) => ({ level: 3, id: ids.get(item) ?? "", title: item.name })),
  ]);
  return [{ level: 1, id: title, title }, ...parts];
}

function passageOf(item: ApiItem, id: string): Passage {
  const members = item.members.map(({ doc, name }) => `${name} ${doc.text}`).join(" ");
  const throws = item.doc.throws.join(" ");
  return { id, title: item.name, text: `${item.doc.text} ${item.doc.returns} ${throws} ${members}` };
}

class ApiPage {
  readonly #painter: Painter;
  readonly #findName: FindName;

  constructor(painter: Painter, findName: FindName) {
    this.#painter = painter;
    this.#findName = findName;
  }

  renderItem(item: ApiItem, id: string): string {
    const name = escapeHtml(item.name);
    const linked: FindName = (word) => (word === item.name ? undefined : this.#findName(word));
    const signature = item.signature.replace(/\s*\{?\s*$/u, "");
    const code = this.#painter.paint(signature, "ts", linked);
    const members = item.members.length === 0 ? "" : this.#renderMembers(item.members, id);
    return [
      `<section class="api-item" aria-labelledby="${id}">`,
      `<h3 id="${id}"><code>${name}</code><a class="anchor" href="#${id}" aria-label="Link to “${name}”">#</a></h3>`,
      `<figure class="code signature"><pre tabindex="0" role="region" aria-label="Declaration of ${name}"><code>${code}</code></pre></figure>`,
      this.#renderDoc(item.doc),
      members,
      "</section>",
    ].join("\n");
  }

  #renderMembers(members: readonly ApiMember[], id: string): string {
    const rows = members.map((member) => {
      const code = this.#painter.paint(memberCode(member.signature), "ts", this.#findName);
      const anchor = `${id}.${member.name}`;
      return `<dt id="${escapeHtml(anchor)}"><code>${code}</code></dt><dd>${this.#renderDoc(member.doc)}</dd>`;
    });
    return `<dl class="members">${uniqueIds(rows).join("\n")}</dl>`;
  }

  #renderDoc({ examples, params, returns, text, throws }: DocComment): string {
    const paramRows = params.map(
      ({ name, text: words }) => `<dt><code>${escapeHtml(name)}</code></dt><dd>${this.#sentence(words)}</dd>`,
    );
    const throwRows = throws.map((words) => `<dt>throws</dt><dd>${this.#sentence(words)}</dd>`);
    const returnRows = returns === "" ? [] : [`<dt>returns</dt><dd>${this.#sentence(returns)}</dd>`];
    const rows = [...paramRows, ...returnRows, ...throwRows];
    return [
      ...text.split(/\n\s*\n/u).map((paragraph) => (paragraph.trim() === "" ? "" : this.#block(paragraph))),
      rows.length === 0 ? "" : `<dl class="facts">${rows.join("")}</dl>`,
      ...examples.map((example) => this.#block(example)),
    ].join("\n");
  }

  #block(markdown: string): string {
    const [, info, code] = /^```([^\n]*)\n([\s\S]*?)```$/u.exec(markdown.trim()) ?? [];
    if (info !== undefined && code !== undefined) return renderCode(code, info, this.#painter);
    const items = markdown.split(/^[-*] /mu);
    if (items.length > 1 && items[0]?.trim() === "") {
      return `<ul>${items
        .slice(1)
        .map((item) => `<li>${this.#sentence(item)}</li>`)
        .join("")}</ul>`;
    }
    return `<p>${this.#sentence(markdown)}</p>`;
  }

  /** Names in code that stand on this page are links to their places. */
  #sentence(markdown: string): string {
    return renderSentence(markdown.trim()).replaceAll(/<code>([\w.]+)<\/code>/gu, (code, name: string) => {
      const href = this.#findName(name);
      return href === undefined ? code : `<a href="${escapeHtml(href)}">${code}</a>`;
    });
  }
}

/** The compiler's indentation of a type within a declaration is too deep for a line of its own. */
function memberCode(signature: string): string {
  return signature.replaceAll(/\n {4}/gu, "\n");
}

/** Overloads have one name: only the first keeps the anchor. */
function uniqueIds(rows: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return rows.map((row) => {
    const id = /^<dt id="([^"]*)"/u.exec(row)?.[1] ?? "";
    if (!seen.has(id)) {
      seen.add(id);
      return row;
    }
    return row.replace(` id="${id}"`, "");
  });
}

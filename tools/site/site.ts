/** The site: every page rendered, in the order of the guide's contents, and what is wrong with it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { renderApiPage } from "./api-page.ts";
import type { ApiEntry } from "./api-read.ts";
import { contentsFile, type ContentsEntry, guideFolder, pathOf, readContents } from "./contents.ts";
import type { Painter } from "./highlight.ts";
import { type MarkdownOptions, type Picture, renderMarkdown, type RenderedPage } from "./markdown.ts";

export interface SitePage extends RenderedPage {
  /** `/docs/channels`. */
  readonly path: string;
  readonly file: string;
  /** The part of the guide it belongs to. */
  readonly section: string;
}

export interface MenuEntry {
  readonly title: string;
  readonly path: string;
}

export interface MenuSection {
  readonly title: string;
  readonly entries: readonly MenuEntry[];
}

export interface Site {
  /** In the order of reading. */
  readonly pages: readonly SitePage[];
  readonly menu: readonly MenuSection[];
  /** Sentences: a page that the contents do not list, a link that leads nowhere, a picture without words. */
  readonly faults: readonly string[];
}

export interface SiteOptions {
  readonly root: string;
  readonly painter: Painter;
  /** None leaves the reference out: links to it are not judged then. */
  readonly api?: readonly ApiEntry[];
}

const apiFile = `${guideFolder}/api.md`;
const decisionsFolder = "docs/adr";

/** Reads and renders everything. */
export function makeSite(options: SiteOptions): Site {
  return new SiteMaker(options).make();
}

/** A list of contents, as cards: the name, and under it what it is about. */
function partLeads(html: string): string {
  return html
    .replaceAll("<ul>", '<ul class="cards">')
    .replaceAll(/<li>(<a .*?<\/a>): (.)(.*)<\/li>/gu, (_, link: string, first: string, rest: string) => {
      return `<li>${link}<span>${first.toUpperCase()}${rest}</span></li>`;
    });
}

class SiteMaker {
  readonly #options: SiteOptions;
  readonly #faults: string[] = [];
  readonly #links: { readonly from: string; readonly path: string; readonly anchor: string }[] = [];

  constructor(options: SiteOptions) {
    this.#options = options;
  }

  make(): Site {
    const sections = readContents(this.#read(contentsFile));
    const listed = sections.flatMap(({ entries, title }) => entries.map((entry) => ({ ...entry, section: title })));
    this.#faults.push(...this.#findUnlisted(listed));
    const pages = [
      this.#page(contentsFile, ""),
      ...listed.flatMap((entry) => this.#pagesOf(entry)),
      ...this.#listUnlisted(listed).map((file) => this.#page(file, "More")),
    ];
    this.#faults.push(...this.#findDeadLinks(pages));
    const menu = sections.map(({ entries, title }) => ({
      title,
      entries: entries.map((entry) => ({
        title: entry.title.replaceAll("`", ""),
        path: pathOf(entry.file) ?? "/docs",
      })),
    }));
    return { pages, menu, faults: this.#faults };
  }

  #pagesOf({ file, section }: ContentsEntry & { readonly section: string }): readonly SitePage[] {
    if (file === decisionsFolder) return this.#decisions(section);
    if (!existsSync(this.#at(file))) {
      this.#faults.push(`${contentsFile} lists ${file}, which does not exist`);
      return [];
    }
    const page = this.#page(file, section);
    return file === apiFile ? [page, ...this.#reference(section)] : [page];
  }

  /** What docs/guide/api.md lists is what an entry is; package.json says which there are. */
  #reference(section: string): readonly SitePage[] {
    const leads = new Map(
      readContents(this.#read(apiFile)).flatMap(({ entries }) => entries.map((e) => [e.title, e.lead])),
    );
    return (this.#options.api ?? []).map((entry) => {
      const lead = leads.get(`\`${entry.specifier}\``);
      if (lead === undefined) this.#faults.push(`${apiFile} does not list ${entry.specifier}`);
      const rendered = renderApiPage(entry, lead ?? "", this.#options.painter);
      return { ...rendered, path: `/docs/api/${entry.name}`, file: `api/${entry.name}.api.md`, section };
    });
  }

  #decisions(section: string): readonly SitePage[] {
    const files = readdirSync(this.#at(decisionsFolder)).filter((name) => name.endsWith(".md"));
    const pages = files.sort().map((name) => this.#page(`${decisionsFolder}/${name}`, section));
    const list = pages.map(({ file, title }) => `- [${title}](${file.slice(decisionsFolder.length + 1)})`);
    const intro = "What was decided, why, and what it closed off: a page each, in the order they were made.";
    const index = `# Decisions\n\n${intro}\n\n${list.join("\n")}\n`;
    return [
      { ...this.#render(`${decisionsFolder}/README.md`, index), path: "/docs/adr", file: decisionsFolder, section },
      ...pages,
    ];
  }

  #page(file: string, section: string): SitePage {
    const rendered = this.#render(file, this.#read(file));
    const html = file === contentsFile || file === apiFile ? partLeads(rendered.html) : rendered.html;
    return { ...rendered, html, path: pathOf(file) ?? "/docs", file, section };
  }

  #render(file: string, markdown: string): RenderedPage {
    const options: MarkdownOptions = {
      file,
      painter: this.#options.painter,
      resolveLink: (target, anchor) => this.#resolveLink(file, target, anchor),
      resolvePicture: (target) => this.#resolvePicture(target),
      reportPicture: (source) =>
        this.#faults.push(`${file}: the picture ${source} has no words for those who cannot see it`),
    };
    return renderMarkdown(markdown, options);
  }

  #resolveLink(from: string, target: string, anchor: string): string {
    const path = pathOf(target);
    if (path === undefined) this.#faults.push(`${from}: the link to ${target} leads off the site`);
    else this.#links.push({ from, path, anchor });
    return `${path ?? "/docs"}${anchor === "" ? "" : `#${anchor}`}`;
  }

  #resolvePicture(file: string): Picture {
    const svg = existsSync(this.#at(file)) ? this.#read(file) : "";
    const [, width = "0", height = "0"] = /viewBox="0 0 (\d+) (\d+)"/u.exec(svg) ?? [];
    if (width === "0") this.#faults.push(`${file} is no picture with a viewBox from 0 0`);
    return { src: file.replace(guideFolder, "/docs"), width: Number(width), height: Number(height) };
  }

  #findDeadLinks(pages: readonly SitePage[]): readonly string[] {
    const anchors = new Map(pages.map(({ headings, path }) => [path, new Set(headings.map(({ id }) => id))]));
    const hasApi = this.#options.api !== undefined;
    return this.#links.flatMap(({ anchor, from, path }) => {
      if (!hasApi && path.startsWith("/docs/api/")) return [];
      const known = anchors.get(path);
      if (known === undefined) return [`${from}: there is no page ${path}`];
      return anchor === "" || known.has(anchor) ? [] : [`${from}: there is no heading #${anchor} in ${path}`];
    });
  }

  #findUnlisted(listed: readonly ContentsEntry[]): readonly string[] {
    return this.#listUnlisted(listed).map((file) => `${contentsFile} does not list ${file}`);
  }

  #listUnlisted(listed: readonly ContentsEntry[]): readonly string[] {
    const names = readdirSync(this.#at(guideFolder)).filter((name) => name.endsWith(".md"));
    const files = names.sort().map((name) => `${guideFolder}/${name}`);
    return files.filter((file) => file !== contentsFile && !listed.some((entry) => entry.file === file));
  }

  #read(file: string): string {
    return readFileSync(this.#at(file), "utf8");
  }

  #at(file: string): string {
    return join(this.#options.root, file);
  }
}

/** The frame that every page has. It works without a program: the script adds the search, the copy buttons and nothing else. */
import { escapeHtml } from "./escape.ts";
import type { Heading } from "./markdown.ts";
import type { MenuEntry, MenuSection, SitePage } from "./site.ts";

export interface LayoutOptions {
  readonly menu: readonly MenuSection[];
  readonly style: string;
  readonly script: string;
  /** A program that must have run before anything is painted. */
  readonly theme: string;
  readonly version: string;
}

export interface Neighbours {
  readonly previous?: MenuEntry | undefined;
  readonly next?: MenuEntry | undefined;
}

/** The whole document. */
export function layOut(page: SitePage, neighbours: Neighbours, options: LayoutOptions): string {
  const { html, lead, title } = page;
  return document(
    { title: page.path === "/docs" ? "The guide · Switchboard" : `${title} · Switchboard guide`, lead, options },
    `<div class="columns">
${menuOf(page.path, options)}
<main id="content" tabindex="-1">
<article class="prose${page.path.startsWith("/docs/api/") ? " reference" : ""}">
${page.section === "" ? "" : `<p class="section">${escapeHtml(page.section)}</p>\n`}${html}</article>
${turnOf(neighbours)}
</main>
${outlineOf(page.headings)}
</div>`,
  );
}

/** What a wrong address gets. */
export function layOutMissing(options: LayoutOptions): string {
  return document(
    { title: "No such page · Switchboard guide", lead: "There is no page at this address.", options },
    `<div class="columns">
${menuOf("", options)}
<main id="content" tabindex="-1"><article class="prose">
<p class="section">404</p>
<h1>Nobody answers at this number</h1>
<p>There is no page at this address. It may have moved: search for it with <kbd>/</kbd>, or look through <a href="/docs">the contents</a>.</p>
</article></main>
</div>`,
  );
}

interface Head {
  readonly title: string;
  readonly lead: string;
  readonly options: LayoutOptions;
}

function document({ lead, options, title }: Head, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${escapeHtml(lead)}">
<title>${escapeHtml(title)}</title>
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<script src="${options.theme}"></script>
<link rel="stylesheet" href="${options.style}">
<script type="module" src="${options.script}"></script>
</head>
<body>
<a class="skip-link" href="#content">Skip to the text</a>
<header class="bar">
<button class="menu-button" type="button" popovertarget="menu" aria-label="Contents">${menuIcon}</button>
<a class="brand" href="/docs">${logo}<span>Switchboard</span> <small>guide</small></a>
<div class="search-place" data-search></div>
<nav class="places" aria-label="Other pages"><a href="/">Chat</a><a href="/lab/">Lab</a></nav>
</header>
${body}
<footer class="foot">Switchboard ${escapeHtml(options.version)} · MIT</footer>
</body>
</html>
`;
}

function menuOf(current: string, { menu }: LayoutOptions): string {
  const sections = menu.map(({ entries, title }) => {
    const items = entries.map((entry) => {
      const isWithin = entry.path !== current && current.startsWith(`${entry.path}/`);
      const mark = entry.path === current ? ' aria-current="page"' : isWithin ? ' aria-current="true"' : "";
      return `<li><a href="${entry.path}"${mark}>${escapeHtml(entry.title)}</a></li>`;
    });
    return `<h2>${escapeHtml(title)}</h2>\n<ul>${items.join("")}</ul>`;
  });
  return `<nav class="menu" id="menu" popover aria-label="Contents">\n${sections.join("\n")}\n</nav>`;
}

function outlineOf(headings: readonly Heading[]): string {
  const shown = headings.filter(({ level }) => level === 2 || level === 3);
  if (shown.length < 2) return '<aside class="outline"></aside>';
  const items = shown.map(
    ({ id, level, title }) => `<li class="level-${level}"><a href="#${id}">${escapeHtml(title)}</a></li>`,
  );
  return `<aside class="outline"><nav aria-label="On this page"><h2>On this page</h2><ul>${items.join("")}</ul></nav></aside>`;
}

function turnOf({ next, previous }: Neighbours): string {
  const links = [
    previous === undefined
      ? ""
      : `<a class="previous" rel="prev" href="${previous.path}"><small>Before</small>${escapeHtml(previous.title)}</a>`,
    next === undefined
      ? ""
      : `<a class="next" rel="next" href="${next.path}"><small>Next</small>${escapeHtml(next.title)}</a>`,
  ];
  return `<nav class="turn" aria-label="Before and next">${links.join("")}</nav>`;
}

const menuIcon = '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 7h16M4 12h16M4 17h10"/></svg>';

const logo =
  '<svg class="logo" viewBox="0 0 32 32" aria-hidden="true"><rect class="logo-board" width="32" height="32" rx="8"/>' +
  '<path class="logo-cord" d="M9 11v3c0 6 14 2 14 8"/><circle class="logo-plug" cx="9" cy="9.500" r="3.500"/>' +
  '<circle class="logo-plug" cx="23" cy="22.500" r="3.500"/><circle class="logo-jack" cx="23" cy="9.500" r="2.500"/>' +
  '<circle class="logo-jack" cx="9" cy="22.500" r="2.500"/></svg>';

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { renderApiPage } from "./api-page.ts";
import { pathOf } from "./contents.ts";
import { readDocComment } from "./doc-comment.ts";
import { CodePainter, type Painter } from "./highlight.ts";
import { makeSite, type Site } from "./site.ts";
import { Slugger } from "./slug.ts";

const plain: Painter = { paint: (code) => code.replaceAll("<", "&lt;") };
const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "switchboard-site-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A guide of these files, with an API page and contents that list what is given. */
function makeGuide(name: string, files: Readonly<Record<string, string>>, listed: readonly string[]): Site {
  const at = join(folder, name);
  const contents = `# Guide\n\n## Start\n\n${listed.map((file) => `- [A page](${file}): about it`).join("\n")}\n`;
  for (const [file, text] of Object.entries({ "README.md": contents, ...files })) {
    mkdirSync(dirname(join(at, "docs/guide", file)), { recursive: true });
    writeFileSync(join(at, "docs/guide", file), text);
  }
  return makeSite({ root: at, painter: plain });
}

test("[GD1] the contents order the pages, and a page that they do not list, or that is not there, is a fault", () => {
  const site = makeGuide("order", { "a.md": "# A\n", "b.md": "# B\n", "c.md": "# C\n" }, ["b.md", "a.md", "gone.md"]);
  expect(site.pages.map(({ path }) => path)).toEqual(["/docs", "/docs/b", "/docs/a", "/docs/c"]);
  expect(site.menu).toEqual([
    { title: "Start", entries: ["b", "a", "gone"].map((page) => ({ title: "A page", path: `/docs/${page}` })) },
  ]);
  expect(site.faults).toEqual([
    "docs/guide/README.md does not list docs/guide/c.md",
    "docs/guide/README.md lists docs/guide/gone.md, which does not exist",
    "docs/guide/README.md: there is no page /docs/gone",
  ]);
});

test("[GD2] a link between files leads to the same place on the site, and one that leads nowhere is a fault", () => {
  const text =
    "# A\n\n[1](b.md#two-words) [2](#a) [3](https://example.com/x.md) [4](b.md#no) [5](c.md) [6](../../src/x.ts)\n";
  const site = makeGuide("links", { "a.md": text, "b.md": "# B\n\n## Two `words`!\n" }, ["a.md", "b.md"]);
  const hrefs = [...(site.pages[1]?.html ?? "").matchAll(/<a href="([^"]*)">/gu)].map(([, href]) => href);
  expect(hrefs.slice(0, 3)).toEqual(["/docs/b#two-words", "/docs/a#a", "https://example.com/x.md"]);
  expect(site.faults).toEqual([
    "docs/guide/a.md: the link to src/x.ts leads off the site",
    "docs/guide/a.md: there is no heading #no in /docs/b",
    "docs/guide/a.md: there is no page /docs/c",
  ]);
  expect(["SPEC.md", "api/engine.api.md", "docs/adr/0001-a.md", "README.md"].map(pathOf)).toEqual([
    "/docs/spec",
    "/docs/api/engine",
    "/docs/adr/0001-a",
    undefined,
  ]);
});

test("[GD2] a page's path in code is a link to it, and the marks of our own programs are not shown", () => {
  const text =
    "# A\n\nSee `docs/guide/b.md`, [`docs/guide/b.md`](b.md#b), `docs/guide/a.md`, `README.md`.\n<!-- costs: of `x` -->\n\n```html\n<!-- kept -->\n```\n";
  const site = makeGuide("paths", { "a.md": text, "b.md": "# B\n\n`docs/guide/gone.md`\n" }, ["a.md", "b.md"]);
  const html = site.pages[1]?.html ?? "";
  expect(html).toContain('See <a href="/docs/b"><code>docs/guide/b.md</code></a>, <a href="/docs/b#b"><code>');
  expect(html).toContain("<code>docs/guide/a.md</code>, <code>README.md</code>.</p>");
  expect(html).toContain("&lt;!-- kept --&gt;".replace("&gt;", ">"));
  expect(html).not.toContain("costs");
  expect(site.faults).toEqual(["docs/guide/b.md: there is no page /docs/gone"]);
});

test("[GD2] anchors are GitHub's: lower case, without punctuation, the second of two equal ones with a number", () => {
  const slugger = new Slugger();
  const anchors = ["What `ws`'s own tests say", "Ça va, non?", "a_b - c", "Same", "Same"].map((text) =>
    slugger.take(text),
  );
  expect(anchors).toEqual(["what-wss-own-tests-say", "ça-va-non", "a_b---c", "same", "same-1"]);
});

test("[GD3] nothing on a page needs an inline style or script; a picture has words and a size", () => {
  const picture = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 310"></svg>';
  const text =
    "# A\n\n|a|b|\n|-|-:|\n|1|2|\n\n<script>alert(1)</script>\n\n![](p.svg)\n![A line](p.svg)\n\n```ts file=server.ts\na < b;\n```\n";
  const site = makeGuide("html", { "a.md": text, "p.svg": picture }, ["a.md"]);
  const html = site.pages[1]?.html ?? "";
  expect(html).toContain('<div class="table" tabindex="0" role="region" aria-label="Table">');
  expect(html).toContain('<td class="align-right">2</td>');
  expect(html).toContain("&lt;script&gt;");
  expect(html).not.toMatch(/style=|<script/u);
  expect(html).toContain('src="/docs/p.svg" alt="A line" width="480" height="310"');
  expect(html).toContain("<figcaption>server.ts</figcaption>");
  expect(html).toContain("<code>a &lt; b;</code>");
  expect(site.faults).toEqual(["docs/guide/a.md: the picture p.svg has no words for those who cannot see it"]);
});

test("[GD1, GD2, GD3] this guide has no fault", () => {
  expect(makeSite({ root, painter: plain }).faults).toEqual([]);
});

test("[GD4] code has a class for each kind of word, and names that have a place are links", async () => {
  const painter = await CodePainter.create();
  const html = painter.paint('const a: Gateway = f("Gateway"); // <b>', "ts", (name) =>
    name === "Gateway" ? "#g" : undefined,
  );
  expect(html).toContain('<span class="t-keyword">const</span>');
  expect(html).toContain('<a href="#g">Gateway</a>');
  expect(html).toContain('<span class="t-string-expression">&quot;Gateway&quot;</span>');
  expect(html).toContain("&lt;b&gt;");
  expect(html).not.toContain("style=");
  expect(painter.paint("a < b", "no such language")).toBe("a &lt; b");
});

test("[GD4] a docstring is taken apart: text, parameters, result, errors and examples", () => {
  const comment = `/**
 * Opens {@link Line | a line}, see {@link Line.close}.
 *
 * @param url - \`ws:\` or
 * \`wss:\`
 * @param - options.http2 - over HTTP/2
 * @returns the line
 * @throws {RangeError} for a limit
 * @example
 * \`\`\`ts
 * @decorated
 * open();
 * \`\`\`
 */`;
  expect(readDocComment(comment)).toEqual({
    text: "Opens a line, see `Line.close`.",
    params: [
      { name: "url", text: "`ws:` or\n`wss:`" },
      { name: "options.http2", text: "over HTTP/2" },
    ],
    returns: "the line",
    throws: ["`RangeError` for a limit"],
    examples: ["```ts\n@decorated\nopen();\n```"],
  });
});

test("[GD4] a page of the reference has each name with its declaration, its members and links between them", () => {
  const doc = (text: string): ReturnType<typeof readDocComment> => readDocComment(`/** ${text} */`);
  const page = renderApiPage(
    {
      name: "engine",
      specifier: "switchboard/engine",
      items: [
        {
          kind: "Function",
          name: "open",
          signature: "open(): Line",
          doc: doc("Opens."),
          isExported: true,
          members: [],
        },
        {
          kind: "Interface",
          name: "Line",
          signature: "interface Line",
          doc: doc("Made by `open`; end it with `Line.close`."),
          isExported: true,
          members: [{ name: "close", signature: "close(): void", doc: doc("Ends it.") }],
        },
        { kind: "TypeAlias", name: "Inner", signature: "type Inner", doc: doc(""), isExported: false, members: [] },
      ],
    },
    "sockets",
    { paint: (code, _, find) => code.replaceAll(/\w+/gu, (name) => (find?.(name) === undefined ? name : `[${name}]`)) },
  );
  expect(page.headings.map(({ id }) => id)).toEqual([
    "switchboard/engine",
    "functions",
    "open",
    "interfaces",
    "line",
    "mentioned-not-exported",
    "inner",
  ]);
  expect(page.html).toContain("<code>open(): [Line]</code>");
  expect(page.html).toContain(
    '<a href="#open"><code>open</code></a>; end it with <a href="#line.close"><code>Line.close</code>',
  );
  expect(page.html).toContain('<dt id="line.close"><code>close(): void</code></dt><dd><p>Ends it.</p>');
  expect(page.passages[1]).toEqual({
    id: "line",
    title: "Line",
    text: expect.stringContaining("close Ends it.") as string,
  });
});

test("[GD4] every public name of every entry has a place on the built site, and in its search", () => {
  const docs = join(root, "web/dist/docs");
  expect(existsSync(docs), "the site is built by `npm run build`").toBe(true);
  const index = readFileSync(join(docs, "search.json"), "utf8");
  for (const report of readdirSync(join(root, "api")).filter((name) => name.endsWith(".api.md"))) {
    const entry = report.replace(".api.md", "");
    const page = readFileSync(join(docs, `api/${entry}.html`), "utf8");
    const declared = readFileSync(join(root, "api", report), "utf8").matchAll(
      /^export (?:declare )?(?:abstract )?(?:function|class|interface|type|const) (\w+)/gmu,
    );
    const names = new Set([...declared].map(([, name = ""]) => name));
    const missing = [...names].filter(
      (name) => !page.includes(`<code>${name}</code>`) || !index.includes(`"title":"${name}"`),
    );
    expect([entry, missing]).toEqual([entry, []]);
  }
});

/** Makes the guide's site, `web/dist/docs`, from docs/guide and the built declarations. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { type BuildOptions, build } from "esbuild";
import MiniSearch from "minisearch";
import { compressFiles } from "../../web/compress-files.ts";
import { type SearchDocument, searchOptions } from "../../web/src/docs/search-options.ts";
import { readApi } from "./api-read.ts";
import { guideFolder } from "./contents.ts";
import { CodePainter } from "./highlight.ts";
import { layOut, layOutMissing, type LayoutOptions } from "./layout.ts";
import { makeSite, type Site } from "./site.ts";

const root = resolve(import.meta.dirname, "../..");
const target = join(root, "web/dist/docs");

await buildSite();

async function buildSite(): Promise<void> {
  const startedMs = performance.now();
  const site = makeSite({ root, painter: await CodePainter.create(), api: readApi(root) });
  rmSync(target, { recursive: true, force: true });
  const assets = await bundleAssets();
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string };
  writePages(site, { menu: site.menu, version, ...assets });
  const pictures = join(root, guideFolder, "pictures");
  if (existsSync(pictures)) cpSync(pictures, join(target, "pictures"), { recursive: true });
  const documents = indexSite(site);
  await compressFiles(target);
  // Not decisive here, so that a wrong link keeps nobody from a page: the tests and `npm run ok` are.
  for (const fault of site.faults) console.error(`guide: ${fault}`);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(
    `guide: ${site.pages.length} pages, ${documents} places to find, ${site.faults.length} faults, ${seconds} s`,
  );
}

/** The style and the programs of every page. */
async function bundleAssets(): Promise<Pick<LayoutOptions, "style" | "script" | "theme">> {
  const [style, script, theme] = await Promise.all([
    bundle("docs.css", "esm"),
    bundle("main.ts", "esm"),
    bundle("theme.ts", "iife"), // a module would come behind the first paint
  ]);
  return { style, script, theme };
}

/** The address of what was made of it. It has a hash in its name: what has such a name never changes. */
async function bundle(name: string, format: NonNullable<BuildOptions["format"]>): Promise<string> {
  const { metafile } = await build({
    entryPoints: [join(root, "web/src/docs", name)],
    outdir: join(target, "assets"),
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    format,
    target: "es2023",
    metafile: true,
    logLevel: "warning",
  });
  const [file = ""] = Object.keys(metafile.outputs);
  return `/docs/${relative(target, resolve(file))}`;
}

function writePages({ pages }: Site, options: LayoutOptions): void {
  for (const [index, page] of pages.entries()) {
    const neighbours = { previous: pages[index - 1], next: pages[index + 1] };
    write(
      page.path === "/docs" ? "index.html" : `${page.path.slice("/docs/".length)}.html`,
      layOut(page, neighbours, options),
    );
  }
  write("404.html", layOutMissing(options));
}

/** Writes the search's index and says how many places it knows. */
function indexSite({ menu, pages }: Site): number {
  const names = new Map(menu.flatMap(({ entries }) => entries.map(({ path, title }) => [path, title])));
  const documents: readonly SearchDocument[] = pages.flatMap(({ passages, path, title: page }) =>
    passages.map(({ id, text, title }, index) => ({
      id: index === 0 && !path.startsWith("/docs/api/") ? path : `${path}#${id}`,
      title,
      page: names.get(path) ?? page,
      lead: shorten(text),
      text,
    })),
  );
  const index = new MiniSearch(searchOptions);
  index.addAll([...documents]);
  write("search.json", JSON.stringify(index));
  return documents.length;
}

function shorten(text: string): string {
  const plain = text.replaceAll(/[\s`]+/gu, " ").trim();
  return plain.length <= 110 ? plain : `${plain.slice(0, plain.lastIndexOf(" ", 110))}…`;
}

function write(name: string, content: string): void {
  const file = join(target, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

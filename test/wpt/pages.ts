import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** One file of Web Platform Tests with one of its query strings: what the suite counts. */
export interface WptPage {
  /** Relative to the checkout: `websockets/binary/001.html`. */
  readonly file: string;
  /** `?wss`; empty when the file has no variants. */
  readonly variant: string;
  /** What it needs that is not here. */
  readonly needs: string | undefined;
}

// `.any.js` and `.window.js` run as they are; of an `.html` the scripts do.
const isPage = (name: string): boolean => /\.(?:any\.js|window\.js|html)$/.test(name) && !/worker/i.test(name);

/** What only a browser has, or a later Node. */
const browserParts: Readonly<Record<string, RegExp>> = {
  "a document": /\bdocument\./,
  "windows to open": /\bwindow\.open\(|runBfcacheTest|RemoteContextHelper|rc-helper/,
  XMLHttpRequest: /\bXMLHttpRequest\b/,
  "a page's worker": /\bnew Worker\(/,
  frames: /<iframe|with_iframe/,
  "a secure context": /mixed-content|secure context should/,
  "a cookie jar": /\/set-cookie\b|websocket-cookies-helper/,
  ...("Float16Array" in globalThis ? {} : { Float16Array: /\bFloat16Array\b/ }),
};

/** The pages of a folder of the checkout, variants and all. */
export function listPages(checkout: string, folder: string): readonly WptPage[] {
  const names = readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" });
  return names
    .filter(isPage)
    .toSorted()
    .flatMap((name) => {
      const file = join(folder, name);
      const source = loadFile(checkout, file);
      if (isPart(name, source)) return [];
      const needs = Object.keys(browserParts).find((part) => browserParts[part]?.test(source));
      return variantsOf(source).map((variant) => ({ file, variant, needs }));
    });
}

/** A page that others open; it tests nothing itself. */
function isPart(name: string, source: string): boolean {
  return name.endsWith(".html") && !source.includes("testharness.js");
}

function variantsOf(source: string): readonly string[] {
  const variants = [
    ...source.matchAll(/^\/\/ META: variant=(.*)$/gm),
    ...source.matchAll(/<meta name="?variant"? content="(.*?)">/g),
  ].map(([, variant = ""]) => variant);
  return variants.length === 0 ? [""] : variants;
}

/** The scripts of a page, in order, those it includes among them. `load` gives the text of a file. */
export function readScripts(file: string, load: (file: string) => string): readonly string[] {
  const source = load(file);
  const include = (path: string): string =>
    load(path.startsWith("/") ? path.slice(1) : join(dirname(file), path.replace(/\?.*/, "")));
  if (file.endsWith(".html")) {
    return [...source.matchAll(/<script(?:\s+src="?([^\s">]+)"?)?[^>]*>([^]*?)<\/script>/g)]
      .filter(([, path]) => !path?.includes("testharnessreport"))
      .map(([, path, text = ""]) => (path === undefined ? text : include(path)));
  }
  const included = [...source.matchAll(/^\/\/ META: script=(.*)$/gm)].map(([, path = ""]) => include(path));
  return [load("resources/testharness.js"), ...included, source];
}

/** Where the suite's own server finds what it serves under another name. */
const aliases: Readonly<Record<string, string>> = { "resources/WebIDLParser.js": "resources/webidl2/lib/webidl2.js" };

/** The text of a file of the checkout. Throws for one outside of it. */
export function loadFile(checkout: string, file: string): string {
  const path = resolve(checkout, aliases[file] ?? file);
  if (!path.startsWith(resolve(checkout))) throw new Error(`Cannot load "${file}": it is outside of the checkout`);
  const bytes = readFileSync(path);
  return /charset=windows-1252/.test(bytes.toString("latin1")) ? bytes.toString("latin1") : bytes.toString("utf8");
}

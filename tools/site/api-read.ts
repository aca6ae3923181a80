/** The public names of each entry of the package, with their docstrings: read by API Extractor from the built `.d.ts` files. */
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CompilerState, Extractor, ExtractorLogLevel } from "@microsoft/api-extractor";
import { apiSources, prepareExtractor } from "../extractor-config.ts";
import { readDocComment, type DocComment } from "./doc-comment.ts";

export interface ApiMember {
  readonly name: string;
  /** As it is declared, without modifiers that say nothing to a reader. */
  readonly signature: string;
  readonly doc: DocComment;
}

type ApiKind = "Function" | "Class" | "Interface" | "TypeAlias" | "Variable";

export interface ApiItem extends ApiMember {
  readonly kind: ApiKind;
  /** False for a type that public names mention without its being exported. */
  readonly isExported: boolean;
  readonly members: readonly ApiMember[];
}

export interface ApiEntry {
  /** `engine`; `switchboard` is the root. */
  readonly name: string;
  /** What people import: `switchboard/engine`. */
  readonly specifier: string;
  readonly items: readonly ApiItem[];
}

interface ModelItem {
  readonly kind: string;
  readonly name?: string;
  readonly canonicalReference: string;
  readonly docComment?: string;
  readonly excerptTokens?: readonly { readonly text: string }[];
  readonly members?: readonly ModelItem[];
}

/** Reads all entries of package.json that have types. One compilation serves all of them. */
export function readApi(root: string): readonly ApiEntry[] {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Parameters<typeof apiSources>[1];
  const folder = resolve(root, "temp/api-model");
  mkdirSync(folder, { recursive: true });
  const sources = apiSources(root, manifest);
  const files = sources.map(({ types }) => types);
  const none = { default: { logLevel: ExtractorLogLevel.None } };
  let compilerState: CompilerState | undefined;
  return sources.map(({ name, types }) => {
    const model = join(folder, `${name}.api.json`);
    const config = prepareExtractor(
      root,
      { name, types, files },
      {
        apiReport: { enabled: false, reportFileName: "unused.api.md" },
        docModel: { enabled: true, apiJsonFilePath: model, includeForgottenExports: true },
        messages: { compilerMessageReporting: none, extractorMessageReporting: none, tsdocMessageReporting: none },
      },
    );
    compilerState ??= CompilerState.create(config, { additionalEntryPoints: files });
    const messageCallback = (message: { logLevel: ExtractorLogLevel; handled: boolean }): void => {
      message.logLevel = ExtractorLogLevel.None; // `npm run ok` has a check of its own for what is wrong there
      message.handled = true;
    };
    Extractor.invoke(config, { localBuild: true, compilerState, messageCallback });
    const { members = [] } = JSON.parse(readFileSync(model, "utf8")) as ModelItem;
    const specifier = name === "switchboard" ? name : `switchboard/${name}`;
    return { name, specifier, items: joinOverloads((members[0]?.members ?? []).map(readItem)) };
  });
}

function readItem(item: ModelItem): ApiItem {
  return {
    ...readMember(item),
    kind: item.kind as ApiKind,
    isExported: !item.canonicalReference.includes("!~"),
    members: (item.members ?? []).map(readMember),
  };
}

function readMember(item: ModelItem): ApiMember {
  const text = (item.excerptTokens ?? []).map((token) => token.text).join("");
  return {
    name: realName(item.name ?? (item.kind === "Constructor" ? "constructor" : "")),
    signature: realName(text)
      .replace(/^export (?:declare )?/u, "")
      .replace(/^readonly /u, "")
      .replace(/;?\s*$/u, ""),
    doc: readDocComment(item.docComment ?? ""),
  };
}

/** API Extractor calls our `WebSocket` `WebSocket_2`, for there is a global one. */
function realName(text: string): string {
  return text.replaceAll(/\b([A-Z]\w*?)_\d+\b/gu, "$1");
}

/** The overloads of one function are one item with all their signatures. */
function joinOverloads(items: readonly ApiItem[]): readonly ApiItem[] {
  const joined = new Map<string, ApiItem>();
  for (const item of items) {
    const before = joined.get(item.name);
    if (before?.kind !== item.kind) joined.set(joined.has(item.name) ? `${item.name} ${item.kind}` : item.name, item);
    else joined.set(item.name, { ...before, signature: `${before.signature};\n${item.signature}` });
  }
  return [...joined.values()];
}

/** Code with a class for each kind of word. Colours are the style sheet's: the page's policy allows no inline style. */
import { createCssVariablesTheme, createHighlighter, type Highlighter, type ThemedToken } from "shiki";
import { escapeHtml } from "./escape.ts";

/** What a block may call itself, and the grammar that reads it. */
const grammars: Readonly<Record<string, string>> = {
  ts: "typescript",
  tsx: "tsx",
  js: "javascript",
  json: "json",
  html: "html",
  css: "css",
  sh: "shellscript",
  nginx: "nginx",
  yaml: "yaml",
  toml: "toml",
  ini: "ini",
  systemd: "systemd",
  docker: "docker",
  dockerfile: "docker",
};

const theme = createCssVariablesTheme({ name: "classes", variablePrefix: "--t-" });

/** Gives the address of a name that has one. */
export type FindName = (name: string) => string | undefined;

/** What gives code its colours. */
export type Painter = Pick<CodePainter, "paint">;

export class CodePainter {
  readonly #highlighter: Highlighter;

  private constructor(highlighter: Highlighter) {
    this.#highlighter = highlighter;
  }

  static async create(): Promise<CodePainter> {
    return new CodePainter(await createHighlighter({ themes: [theme], langs: [...new Set(Object.values(grammars))] }));
  }

  /** HTML for the inside of a `<code>`. Whole words that `findName` knows become links. */
  paint(code: string, language: string, findName: FindName = () => undefined): string {
    const lang = grammars[language];
    if (lang === undefined) return escapeHtml(code);
    const { tokens } = this.#highlighter.codeToTokens(code, {
      lang: lang as "ts",
      theme: "classes",
      tokenizeTimeLimit: 0,
    });
    return tokens
      .map((line) =>
        mergeTokens(line)
          .map((token) => paintToken(token, findName))
          .join(""),
      )
      .join("\n");
  }
}

interface Word {
  readonly kind: string;
  readonly text: string;
}

/** Shiki's variable for a colour, `var(--t-token-keyword)`, as a class: `keyword`. */
function mergeTokens(line: readonly ThemedToken[]): readonly Word[] {
  const words: Word[] = [];
  for (const { content, color = "" } of line) {
    const kind = /--t-token-(?<kind>[\w-]+)/u.exec(color)?.groups?.["kind"] ?? "";
    const last = words.at(-1);
    if (last?.kind === kind) words[words.length - 1] = { kind, text: last.text + content };
    else words.push({ kind, text: content });
  }
  return words;
}

function paintToken({ kind, text }: Word, findName: FindName): string {
  const isProse = kind === "string" || kind === "comment" || kind === "string-expression";
  const html = isProse ? escapeHtml(text) : linkNames(text, findName);
  return kind === "" ? html : `<span class="t-${kind}">${html}</span>`;
}

/** The same text as HTML, with the names that have an address as links. */
function linkNames(text: string, findName: FindName): string {
  return text
    .split(/(?<![\w.])([A-Za-z_]\w*)/u)
    .map((part, index) => {
      const href = index % 2 === 1 ? findName(part) : undefined;
      return href === undefined ? escapeHtml(part) : `<a href="${escapeHtml(href)}">${escapeHtml(part)}</a>`;
    })
    .join("");
}

/** A docstring, taken apart. */

export interface DocComment {
  /** Markdown. */
  readonly text: string;
  readonly params: readonly { readonly name: string; readonly text: string }[];
  readonly returns: string;
  readonly throws: readonly string[];
  /** Blocks of Markdown. */
  readonly examples: readonly string[];
}

/** Reads a comment with its slashes and stars. `{@link name}` becomes the name as code. */
export function readDocComment(comment: string): DocComment {
  const lines = comment
    .replace(/^\/\*\*/u, "")
    .replace(/\s*\*\/\s*$/u, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/u, ""));
  const [text = "", ...blocks] = cutBlocks(lines);
  const bodies = (tag: string): readonly string[] =>
    blocks.filter((block) => block.startsWith(`@${tag}`)).map((block) => block.slice(tag.length + 1).trim());
  return {
    text,
    params: bodies("param").map((body) => {
      const [, name = "", words = ""] = /^(?:-\s+)?(\S+)\s+(?:-\s+)?([\s\S]*)$/u.exec(body) ?? [];
      return { name, text: words };
    }),
    returns: bodies("returns").join(" "),
    throws: bodies("throws").map((body) => body.replace(/^\{(\w+)\}/u, "`$1`")),
    examples: bodies("example"),
  };
}

/** The text before the first tag, then each tag with what follows it. A line of code is no tag. */
function cutBlocks(lines: readonly string[]): readonly string[] {
  const blocks: string[][] = [[]];
  let isCode = false;
  for (const line of lines) {
    if (line.startsWith("```")) isCode = !isCode;
    if (!isCode && /^@[a-z]+/u.test(line)) blocks.push([]);
    blocks.at(-1)?.push(line);
  }
  return blocks.map((block) => linksAsCode(block.join("\n").trim()));
}

function linksAsCode(text: string): string {
  return text.replaceAll(/\{@link ([^}|\s]+)(?:\s*\|\s*([^}]+))?\}/gu, (_, name: string, words?: string) =>
    words === undefined ? `\`${name}\`` : words.trim(),
  );
}

/** A code block of a Markdown file that is checked: `ts` or `tsx`, or any with a file's name. */
export interface Fence {
  readonly file: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
  readonly code: string;
  readonly language: string;
  /** It is a program of its own. A component runs in a page only, and a file belongs to an app of several. */
  readonly isRun: boolean;
  /** What `file=` says: it is this file of the app that its page builds. */
  readonly fileName?: string;
}

/** Every block opened with three backquotes and `ts`, `ts no-run`, `tsx`, or any language and `file=name`. */
export function readFences(file: string, markdown: string): readonly Fence[] {
  const pattern = /^```(?<language>[a-z]+)(?<marks>[^\n]*)\n(?<code>[\s\S]*?)^```$/gmu;
  return [...markdown.matchAll(pattern)].flatMap((match) => {
    const { code = "", language = "", marks = "" } = match.groups ?? {};
    const words = marks.split(" ");
    const fileName = words.find((word) => word.startsWith("file="))?.slice("file=".length);
    if (language !== "ts" && language !== "tsx" && fileName === undefined) return [];
    const isRun = language === "ts" && fileName === undefined && !words.includes("no-run");
    const line = markdown.slice(0, match.index).split("\n").length;
    return [{ file, line, code, language, isRun, ...(fileName === undefined ? {} : { fileName }) }];
  });
}

/** The commands of a page: its `sh` blocks. */
export function readCommands(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gmu)].map(([, commands = ""]) => commands);
}

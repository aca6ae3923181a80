/** A `ts` code block of a Markdown file. */
export interface Fence {
  readonly file: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
  readonly code: string;
  readonly isRun: boolean;
}

/** Every block opened with three backquotes and `ts`, or `ts no-run`. */
export function readFences(file: string, markdown: string): readonly Fence[] {
  const pattern = /^```ts(?<marks>[^\n]*)\n(?<code>[\s\S]*?)^```$/gmu;
  return [...markdown.matchAll(pattern)].map((match) => ({
    file,
    line: markdown.slice(0, match.index).split("\n").length,
    code: match.groups?.["code"] ?? "",
    isRun: !(match.groups?.["marks"] ?? "").split(" ").includes("no-run"),
  }));
}

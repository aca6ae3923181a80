/** A `ts` or `tsx` code block of a Markdown file. */
export interface Fence {
  readonly file: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
  readonly code: string;
  readonly language: "ts" | "tsx";
  /** A component runs in a page only. */
  readonly isRun: boolean;
}

/** Every block opened with three backquotes and `ts`, `ts no-run` or `tsx`. */
export function readFences(file: string, markdown: string): readonly Fence[] {
  const pattern = /^```ts(?<x>x?)(?<marks>[^\n]*)\n(?<code>[\s\S]*?)^```$/gmu;
  return [...markdown.matchAll(pattern)].map((match) => ({
    file,
    line: markdown.slice(0, match.index).split("\n").length,
    code: match.groups?.["code"] ?? "",
    language: match.groups?.["x"] === "x" ? "tsx" : "ts",
    isRun: match.groups?.["x"] !== "x" && !(match.groups?.["marks"] ?? "").split(" ").includes("no-run"),
  }));
}

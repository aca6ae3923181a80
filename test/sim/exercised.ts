import { markdownTable } from "../markdown-table.ts";

/** What many runs did and met, as a table: nothing that stands with 0 was tested by them. */
export function exercised(counts: ReadonlyMap<string, number>, faultNames: readonly string[]): string {
  const told = [...counts].filter(([what]) => !what.startsWith("fault: ")).sort(([a], [b]) => (a < b ? -1 : 1));
  const broken = [...counts].filter(([what]) => what.startsWith("fault: ")).sort(([a], [b]) => (a < b ? -1 : 1));
  const missing = faultNames.filter((name) => !broken.some(([what]) => what.includes(name))).map((name) => [name, "0"]);
  return [
    ...markdownTable([["what happened", "times"], ...told.map(([what, count]) => [what, String(count)])]),
    "",
    ...markdownTable([
      ["fault", "times"],
      ...broken.map(([what, count]) => [what.slice("fault: ".length), String(count)]),
      ...missing,
    ]),
    "",
  ].join("\n");
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const maxLineCount = 300;

/** TypeScript that is no test: lines that are neither blank nor a comment. */
function ownLineCount(folder: string): number {
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const lines = files.flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"));
  return lines.filter((line) => !/^\s*(?:$|\/\/|\/?\*)/.test(line)).length;
}

test("[EX11] each example is less than 300 lines of its own code", () => {
  const examples = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const counts = examples.map(({ name }) => ({ name, lineCount: ownLineCount(join(import.meta.dirname, name)) }));
  expect(counts.length).toBeGreaterThanOrEqual(5);
  expect(counts.filter(({ lineCount }) => lineCount === 0 || lineCount >= maxLineCount)).toEqual([]);
});

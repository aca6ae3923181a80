/** What axe-core finds on a page: https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";

interface Axe {
  run(): Promise<{ readonly violations: readonly Violation[] }>;
}

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The findings that keep people out: `serious` and `critical` ones, each with the first element that it is about. */
export async function findSerious(page: Page): Promise<readonly string[]> {
  // Run by the debugger, which a page's content security policy does not bind.
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { readonly axe: Axe }).axe.run());
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

/** What axe-core finds on a page: https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md */
import axe from "axe-core";
import type { Page } from "playwright-core";

/** The findings that keep people out: `serious` and `critical` ones, each with the first element that it is about. */
export async function findSerious(page: Page): Promise<readonly string[]> {
  // Run by the debugger, which a page's content security policy does not bind.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { readonly axe: typeof axe }).axe.run({ resultTypes: ["violations"] }),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

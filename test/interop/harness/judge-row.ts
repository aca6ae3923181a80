import type { Browser } from "playwright-core";
import type { Parts } from "./parts.ts";
import { partsOf, type Row } from "./rows.ts";
import { runRow } from "./run-row.ts";
import type { Outcome } from "./table.ts";

/** Runs a row, if its parts are there, and says how it ended. Never rejects. */
export async function judgeRow(
  row: Row,
  { parts, launchBrowser }: { readonly parts: Parts; readonly launchBrowser: () => Promise<Browser> },
): Promise<Outcome> {
  const missing = partsOf(row).filter((name) => !parts.has(name));
  const place = { row, peer: parts.get(row.peer), host: parts.get(row.host) };
  if (missing.length > 0) return { ...place, type: "skipped", reason: `${missing.join(", ")}: not installed` };
  try {
    const results = await runRow(row, launchBrowser);
    return { ...place, type: results.some(({ fault }) => fault !== undefined) ? "failed" : "passed", results };
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return { ...place, type: "failed", results: [{ name: "start", fault }] };
  }
}

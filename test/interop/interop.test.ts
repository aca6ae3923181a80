/** The pairs of the matrix that need no installation. All the others: `npm run interop`. */
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findChromium, launchArguments } from "../find-chromium.ts";
import { bundlePrograms } from "./harness/bundle.ts";
import { findParts, type Parts } from "./harness/parts.ts";
import { judgeRow } from "./harness/judge-row.ts";
import { listRows, partsOf, type Row, titleOf } from "./harness/rows.ts";
import { formatTable } from "./harness/table.ts";

const rows = listRows().filter(({ peer, host }) => host === "node" && (peer === "ws" || peer === "chromium"));

let parts: Parts;
let launched: Promise<Browser> | undefined;

beforeAll(async () => {
  await bundlePrograms();
  parts = await findParts([...new Set(rows.flatMap(partsOf))], false);
});

afterAll(async () => {
  await (await launched)?.close();
});

function launchBrowser(): Promise<Browser> {
  launched ??= chromium.launch({ executablePath: findChromium() ?? "", args: [...launchArguments] });
  return launched;
}

for (const row of rows) {
  test(`[IO1] ${titleOf(row)}`, async (context) => {
    const outcome = await judgeRow(row, { parts, launchBrowser });
    if (outcome.type === "skipped" && process.env["CI"] === undefined) return context.skip(outcome.reason);
    expect(outcome.type, formatTable([outcome])).toBe("passed");
  });
}

test("[IO2] a failed check fails its pair and is named; what is missing is skipped, and named too", async () => {
  const row = rows[0]!;
  const ghost: Row = {
    ...row,
    server: { kind: "ws", part: "ws", transport: "h1" },
    client: { kind: "engine", part: "deno" },
  };
  const skipped = await judgeRow(ghost, { parts: new Map(), launchBrowser });
  expect(skipped).toMatchObject({ type: "skipped", reason: "ws, node, deno: not installed" });
  const results = [{ name: "text" }, { name: "binary", fault: "got nothing" }];
  const table = formatTable([skipped, { row, peer: undefined, host: undefined, type: "failed", results }]);
  expect(table).toContain("| 1 of 2  |");
  expect(table).toContain("failed: ws, our server on node, h1, deflate off: binary: got nothing");
  expect(table).toContain("(ws, node, deno: not installed)");
  expect(table).toMatch(/0 pairs passed, 1 failed, 1 skipped$/u);
});

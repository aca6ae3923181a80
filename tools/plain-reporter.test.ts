import { expect, test } from "vitest";
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runCommand } from "./run-command.ts";

const root = resolve(import.meta.dirname, "..");
const vitest = join(root, "node_modules/.bin/vitest");

/** Runs test files of their own in a folder of their own, and gives what the run said. */
async function runTests(
  files: Readonly<Record<string, string>>,
): Promise<{ exitCode: number; lines: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-reporter-"));
  const config = `import { PlainReporter } from ${JSON.stringify(join(root, "tools/plain-reporter.ts"))};
export default { test: { globals: true, reporters: ["default", new PlainReporter()] } };`;
  writeFileSync(join(folder, "vitest.config.ts"), config);
  for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
  const { exitCode, output } = await runCommand([vitest, "run", "--root", folder], { output: "keep", cwd: root });
  rmSync(folder, { recursive: true });
  return { exitCode, lines: output.trimEnd().split("\n") };
}

test("[TL1, TL2] a run ends with the counts alone on the last line, after each skipped test and its reason", async () => {
  const code = `
    test("adds", () => { expect(1 + 1).toBe(2); });
    test("fails", () => { expect(1).toBe(2); });
    test("waits", (context) => context.skip("no Redis here"));
  `;
  const { exitCode, lines } = await runTests({ "a.test.ts": code });
  expect(lines).toContain("skipped: waits (no Redis here)");
  expect(lines.at(-1)).toBe("1 passed, 1 failed, 1 skipped");
  expect(exitCode).toBe(1);
});

test("[TL1] a file that does not load counts as failed", async () => {
  const { exitCode, lines } = await runTests({
    "a.test.ts": 'test("fine", () => {});',
    "b.test.ts": 'import "./nowhere.ts";',
  });
  expect(lines.at(-1)).toBe("1 passed, 1 failed, 0 skipped");
  expect(exitCode).toBe(1);
});

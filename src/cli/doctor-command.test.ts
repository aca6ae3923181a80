/** `switchboard doctor` as a script sees it (`tsc -b` first). */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { runCommandLine } from "../../test/command.ts";

vi.setConfig({ testTimeout: 60_000 });

test("[CM74] the exit code is 0 where nothing is in the way and 1 for an error, --json prints one object, a wrong URL is 2", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [good, bad, wrong] = await Promise.all([
    runCommandLine(["doctor", "--json"], { env: { SWITCHBOARD_DATA: folder } }),
    runCommandLine(["doctor", "ws://127.0.0.1:1/ws"], { env: { SWITCHBOARD_DATA: folder } }),
    runCommandLine(["doctor", "ftp://127.0.0.1/"]),
  ]);
  expect([good.exitCode, good.stderr, bad.exitCode, wrong.exitCode]).toEqual([0, "", 1, 2]);
  const { findings } = JSON.parse(good.stdout) as { readonly findings: readonly { readonly check: string }[] };
  expect(findings.map(({ check }) => check)).toEqual(expect.arrayContaining(["node", "store", "canary"]));
  expect(bad.stdout).toContain('-> "switchboard inspect ws://127.0.0.1:1/ws" says why, and what to\n');
});

test("[CM74] a warning is a fault where --strict is given, and nowhere else; a pipe gets no colours", async () => {
  const [lenient, strict] = await Promise.all([
    runCommandLine(["doctor", "--broker", "memory"]),
    runCommandLine(["doctor", "--strict", "--broker", "memory"]),
  ]);
  expect([lenient.exitCode, strict.exitCode]).toEqual([0, 1]);
  expect(lenient.stdout).toContain("  warning Memory gives mem");
  expect(lenient.stdout).not.toContain("\u001b");
});

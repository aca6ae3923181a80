/** `npm run ok`: everything that is checked beside the tests, every check to its end, then what failed. */
import { runCommand } from "./run-command.ts";

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const checks: readonly Check[] = [
  { name: "types", command: ["tsx", "tools/build.ts"] }, // first: the others read what it builds
  { name: "format", command: ["oxfmt", "--check"] },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings", "--report-unused-disable-directives"] },
  { name: "dead code", command: ["knip"] },
  { name: "package", command: ["publint", "--strict"] },
  { name: "package types", command: ["attw", "--pack", "--profile", "esm-only"] },
  { name: "public API", command: ["tsx", "tools/check-api.ts"] },
  { name: "client size", command: ["tsx", "tools/check-size.ts"] },
  { name: "man page", command: ["tsx", "tools/check-man.ts"] },
  { name: "documentation", command: ["tsx", "tools/check-docs.ts"] },
  { name: "rules and tests", command: ["tsx", "tools/check-tests.ts"] },
  { name: "core coverage", command: ["tsx", "tools/check-coverage.ts"] },
];

process.exitCode = (await findFailed(process.argv.slice(2))).length === 0 ? 0 : 1;

/** Runs the checks whose names are given, or all of them. */
async function findFailed(names: readonly string[]): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const check of checks) {
    if (names.length > 0 && !names.includes(check.name)) continue;
    const startedMs = performance.now();
    const { exitCode, output } = await runCommand(check.command, { output: "keep" });
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    if (exitCode !== 0) failed.push(check.name);
    if (exitCode !== 0) console.log(output.trimEnd());
    console.log(
      `${exitCode === 0 ? "ok    " : "FAILED"} ${check.name} (${seconds} s)${exitCode === 0 ? lastWords(output) : ""}`,
    );
  }
  console.log(failed.length === 0 ? "ok: every check passed" : `not ok: ${failed.join(", ")}`);
  return failed;
}

/** Our own checks end with a line of figures; those of others end with nothing worth repeating. */
function lastWords(output: string): string {
  const line = output.trimEnd().split("\n").at(-1) ?? "";
  return /^[\w/]+:? .*\d/u.test(line) && line.length < 100 ? `: ${line}` : "";
}

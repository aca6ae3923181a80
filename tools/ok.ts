/** `npm run ok`: everything that is checked beside the tests, every check to its end, then what failed. */
import { availableParallelism } from "node:os";
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

/** Runs the checks whose names are given, or all of them: the first alone, then as many at a time as there are CPUs. */
async function findFailed(names: readonly string[]): Promise<readonly string[]> {
  const waiting = checks.filter(({ name }) => names.length === 0 || names.includes(name));
  const failed: string[] = [];
  const runNext = async (): Promise<void> => {
    const check = waiting.shift();
    if (check !== undefined && !(await run(check))) failed.push(check.name);
  };
  const runAll = async (): Promise<void> => {
    while (waiting.length > 0) await runNext();
  };
  await runNext();
  await Promise.all(Array.from({ length: availableParallelism() }, runAll));
  console.log(failed.length === 0 ? "ok: every check passed" : `not ok: ${failed.join(", ")}`);
  return failed;
}

/** @returns whether it passed. */
async function run({ command, name }: Check): Promise<boolean> {
  const startedMs = performance.now();
  const { exitCode, output } = await runCommand(command, { output: "keep" });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  if (exitCode !== 0) console.log(output.trimEnd());
  console.log(
    `${exitCode === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)${exitCode === 0 ? lastWords(output) : ""}`,
  );
  return exitCode === 0;
}

/** Our own checks end with a line of figures; those of others end with nothing worth repeating. */
function lastWords(output: string): string {
  const line = output.trimEnd().split("\n").at(-1) ?? "";
  return /^[\w/]+:? .*\d/u.test(line) && line.length < 100 ? `: ${line}` : "";
}

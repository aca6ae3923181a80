/** Fails on a rule of SPEC.md without a test, a test without a rule, a test whose rule does not exist, and on what the guide says of either. */
import { mkdirSync, readFileSync } from "node:fs";
import { findGuideFaults, findRuleFaults, readRules, type NamedTest } from "./rules.ts";
import { runCommand } from "./run-command.ts";

const list = "temp/tests.json";

process.exitCode = await checkTests();

async function checkTests(): Promise<number> {
  mkdirSync("temp", { recursive: true });
  // The files are loaded, not read: a name made by a loop or a contract suite counts as what it becomes.
  const listed = await runCommand(["vitest", "list", `--json=${list}`], { output: "keep" });
  if (listed.exitCode !== 0) {
    console.error(listed.output);
    return 1;
  }
  const tests = JSON.parse(readFileSync(list, "utf8")) as readonly NamedTest[];
  const rules = readRules(readFileSync("SPEC.md", "utf8"));
  const guides = ["docs/guide/conformance.md", "docs/guide/security.md"].map((file) => readFileSync(file, "utf8"));
  const faults = [...findRuleFaults(rules, tests), ...guides.flatMap((guide) => findGuideFaults(guide, rules, tests))];
  for (const fault of faults) console.error(fault);
  console.log(`${rules.length} rules, ${tests.length} tests, ${faults.length} faults`);
  return faults.length === 0 ? 0 : 1;
}

import type { Reporter, TestCase, TestModule, TestRunEndReason } from "vitest/node";

/** How a test run ended, counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The line a run ends with, alone on its line: people, scripts and CI read the same one. */
export function closingLine(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}

/** Names each skipped test with its reason, then ends the run with one plain counted line. */
export class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[], reason: TestRunEndReason): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const skipped = tests.filter((test) => test.result().state === "skipped");
    // A file that does not load holds no test that could fail: it counts as one failure, as an unhandled error does.
    const broken = modules.filter((module) => module.errors().length > 0).length + unhandledErrors.length;
    const failed = tests.filter((test) => test.result().state === "failed").length + broken;
    const passed = tests.filter((test) => test.result().state === "passed").length;
    const reasons = skipped.map((test) => `skipped: ${test.fullName} (${reasonOf(test)})`);
    const lines = [...reasons, ...(reason === "interrupted" ? ["interrupted: not every test ran"] : [])];
    process.stdout.write(`${[...lines, closingLine({ passed, failed, skipped: skipped.length })].join("\n")}\n`);
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  return (result.state === "skipped" ? result.note : undefined) ?? "no reason given";
}

/** `npm test`: build, install what the tests need where that is allowed, run every test. Further arguments go to vitest. */
import { runCommand } from "./run-command.ts";

process.exitCode = await runTests(process.argv.slice(2));

async function runTests(vitestArguments: readonly string[]): Promise<number> {
  const built = await runCommand(["tsx", "tools/build.ts"]);
  if (built.exitCode !== 0) return built.exitCode;
  // Not decisive: a test whose part is still missing is skipped with its reason, or fails when CI is set.
  await runCommand(["bash", "tools/setup.sh"], { timeoutMs: 900_000 });
  return (await runCommand(["vitest", "run", ...vitestArguments], { timeoutMs: 840_000 })).exitCode;
}

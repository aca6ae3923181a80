/** `npm run interop`: the engine against everybody else, as one table. */
import { parseArgs } from "node:util";
import { type Browser, chromium } from "playwright-core";
import { findChromium, launchArguments } from "../find-chromium.ts";
import { bundlePrograms } from "./harness/bundle.ts";
import { judgeRow } from "./harness/judge-row.ts";
import { findParts, type Parts } from "./harness/parts.ts";
import { listRows, partsOf, type Row, titleOf } from "./harness/rows.ts";
import { formatTable, type Outcome } from "./harness/table.ts";

const help = `Usage: npm run interop -- [options]

Runs the engine against other WebSocket implementations and proxies, each pair through the same checks, and prints one table.
What is missing is installed: npm packages into .cache/interop, Debian packages with apt-get where that is allowed.

  --only <peer>   these rows only, by peer or by our host: ws, chromium, bun, node26, haproxy, ... (may be repeated)
  --no-install    take what is there; what is not is skipped
  --json          print the outcome as JSON
  --help          print this

Exit code 1 if a check failed, or, with CI set, if a row was skipped; 2 for a wrong option.`;

const exitCode = await main();
// Not left to the event loop: what a peer or a tool leaves open must not keep the matrix from its end.
process.stdout.write("", () => process.exit(exitCode));

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) return 2;
  if (options.help) {
    console.log(help);
    return 0;
  }
  const rows = listRows().filter(
    ({ peer, host }) => options.only.length === 0 || options.only.some((name) => name === peer || name === host),
  );
  if (rows.length === 0) {
    console.error(`Cannot run --only ${options.only.join(", ")}: no row has such a peer or host`);
    return 2;
  }
  const parts = await findParts([...new Set(rows.flatMap(partsOf))], options.isInstalling);
  await bundlePrograms();
  const outcomes = await runRows(rows, parts);
  console.log(options.json ? JSON.stringify(outcomes, undefined, 2) : formatTable(outcomes));
  const isSkipFailure = process.env["CI"] !== undefined;
  return outcomes.some(({ type }) => type === "failed" || (type === "skipped" && isSkipFailure)) ? 1 : 0;
}

interface Options {
  readonly help: boolean;
  readonly json: boolean;
  readonly only: readonly string[];
  readonly isInstalling: boolean;
}

function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        only: { type: "string", multiple: true, default: [] },
        "no-install": { type: "boolean", default: false },
      },
    });
    return { help: values.help, json: values.json, only: values.only, isInstalling: !values["no-install"] };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    return undefined;
  }
}

async function runRows(rows: readonly Row[], parts: Parts): Promise<readonly Outcome[]> {
  let launched: Promise<Browser> | undefined;
  const launchBrowser = (): Promise<Browser> =>
    (launched ??= chromium.launch({ executablePath: findChromium() ?? "", args: launchArguments }));
  const outcomes: Outcome[] = [];
  try {
    for (const row of rows) {
      const outcome = await judgeRow(row, { parts, launchBrowser });
      console.error(`${outcome.type.padEnd(7)} ${titleOf(row)}`); // progress; the table comes at the end
      outcomes.push(outcome);
    }
  } finally {
    await (await launched)?.close();
  }
  return outcomes;
}

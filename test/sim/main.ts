/** `npm run sim`: runs gateways, clients and a store in one process through everything that can happen, and judges what they promised. */
import { parseArgs } from "node:util";
import { markdownTable } from "../markdown-table.ts";
import { bugs } from "./bugs.ts";
import { loadSimulator } from "./bundle.ts";
import { findBug } from "./find-bug.ts";
import { exercised } from "./exercised.ts";

const usage = `Usage: npm run sim -- [options]

  --seeds N      how many runs (default 300)
  --seed S       the first one's seed (default 1); alone: only that one
  --minutes M    how long people and faults go on in each, in simulated minutes (default 0.5)
  --bug NAME     with one of these mistakes planted into our source, until it is found; "all" is a table of them:
                 ${bugs.map(({ name }) => name).join(", ")}
  --only I,I,…   with --seed: only these steps of its plan, as a failure names them
  --help         this text

Exits with 0 if no promise was broken (with --bug: if the mistake was found), 1 if one was, 2 for options that cannot be.
`;

const progressEveryMs = 5000;

interface Options {
  readonly seed: number;
  readonly seedCount: number;
  readonly minutes: number;
  readonly bug: string | undefined;
  readonly only: readonly number[] | undefined;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === "help") process.stdout.write(usage);
  if (options === "help") return 0;
  if (typeof options === "string") {
    process.stderr.write(`${options}\n\n${usage}`);
    return 2;
  }
  if (options.bug === "all") return showBugs(options);
  const bug = bugs.find(({ name }) => name === options.bug);
  const simulator = await loadSimulator(bug?.name ?? "sound", bug?.edits ?? []);
  if (options.only !== undefined) {
    console.log(await simulator.tellFailure(options.seed, options.minutes, options.only));
    return 1;
  }
  return run(options, simulator);
}

async function run(options: Options, simulator: Awaited<ReturnType<typeof loadSimulator>>): Promise<number> {
  const { minutes, seed, seedCount } = options;
  const startedMs = performance.now();
  const counts = new Map<string, number>();
  let toldMs = startedMs;
  for (let done = 0; done < seedCount; done += 1) {
    const result = await simulator.runSeed(seed + done, minutes);
    for (const [what, count] of result.counts) counts.set(what, (counts.get(what) ?? 0) + count);
    if (result.violations.length > 0) {
      console.log(`Seed ${result.seed} broke a promise after ${seconds(startedMs)} s`);
      console.log(await simulator.tellFailure(result.seed, minutes));
      console.log(`Again: ${commandFor(options, result.seed)}`);
      return 1;
    }
    if (seedCount === 1) console.log(`Trace ${result.digest}`);
    if (performance.now() - toldMs < progressEveryMs) continue;
    toldMs = performance.now();
    console.log(`${done + 1} of ${seedCount} seeds, ${seconds(startedMs)} s`);
  }
  console.log(exercised(counts, simulator.faultNames));
  console.log(`${seedCount} seeds from ${seed}, ${minutes} simulated minutes each, in ${seconds(startedMs)} s: valid`);
  return 0;
}

async function showBugs({ minutes, seed, seedCount }: Options): Promise<number> {
  const rows: string[][] = [];
  for (const bug of bugs) {
    const found = await findBug(bug, { seed, seedCount, minutes });
    rows.push(
      found === undefined
        ? [bug.name, `not in ${seedCount} seeds`, "", ""]
        : [bug.name, String(found.seedCount), found.seconds.toFixed(1), found.rule],
    );
    console.log(rows.at(-1)?.join(", "));
  }
  console.log(markdownTable([["planted bug", "seeds needed", "seconds", "rule"], ...rows]).join("\n"));
  return rows.every(([, , , rule]) => rule !== "") ? 0 : 1;
}

function commandFor({ bug, minutes }: Options, seed: number): string {
  const planted = bug === undefined ? "" : ` --bug ${bug}`;
  return `npm run sim -- --seed ${seed} --minutes ${minutes}${planted}`;
}

function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: "string" },
        seed: { type: "string" },
        minutes: { type: "string", default: "0.5" },
        bug: { type: "string" },
        only: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return "help";
    const isKnown = values.bug === undefined || values.bug === "all" || bugs.some(({ name }) => name === values.bug);
    if (!isKnown) return `There is no bug ${values.bug}`;
    const seed = Number(values.seed ?? 1);
    const seedCount = Number(values.seeds ?? (values.seed === undefined ? 300 : 1));
    const minutes = Number(values.minutes);
    const only = values.only?.split(",").map(Number);
    const isWhole = Number.isSafeInteger(seed) && Number.isSafeInteger(seedCount) && seedCount > 0;
    if (!isWhole) return `Cannot run ${values.seeds} seeds from ${values.seed}: both are whole numbers`;
    if (!(minutes > 0)) return `Cannot run for ${values.minutes} minutes`;
    return { seed, seedCount, minutes, bug: values.bug, only };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(1);
}

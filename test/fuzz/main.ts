/** `npm run fuzz`: feeds what hostile peers may send to the readers of the protocol, for a time, and says what broke a rule. */
import { parseArgs } from "node:util";
import { execute, type FuzzFailure } from "./fuzz.ts";
import type { FuzzTarget } from "./target.ts";
import { targets } from "./targets.ts";

const usage = `Usage: npm run fuzz -- [options]

  --seconds N     how long, over all targets (default 20)
  --target NAME   only this one: ${targets.map((target) => target.name).join(", ")}
  --seed N        where to begin (default: another one each time; it is printed)
  --execution N   only this one, to repeat a failure; needs --target and --seed
  --help          this text

Exits with 0 if no rule was broken, 1 if one was, 2 for options that cannot be.
`;

const progressEveryMs = 5000;
// So many executions of one target before the next one's turn: short enough that all get the same time.
const turnMs = 100;

process.exitCode = main();

function main(): number {
  const options = readOptions();
  if (typeof options === "string") {
    process.stderr.write(`${options}\n\n${usage}`);
    return 2;
  }
  if (options.isHelp) {
    process.stdout.write(usage);
    return 0;
  }
  const { chosen, seed, execution } = options;
  if (execution !== undefined) {
    const failure = chosen[0] && execute(chosen[0], seed, execution);
    process.stdout.write(failure === undefined ? "No rule was broken\n" : tell(failure));
    return failure === undefined ? 0 : 1;
  }
  return run(options);
}

interface Options {
  readonly isHelp: boolean;
  readonly chosen: readonly FuzzTarget[];
  readonly seconds: number;
  readonly seed: number;
  readonly execution: number | undefined;
}

/** The options, or what is wrong with them. */
function readOptions(): Options | string {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      options: { seconds: text, target: text, seed: text, execution: text, help: { type: "boolean" } },
    });
    const chosen = targets.filter((target) => values.target === undefined || target.name === values.target);
    if (chosen.length === 0) return `Cannot fuzz "${values.target}": there is no such target`;
    const numbers = [values.seconds ?? "20", values.seed ?? String(Date.now() % 2 ** 31), values.execution ?? "0"];
    const wrong = numbers.find((number) => !/^\d{1,10}$/.test(number));
    if (wrong !== undefined) return `Cannot use "${wrong}" as a number: give a whole one`;
    if (values.execution !== undefined && (values.target === undefined || values.seed === undefined)) {
      return "Cannot repeat an execution without --target and --seed";
    }
    const [seconds = 0, seed = 0, execution = 0] = numbers.map(Number);
    const isOne = values.execution !== undefined;
    return { isHelp: values.help ?? false, chosen, seconds, seed, execution: isOne ? execution : undefined };
  } catch (error) {
    return (error as Error).message;
  }
}

interface Progress {
  readonly target: FuzzTarget;
  executions: number;
  spentMs: number;
  slowestMs: number;
  failure: FuzzFailure | undefined;
}

function run({ chosen, seconds, seed }: Options): number {
  process.stdout.write(`Seed ${seed}\n`);
  const runs: Progress[] = chosen.map((target) => ({
    target,
    executions: 0,
    spentMs: 0,
    slowestMs: 0,
    failure: undefined,
  }));
  const startMs = performance.now();
  let toldMs = startMs;
  const isOver = (): boolean => performance.now() - startMs >= seconds * 1000;
  while (!isOver() && runs.some((one) => one.failure === undefined)) {
    for (const one of runs) if (one.failure === undefined && !isOver()) takeTurn(one, seed);
    if (performance.now() - toldMs < progressEveryMs) continue;
    toldMs = performance.now();
    process.stdout.write(`${tellProgress(runs, toldMs - startMs)}\n`);
  }
  for (const one of runs) process.stdout.write(`${tellRun(one)}\n`);
  const failures = runs.flatMap((one) => one.failure ?? []);
  for (const failure of failures) process.stdout.write(tell(failure));
  process.stdout.write(`${tellProgress(runs, performance.now() - startMs)}\n`);
  return failures.length === 0 ? 0 : 1;
}

function takeTurn(one: Progress, seed: number): void {
  const endMs = performance.now() + turnMs;
  let nowMs = performance.now();
  while (nowMs < endMs && one.failure === undefined) {
    one.failure = execute(one.target, seed, one.executions++);
    const tookMs = performance.now() - nowMs;
    one.spentMs += tookMs;
    one.slowestMs = Math.max(one.slowestMs, tookMs);
    nowMs += tookMs;
  }
}

function tellProgress(runs: readonly Progress[], tookMs: number): string {
  const executions = runs.reduce((sum, one) => sum + one.executions, 0);
  const failureCount = runs.filter((one) => one.failure !== undefined).length;
  const perSecond = Math.round((executions / tookMs) * 1000);
  return `${Math.round(tookMs / 1000)} s, ${executions} executions, ${perSecond} a second, ${failureCount} failures`;
}

function tellRun({ target, executions, spentMs, slowestMs }: Progress): string {
  const perSecond = Math.round((executions / Math.max(spentMs, 1)) * 1000);
  return `${target.name}: ${executions} executions, ${perSecond} a second, the slowest took ${Math.round(slowestMs)} ms`;
}

function tell({ target, seed, execution, input, error }: FuzzFailure): string {
  return [
    "",
    `${target} broke a rule: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    `Smallest input found, ${input.length} bytes: ${Buffer.from(input).toString("hex")}`,
    `Repeat it: npm run fuzz -- --target ${target} --seed ${seed} --execution ${execution}`,
    "",
  ].join("\n");
}

/** What a bundle of the simulator offers: runs of many seeds, and the story of one that failed. */
import type { Violation } from "../history/violation.ts";
import { faultNames, makePlan, type Plan, type Step } from "./plan.ts";
import { type Outcome, runPlan } from "./run-plan.ts";
import { shrink } from "./shrink.ts";

export { faultNames };

const relevantLineCount = 30;

export interface SeedResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly counts: ReadonlyMap<string, number>;
  readonly digest: string;
}

export async function runSeed(seed: number, minutes: number): Promise<SeedResult> {
  const { counts, digest, violations } = await runPlan(makePlan(seed, minutes));
  return { seed, violations, counts, digest };
}

/** What broke, made small, for somebody who has to mend it. Only steps in `only` are performed, if it is given. */
export async function tellFailure(seed: number, minutes: number, only?: readonly number[]): Promise<string> {
  const whole = makePlan(seed, minutes);
  const plan =
    only === undefined ? whole : { ...whole, steps: whole.steps.filter(({ index }) => only.includes(index)) };
  const [first] = (await runPlan(plan)).violations;
  if (first === undefined) return `Seed ${seed} is valid`;
  const breaksIt = async (fewer: Plan): Promise<boolean> =>
    (await runPlan(fewer)).violations.some(({ rule }) => rule === first.rule);
  const small = only === undefined ? await shrink(plan, breaksIt) : plan;
  return describe(whole, small, await runPlan(small));
}

function describe(whole: Plan, small: Plan, { trace, violations }: Outcome): string {
  const [violation] = violations;
  if (violation === undefined) return `Seed ${whole.seed} fails, and not with the same steps again`;
  const { rule, sentence, slice } = violation;
  const words = slice.flatMap((event) => ("client" in event ? [event.client.split(".")[0] ?? "", event.channel] : []));
  const steps = small.steps.map(
    ({ atMs, index, what }: Step) => `  ${String(index).padStart(5)} at ${atMs} ms: ${what}`,
  );
  return [
    `${rule}: ${sentence}`,
    ...slice.map((event) => `  ${JSON.stringify(event)}`),
    `The last of what happened there:`,
    ...trace.relevant(
      [...new Set(words)].filter((word) => word !== ""),
      relevantLineCount,
    ),
    `${small.steps.length} of ${whole.steps.length} steps are enough:`,
    ...steps,
  ].join("\n");
}

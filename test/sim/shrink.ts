import type { Plan, Step } from "./plan.ts";

/** Runs that may be spent on making a failure smaller. */
const maxRunCount = 120;

/**
 * Fewer steps that still fail, by leaving out ever smaller pieces (Zeller's ddmin, without its complements).
 *
 * @param fails - whether a plan with these steps still breaks the rule.
 */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let steps = plan.steps;
  let runCount = 0;
  for (let size = Math.ceil(steps.length / 2); size >= 1 && runCount < maxRunCount; size = Math.floor(size / 2)) {
    for (let at = 0; at < steps.length && runCount < maxRunCount;) {
      const fewer: readonly Step[] = [...steps.slice(0, at), ...steps.slice(at + size)];
      runCount += 1;
      if (await fails({ ...plan, steps: fewer })) steps = fewer;
      else at += size;
    }
  }
  return { ...plan, steps };
}

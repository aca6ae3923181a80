/** The checker judged: it finds nothing in a gateway that is right, and each mistake in one that is wrong. */
import { expect, test } from "vitest";
import type { Bug } from "./bug.ts";
import { checkHistory, describeVerdict } from "./check-history.ts";
import { runModel } from "./run-model.ts";
import type { HistoryRule } from "./violation.ts";

const seeds = Array.from({ length: 60 }, (_, index) => index + 1);

/** Each bug with a rule that its runs must be found to break. */
const planted: Readonly<Record<Bug, HistoryRule>> = {
  "ack before append": "HK1",
  "fan-out before stable": "HK7",
  "no resume buffer": "HK5",
  "dedup forgets the user": "HK1",
  "no dedup": "HK4",
  "off-by-one trim": "HK5",
  "lost last hint": "HK11",
  "hole not read": "HK5",
  "no tag check": "HK7",
  "tags repeat": "HK3",
  "epoch not told": "HK7",
  "cursor off by one": "HK4",
  "buffer before replay": "HK8",
  "gap for nothing": "HK6",
  "refused after storing": "HK2",
  "retry forgotten": "HK10",
};

test("[HK13] a gateway without a planted bug is judged valid, through crashes, rollbacks and new epochs", () => {
  for (const seed of seeds) {
    const verdict = checkHistory(runModel(seed));
    expect(describeVerdict(verdict), `seed ${seed}`).toMatch(/^valid/u);
    expect(verdict.figures.deliveryCount, `seed ${seed}`).toBeGreaterThan(50);
  }
});

for (const [bug, rule] of Object.entries(planted) as [Bug, HistoryRule][]) {
  test(`[HK13] the planted bug "${bug}" is found as ${rule}`, () => {
    const found = seeds.flatMap((seed) => checkHistory(runModel(seed, bug)).violations);
    expect(new Set(found.map((violation) => violation.rule))).toContain(rule);
    expect(found.find((violation) => violation.rule === rule)?.slice.length).toBeLessThanOrEqual(4);
  });
}

/** The whole of it in one process: real gateways, real clients, everything that can break. `npm run sim` runs more of it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { bugs } from "./bugs.ts";
import { loadSimulator, plant } from "./bundle.ts";
import { exercised } from "./exercised.ts";
import { findBug } from "./find-bug.ts";
import { makePlan } from "./plan.ts";
import { shrink } from "./shrink.ts";

const seedCount = 300;
const minutes = 0.5;
/** Under a minute's worth. The slowest needs 171 now; another order of events may be less lucky. */
const bugSeedCount = 1000;
/** Bounds for what hangs: both take a tenth of it. */
const timeoutMs = 240_000;

let simulator: Awaited<ReturnType<typeof loadSimulator>>;
beforeAll(async () => {
  simulator = await loadSimulator("sound", []);
});

test(
  `[SM1] ${seedCount} seeds break no promise, and between them every fault happens`,
  { timeout: timeoutMs },
  async () => {
    const counts = new Map<string, number>();
    for (let seed = 1; seed <= seedCount; seed += 1) {
      const { violations, ...result } = await simulator.runSeed(seed, minutes);
      expect(violations, `npm run sim -- --seed ${seed}`).toEqual([]);
      for (const [what, count] of result.counts) counts.set(what, (counts.get(what) ?? 0) + count);
    }
    const names = [...counts.keys()];
    expect(simulator.faultNames.filter((fault) => !names.some((name) => name.startsWith(`fault: ${fault}`)))).toEqual(
      [],
    );
    for (const what of [
      "acks of duplicates",
      "resumes",
      "gaps told: trimmed",
      "gaps told: truncated",
      "gaps told: epoch",
    ]) {
      expect(counts.get(what), what).toBeGreaterThan(20);
    }
    expect(counts.get("refused: DEDUP_EXPIRED")).toBeGreaterThan(0);
    console.log(
      `${seedCount} seeds: ${counts.get("publishes")} publishes, ${counts.get("deliveries")} deliveries, valid`,
    );
    console.log(exercised(counts, simulator.faultNames));
  },
);

test("[SM2] a seed gives the same run each time, whatever ran before it", async () => {
  const digestOf = async (seed: number): Promise<string> => (await simulator.runSeed(seed, minutes)).digest;
  const seeds = [3, 44, 69, 101];
  const digests: string[] = [];
  for (const seed of seeds) digests.push(await digestOf(seed));
  expect(new Set(digests).size).toBe(seeds.length);
  for (const [index, seed] of [...seeds.entries()].toReversed()) expect(await digestOf(seed)).toBe(digests[index]);
});

test("[SM2] a seed gives the same run in a process of its own", { timeout: timeoutMs }, async () => {
  const program = join(import.meta.dirname, "main.ts");
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", program, "--seed", "44"]);
  expect(stdout).toContain(`Trace ${(await simulator.runSeed(44, minutes)).digest}\n`);
  expect(stdout).toContain("1 seeds from 44");
});

describe("planted bugs", () => {
  test.each(bugs)("[SM3] $name is found: $mistake", { timeout: timeoutMs }, async (bug) => {
    const found = await findBug(bug, { seed: 1, seedCount: bugSeedCount, minutes });
    expect(found?.rule).toMatch(/^HK\d+$/u);
  });

  test("[SM4] an edit that does not fit its file any more is an error", () => {
    const edit = { file: "a.ts", from: "one", to: "two" };
    expect(plant("the one", edit)).toBe("the two");
    expect(() => plant("one and one", edit)).toThrow('Cannot plant in a.ts: "one" is there 2 times');
    expect(() => plant("none of it is here, no", { ...edit, from: "three" })).toThrow("is there 0 times");
  });
});

describe("a failure", () => {
  test(
    "[SM5] is told with its rule, its events, what happened there and the steps that are enough",
    { timeout: timeoutMs },
    async () => {
      const bug = bugs.find(({ name }) => name === "gap-told-twice");
      const broken = await loadSimulator("told", bug?.edits ?? []);
      let seed = 1;
      while ((await broken.runSeed(seed, minutes)).violations.length === 0) seed += 1;
      const story = await broken.tellFailure(seed, minutes);
      expect(story).toMatch(/^HK\d+: .*\n  \{"type":/u);
      expect(story).toContain("The last of what happened there:\n");
      const [, few, many] = /^(\d+) of (\d+) steps are enough:$/mu.exec(story) ?? [];
      expect(Number(few)).toBeLessThan(Number(many) / 2);
      const only = [...story.matchAll(/^ +(\d+) at \d+ ms: /gmu)].map(([, index]) => Number(index));
      expect(only).toHaveLength(Number(few));
      expect((await broken.tellFailure(seed, minutes, only)).split("\n")[0]).toBe(story.split("\n")[0]);
    },
  );

  test("[SM5] is made as small as leaving steps out can make it", async () => {
    const plan = makePlan(1, minutes);
    const needed = plan.steps.filter(({ index }) => index === 7 || index === 40);
    const small = await shrink(plan, async ({ steps }) => needed.every((step) => steps.includes(step)));
    expect(small.steps).toEqual(needed);
  });
});

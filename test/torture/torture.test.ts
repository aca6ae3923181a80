import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { seededRandom } from "switchboard/testing";
import { drawFate } from "./fault-proxy.ts";
import { drawProcessFault } from "./process-faults.ts";
import { describeOutcome, describeTorture } from "./report.ts";
import { torture } from "./torture.ts";

const seconds = 20;
const timeout = 150_000;

test(
  "[TO1] while the server is killed, stopped and restarted and every line breaks, nothing is lost, duplicated or reordered, and every gap is told",
  { timeout },
  async () => {
    const seed = 20_261_124;
    const result = await torture({ broker: "sqlite", seconds, seed });
    const { faults, reconnectCount, verdict } = result;
    const said = describeTorture({ broker: "sqlite", seconds, seed }, result);
    expect(said).toContain("0 lost, 0 duplicated, 0 reordered, gaps only where told\n");
    expect(verdict.isValid, said).toBe(true);
    const { acknowledgedCount, deliveryCount, publishCount, unknownCount } = verdict.figures;
    expect(acknowledgedCount + unknownCount).toBe(publishCount);
    expect(acknowledgedCount).toBeGreaterThan(200);
    expect(deliveryCount).toBeGreaterThan(acknowledgedCount * 4);
    expect(reconnectCount).toBeGreaterThan(20);
    expect([...faults.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2);
  },
);

test("[TO2] the same torture finds out a server that acknowledges before it stores", { timeout }, async () => {
  // Its second fault is a kill at a moment of traffic.
  const { verdict } = await torture({
    broker: "sqlite",
    seconds: 4,
    seed: 7,
    bug: "ack before append",
    settleWithinMs: 3_000,
  });
  expect(describeOutcome(verdict)).not.toContain("0 lost, 0 duplicated");
  expect(verdict.violations.map(({ rule }) => rule)).toContain("HK1");
});

test("[TO3] a seed decides the faults and their order; without a C compiler commits are not broken, but the process is killed", () => {
  function draw(seed: number, canBreakCommits: boolean): readonly unknown[] {
    const random = seededRandom(seed);
    return Array.from({ length: 200 }, () => [drawProcessFault(random, { canBreakCommits }), drawFate(random)]);
  }
  expect(draw(1, true)).toEqual(draw(1, true));
  expect(draw(1, true)).not.toEqual(draw(2, true));
  const kinds = (canBreakCommits: boolean): ReadonlySet<unknown> => {
    const random = seededRandom(1);
    return new Set(Array.from({ length: 200 }, () => drawProcessFault(random, { canBreakCommits }).kind));
  };
  expect(kinds(true)).toEqual(new Set(["commit", "kill", "pause", "restart", "slow disk"]));
  expect(kinds(false)).toEqual(new Set(["kill", "pause", "restart"]));
});

test("[TO4] options that cannot be exit with 2 and say why; the help has them all", { timeout }, () => {
  const run = (...words: readonly string[]): { readonly code: number; readonly text: string } => {
    try {
      const args = ["--import", "tsx", "test/torture/main.ts", ...words];
      return { code: 0, text: execFileSync(process.execPath, args, { encoding: "utf8", stdio: "pipe" }) };
    } catch (error) {
      const { status, stderr } = error as { readonly status: number; readonly stderr: string };
      return { code: status, text: stderr };
    }
  };
  expect(run("--broker", "paper")).toEqual({
    code: 2,
    text: expect.stringContaining(
      'Cannot torture "paper": there are sqlite, redis, redis-failover, jetstream, jetstream-r3',
    ),
  });
  expect(run("--nodes", "2").text).toContain("Cannot use --nodes 2: sqlite takes 1 to 1");
  expect(run("--broker", "redis", "--nodes", "0").text).toContain("Cannot use --nodes 0: redis takes 1 to 9");
  expect(run("--minutes", "0").text).toContain("Cannot use --minutes 0: give 0 to 1440");
  expect(run("--seed", "x").text).toContain("Cannot use --seed x: give a whole number");
  expect(run("--nothing").code).toBe(2);
});

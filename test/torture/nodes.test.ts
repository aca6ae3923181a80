import { expect } from "vitest";
import { natsTest } from "../nats-server.ts";
import { redisTest } from "../redis-server.ts";
import type { StoreName } from "../kill/stores.ts";
import { describeTorture } from "./report.ts";
import { torture } from "./torture.ts";

const timeout = 150_000;

async function expectWhole(broker: StoreName): Promise<void> {
  const plan = { broker, nodeCount: 3, seconds: 4, seed: 20_261_124, settleWithinMs: 30_000 };
  const result = await torture(plan);
  const said = describeTorture(plan, result);
  expect(said).toContain("0 lost, 0 duplicated, 0 reordered, gaps only where told\n");
  expect(said).toContain(`--broker ${broker} --nodes 3 `);
  expect(result.verdict.isValid, said).toBe(true);
  expect(result.verdict.figures.acknowledgedCount).toBeGreaterThan(50);
  expect(result.reconnectCount).toBeGreaterThan(3);
}

redisTest(
  "[TO6] three nodes on one Redis: one is killed, stopped or restarted at a time, clients come back to any, and nothing is lost, duplicated or reordered",
  () => expectWhole("redis"),
  timeout,
);

natsTest("[TO6] three nodes on one NATS: the same", () => expectWhole("jetstream"), timeout);

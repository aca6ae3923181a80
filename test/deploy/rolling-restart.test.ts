/** The committed configurations of both proxies before real nodes. Longer, and over TLS: `npm run interop:deploy`. */
import { expect } from "vitest";
import { findParts } from "../interop/harness/parts.ts";
import { redisTest } from "../redis-server.ts";
import { describeRestart } from "./describe-restart.ts";
import { restartAll } from "./rolling-restart.ts";

redisTest(
  "[DP1] while every node behind nginx and HAProxy is restarted, one after the other, nothing is lost",
  async (context) => {
    const parts = await findParts(["nginx", "haproxy"], false);
    if (parts.size < 2 && process.env["CI"] === undefined) return context.skip("no nginx or no HAProxy is installed");
    const rows = [
      { proxy: "nginx", way: "http" },
      { proxy: "haproxy", way: "http" },
    ] as const;
    const result = await restartAll({ rows, count: 4, rounds: 1, drainMs: 200 });
    const said = describeRestart(result);
    expect(result.exitCodes, said).toEqual([0, 0, 0]);
    for (const row of result.rows) {
      expect(row, said).toMatchObject({
        lostCount: 0,
        doubledCount: 0,
        reorderedCount: 0,
        gapCount: 0,
        isIdleLineOpen: true,
      });
      expect(row.acknowledgedCount).toBeGreaterThan(50);
      expect(row.reconnectCount, said).toBeGreaterThanOrEqual(4);
    }
  },
  120_000,
);

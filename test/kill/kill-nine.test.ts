/** The only server is killed with SIGKILL in mid-stream, again and again, and the history checker judges what came of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { checkHistory, describeVerdict } from "../history/check-history.ts";
import type { HistoryEvent } from "../history/event.ts";
import { KillableServer } from "./killable-server.ts";
import { readLog } from "./read-log.ts";
import { RecordedClient, type RecordEvent } from "./recorded-client.ts";

const testTimeoutMs = 60_000;
const clientNames = ["ada", "bob", "eve"];
/** How long the traffic goes on after the last restart. */
const trafficAfterMs = 500;
const quietWithinMs = 15_000;
const channel = "log/1";

interface Plan {
  /** When the server is killed, counted from the last time it came up: never at a round moment of the traffic. */
  readonly killAfterMs: readonly number[];
  readonly bug?: "ack before append";
}

/** Three clients publish 20 messages a second each while the server dies and comes back. */
async function runKills({ killAfterMs, ...plan }: Plan): Promise<readonly HistoryEvent[]> {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-kill-"));
  const server = new KillableServer({ broker: "sqlite", folder, ...plan });
  onTestFinished(async () => {
    await server.kill();
    rmSync(folder, { recursive: true });
  });
  const history: HistoryEvent[] = [];
  function record(...[event]: Parameters<RecordEvent>): void {
    history.push({ ...event, atMs: performance.now() });
  }
  await server.start();
  const clients = clientNames.map((name) => new RecordedClient(name, { url: server.url, record, channels: [channel] }));
  await Promise.all(clients.map((client) => client.open()));
  const traffic = new AbortController();
  const published = Promise.all(clients.map((client) => client.publish(traffic.signal)));
  for (const afterMs of killAfterMs) {
    await delay(afterMs);
    record({ type: "fault", name: "kill -9", phase: "start", survivedBy: "os" });
    await server.kill();
    await server.start();
    record({ type: "fault", name: "kill -9", phase: "stop", survivedBy: "os" });
  }
  await delay(trafficAfterMs);
  traffic.abort();
  await published;
  const top = Math.max(...clients.map(({ witness }) => witness.highestAck(channel)));
  await Promise.all(clients.map(({ witness }) => witness.settle(channel, top, quietWithinMs)));
  await Promise.all(clients.map((client) => client.close()));
  await server.kill();
  await readLog({ broker: "sqlite", folder, channels: [channel], record });
  return history;
}

test(
  "[KN1] what was acknowledged before kill -9 is there once, in order, for every client; the rest is stored once or reported",
  { timeout: testTimeoutMs },
  async () => {
    const killAfterMs = [737, 1_151, 613, 989];
    const verdict = checkHistory(await runKills({ killAfterMs }));
    expect(describeVerdict(verdict)).toMatch(/^valid/u);
    const { publishCount, acknowledgedCount, unknownCount, deliveryCount, storedCount, outages } = verdict.figures;
    expect(outages).toHaveLength(killAfterMs.length);
    expect(acknowledgedCount + unknownCount).toBe(publishCount);
    expect(acknowledgedCount).toBeGreaterThan(150);
    expect(deliveryCount).toBe(storedCount * clientNames.length);
  },
);

test("[KN2] a server that acknowledges before it stores is found out", { timeout: testTimeoutMs }, async () => {
  const { violations } = checkHistory(await runKills({ killAfterMs: [737], bug: "ack before append" }));
  expect(violations.map((violation) => violation.rule)).toContain("HK1");
});

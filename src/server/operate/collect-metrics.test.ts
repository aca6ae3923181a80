import { performance } from "node:perf_hooks";
import { expect, test } from "vitest";
import { writeExposition } from "./exposition.ts";
import { Meters } from "./meters.ts";
import { collectMetrics } from "./metrics.ts";
import type { Operated } from "./operated.ts";

/** A gateway whose every number is another one. */
function numbered(): Operated {
  const meters = new Meters();
  meters.hookFailed("open");
  const parts = {
    meters,
    shell: {
      engine: {
        counters: {
          accepted: 11,
          refused: 12,
          closed: 13,
          messagesIn: 14,
          messagesOut: 15,
          bytesIn: 16,
          bytesOut: 17,
          backpressured: 18,
        },
      },
      info: { connectionCount: 21, channelCount: 22, droppedEphemeralCount: 23 },
      queuedBytes: 24,
      congestedCount: 25,
      counters: {
        deliveredCount: 31,
        replayedCount: 32,
        droppedEphemeralCount: 33,
        gapCounts: { trimmed: 34, truncated: 35, epoch: 36 },
        refusedCounts: new Map([
          ["FORBIDDEN", 37],
          ["app:A", 38],
          ["app:B", 39],
        ]),
      },
    },
    broker: { stats: () => ({ commitCount: 41, commitMs: 42_000, committedCount: 43, pendingCount: 44 }) },
    durability: "fsync",
    store: { outage: "it burns" },
    readiness: { canaryMs: 51_000 },
    info: () => ({ status: "draining" }),
  };
  // What is read of a gateway here, and nothing else of it.
  return parts as unknown as Operated;
}

test("[OP30] every number is told under its own name, times in seconds", () => {
  const lines = writeExposition(collectMetrics(numbered())).split("\n");
  const told = Object.fromEntries(
    lines.filter((line) => line.startsWith("switchboard_")).map((line) => line.split(/ (?=[^ ]+$)/)),
  ) as Record<string, string>;
  expect(told).toMatchObject({
    switchboard_connections: "21",
    'switchboard_handshakes_total{result="accepted"}': "11",
    'switchboard_handshakes_total{result="refused"}': "12",
    switchboard_received_messages_total: "14",
    switchboard_sent_messages_total: "15",
    switchboard_received_bytes_total: "16",
    switchboard_sent_bytes_total: "17",
    switchboard_send_queue_bytes: "24",
    switchboard_congested_connections: "25",
    switchboard_congestions_total: "18",
    switchboard_channels: "22",
    'switchboard_deliveries_total{way="live"}': "31",
    'switchboard_deliveries_total{way="replay"}': "32",
    'switchboard_gaps_total{reason="trimmed"}': "34",
    'switchboard_gaps_total{reason="truncated"}': "35",
    'switchboard_gaps_total{reason="epoch"}': "36",
    switchboard_dropped_ephemerals_total: "33",
    'switchboard_refusals_total{code="FORBIDDEN"}': "37",
    'switchboard_refusals_total{code="app"}': "77",
    'switchboard_hook_failures_total{hook="open"}': "1",
    'switchboard_store_info{durability="fsync"}': "1",
    switchboard_store_up: "0",
    switchboard_store_commit_duration_seconds_count: "41",
    switchboard_store_commit_duration_seconds_sum: "42",
    switchboard_store_committed_total: "43",
    switchboard_store_pending_requests: "44",
    switchboard_up: "0",
    switchboard_draining: "1",
    switchboard_canary_duration_seconds: "51",
  });
});

test("[OP30] what the process used is told in seconds and bytes", () => {
  const usedS = ({ system, user }: NodeJS.CpuUsage): number => (system + user) / 1e6;
  const before = { cpuS: usedS(process.cpuUsage()), activeS: performance.eventLoopUtilization().active / 1_000 };
  const values = new Map(
    collectMetrics(numbered()).map((family) => [family.name, "samples" in family ? family.samples[0]?.value : 0]),
  );
  const after = { cpuS: usedS(process.cpuUsage()), activeS: performance.eventLoopUtilization().active / 1_000 };
  expect(values.get("process_start_time_seconds")).toBe(performance.timeOrigin / 1_000);
  expect(values.get("process_cpu_seconds_total")).toBeGreaterThanOrEqual(before.cpuS);
  expect(values.get("process_cpu_seconds_total")).toBeLessThanOrEqual(after.cpuS);
  expect(values.get("nodejs_eventloop_active_seconds_total")).toBeGreaterThanOrEqual(before.activeS);
  expect(values.get("nodejs_eventloop_active_seconds_total")).toBeLessThanOrEqual(after.activeS);
  expect(values.get("nodejs_heap_size_used_bytes")).toBeLessThan(process.memoryUsage().rss);
});

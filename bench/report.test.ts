import { expect, test } from "vitest";
import type { MeasureOptions, Measurement } from "./measure.ts";
import { formatReport, median, summarize } from "./report.ts";

test("[BN1] the median is the middle value, or the mean of the two in the middle", () => {
  expect([median([3]), median([9, 1, 5]), median([4, 1, 2, 100])]).toEqual([3, 5, 3]);
});

test("[BN1] every peer is reported in multiples of ws's medians, each number in flight apart", () => {
  const measurements: Measurement[] = [
    { peer: "ws", inFlightCount: 1, round: 1, messagesPerSecond: 100, cpuMicrosPerMessage: 10 },
    { peer: "ws", inFlightCount: 1, round: 2, messagesPerSecond: 300, cpuMicrosPerMessage: 20 },
    { peer: "ws", inFlightCount: 1, round: 3, messagesPerSecond: 200, cpuMicrosPerMessage: 90 },
    { peer: "switchboard", inFlightCount: 1, round: 1, messagesPerSecond: 400, cpuMicrosPerMessage: 5 },
    { peer: "uws", inFlightCount: 1, round: 1, messagesPerSecond: 800, cpuMicrosPerMessage: 5 },
    { peer: "net", inFlightCount: 1, round: 1, messagesPerSecond: 800, cpuMicrosPerMessage: 4 },
    { peer: "ws", inFlightCount: 16, round: 1, messagesPerSecond: 1, cpuMicrosPerMessage: 1 },
  ];
  const summary = summarize(measurements, [1]);
  expect(summary.map(({ peer, throughputRatio, cpuRatio }) => [peer, throughputRatio, cpuRatio])).toEqual([
    ["switchboard", 2, 0.25],
    ["ws", 1, 1],
    ["uws", 4, 0.25],
    ["net", 4, 0.2],
  ]);
  const options: MeasureOptions = {
    roundCount: 3,
    seconds: 1,
    warmupSeconds: 0,
    connectionCount: 100,
    pattern: "echo",
    payload: { kind: "ascii", bytes: 64 },
    inFlightCounts: [1],
  };
  const report = formatReport(summary, options);
  expect(report).toMatch(/^switchboard +400 +2\.00 +5\.00 +0\.25 +1\.00$/m);
  expect(report).toContain(`Node ${process.version}`);
});

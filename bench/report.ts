import { cpus } from "node:os";
import { type MeasureOptions, type Measurement, type Peer, peers } from "./measure.ts";

/** One peer's medians, and what they are in multiples of ws's. */
export interface Summary {
  readonly peer: Peer;
  readonly inFlightCount: number;
  readonly messagesPerSecond: number;
  readonly cpuMicrosPerMessage: number;
  /** Above 1 is faster than ws. */
  readonly throughputRatio: number;
  /** Below 1 is cheaper than ws. */
  readonly cpuRatio: number;
  /** Below 1 is cheaper than uWebSockets.js. */
  readonly cpuToUws: number;
}

/** What was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly coreCount: number;
  readonly node: string;
  readonly platform: string;
}

export function describeMachine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? "unknown",
    coreCount: cores.length,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** Medians of all rounds, in multiples of ws's. */
export function summarize(measurements: readonly Measurement[], inFlightCounts: readonly number[]): Summary[] {
  return inFlightCounts.flatMap((inFlightCount) => {
    const medians = peers.map((peer) => {
      const own = measurements.filter((one) => one.peer === peer && one.inFlightCount === inFlightCount);
      return {
        peer,
        inFlightCount,
        messagesPerSecond: median(own.map((one) => one.messagesPerSecond)),
        cpuMicrosPerMessage: median(own.map((one) => one.cpuMicrosPerMessage)),
      };
    });
    const base = medians.find((one) => one.peer === "ws");
    const uws = medians.find((one) => one.peer === "uws");
    return medians.map((one) => ({
      ...one,
      cpuToUws: one.cpuMicrosPerMessage / (uws?.cpuMicrosPerMessage ?? Number.NaN),
      throughputRatio: one.messagesPerSecond / (base?.messagesPerSecond ?? Number.NaN),
      cpuRatio: one.cpuMicrosPerMessage / (base?.cpuMicrosPerMessage ?? Number.NaN),
    }));
  });
}

/** The table for people. */
export function formatReport(summaries: readonly Summary[], options: MeasureOptions): string {
  const { cpu, coreCount, node, platform } = describeMachine();
  const lines = [
    `${options.pattern}: ${options.payload.bytes} bytes, ${options.payload.kind}, ${options.connectionCount} connections, loopback, medians of ${options.roundCount} rounds of ${options.seconds} s`,
    `${cpu}, ${coreCount} cores, Node ${node}, ${platform}; one process each for the server and the load`,
  ];
  for (const inFlightCount of options.inFlightCounts) {
    lines.push("", `${inFlightCount} in flight   messages/s     x ws   CPU us/message   x ws  x uws`);
    for (const one of summaries.filter((summary) => summary.inFlightCount === inFlightCount)) {
      lines.push(formatRow(one));
    }
  }
  lines.push(
    "",
    "net is bare node:net without handshake, frames or text: the floor; uws is uWebSockets.js, native. x ws: throughput up, CPU down is better.",
  );
  return lines.join("\n");
}

function formatRow(one: Summary): string {
  return [
    one.peer.padEnd(13),
    Math.round(one.messagesPerSecond).toLocaleString("en").padStart(11),
    one.throughputRatio.toFixed(2).padStart(9),
    one.cpuMicrosPerMessage.toFixed(2).padStart(17),
    one.cpuRatio.toFixed(2).padStart(7),
    one.cpuToUws.toFixed(2).padStart(7),
  ].join("");
}

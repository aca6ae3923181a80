import { setTimeout as wait } from "node:timers/promises";
import { Child } from "./child.ts";
import type { Load, LoadReply } from "./load.ts";
import type { ServerReply } from "./serve.ts";

/** Who is measured. `ws` is what the ratios are against. */
export const peers = ["switchboard", "ws", "uws", "net"] as const;
export type Peer = (typeof peers)[number];

/** What is measured, and how. */
export interface MeasureOptions extends Pick<Load, "pattern" | "payload"> {
  readonly roundCount: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly connectionCount: number;
  readonly inFlightCounts: readonly number[];
}

/** One peer in one round. */
export interface Measurement {
  readonly peer: Peer;
  readonly inFlightCount: number;
  readonly round: number;
  readonly messagesPerSecond: number;
  readonly cpuMicrosPerMessage: number;
}

/**
 * Measures every peer in every round: each server in its own process, the load in another. The peers take turns, so that a
 * disturbance of the machine hits all of them and not one.
 */
export async function measureSuite(
  options: MeasureOptions,
  onProgress: (line: string) => void,
): Promise<Measurement[]> {
  const load = new Child("load.ts");
  const servers = new Map(peers.map((peer) => [peer, new Child(`servers/${peer}.ts`)]));
  const measurements: Measurement[] = [];
  try {
    const ports = new Map<Peer, number>();
    for (const [peer, server] of servers) ports.set(peer, await readPort(server));
    for (let round = 1; round <= options.roundCount; round++) {
      for (const inFlightCount of options.inFlightCounts) {
        for (const [peer, server] of servers) {
          const rates = await measure({ server, load, options, peer, port: ports.get(peer) ?? 0, inFlightCount });
          measurements.push({ peer, inFlightCount, round, ...rates });
        }
      }
      onProgress(`round ${round} of ${options.roundCount}`);
    }
  } finally {
    for (const child of [load, ...servers.values()]) child.stop();
  }
  return measurements;
}

interface Target {
  readonly server: Child;
  readonly load: Child;
  readonly options: MeasureOptions;
  readonly peer: Peer;
  readonly port: number;
  readonly inFlightCount: number;
}

async function measure({
  server,
  load,
  options,
  peer,
  port,
  inFlightCount,
}: Target): Promise<Pick<Measurement, "messagesPerSecond" | "cpuMicrosPerMessage">> {
  const { pattern, payload, connectionCount, seconds, warmupSeconds } = options;
  await load.ask({
    type: "start",
    load: { pattern, port, connectionCount, inFlightCount, payload, isWebSocket: peer !== "net" },
  });
  await wait(warmupSeconds * 1000);
  const before = await sample(server, load);
  await wait(seconds * 1000);
  const after = await sample(server, load);
  await load.ask({ type: "stop" });
  const messageCount = after.messageCount - before.messageCount;
  return {
    messagesPerSecond: (messageCount * 1000) / (after.atMs - before.atMs),
    cpuMicrosPerMessage: (after.cpuMicros - before.cpuMicros) / messageCount,
  };
}

async function sample(server: Child, load: Child): Promise<{ messageCount: number; cpuMicros: number; atMs: number }> {
  const [{ messageCount }, usage] = await Promise.all([
    load.ask<LoadReply>({ type: "count" }),
    server.ask<ServerReply>({ type: "usage" }),
  ]);
  if (usage.type !== "usage") throw new Error("Cannot measure: the server did not answer for its CPU");
  return { messageCount, cpuMicros: usage.cpuMicros, atMs: performance.now() };
}

async function readPort(server: Child): Promise<number> {
  const reply = await server.receive<ServerReply>();
  if (reply.type !== "listening") throw new Error("Cannot measure: the server does not listen");
  return reply.port;
}

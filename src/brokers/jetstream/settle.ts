import { setTimeout as delay } from "node:timers/promises";
import { BrokerError } from "../../gateway/index.ts";
import type { Deadline } from "./deadline.ts";
import type { LogStream } from "./log-stream.ts";

/** How long a replica does not elect another leader after it has heard of one, by nats-server's `minElectionTimeout` (4 s), with a margin. */
const leaseMs = 3_000;
/** A leader that was replaced while it was cut off hears of it within a heartbeat (1 s) of its return. */
const heartbeatMs = 1_100;
const restMs = 100;

/**
 * Resolves when the stream has one leader. One that was cut off from the others answers reads as before for some seconds, from a log that may
 * be behind: as long as it has heard of most of them a moment ago nobody else can have been elected.
 *
 * @throws {BrokerError} when the deadline is over before.
 */
export async function settle(stream: Pick<LogStream, "silences">, deadline: Deadline): Promise<void> {
  for (;;) {
    const silences = await stream.silences(deadline);
    if (silences.length === 0) return;
    const heardCount = 1 + silences.filter((ms) => ms < leaseMs).length;
    if (heardCount * 2 > silences.length + 1) break;
    if (deadline.leftMs <= restMs) {
      const message = "Cannot read: who answers as the stream's leader has not heard of most of its replicas";
      throw new BrokerError("STORAGE_UNAVAILABLE", message);
    }
    await delay(restMs);
  }
  await delay(Math.min(heartbeatMs, deadline.leftMs));
}

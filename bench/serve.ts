import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** So many collections, so far apart: what one frees may hold back more until its finalizers have run, and pages go back in between. */
const settling = { collectionCount: 10, pauseMs: 100 } as const;

/**
 * Makes this process a server under test: says where it listens, and to any line says how many bytes are resident once nothing more can
 * be collected. Ends with the harness.
 */
export async function serve(listen: () => Promise<number>): Promise<void> {
  console.log(`Listening on ${await listen()}`);
  createInterface(process.stdin)
    .on("line", () => void tellResident())
    .on("close", () => process.exit(0));
}

async function tellResident(): Promise<void> {
  for (let count = 0; count < settling.collectionCount; count++) {
    globalThis.gc?.();
    await sleep(settling.pauseMs);
  }
  console.log(`Resident ${process.memoryUsage.rss()}`);
}

import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** So many collections, so far apart: what one frees may hold back more until its finalizers have run, and pages go back in between. */
const settling = { collectionCount: 10, pauseMs: 100 } as const;

/**
 * Makes this process a server under test: says where it listens, answers the lines it has an answer to, and to any other says how many
 * bytes are resident once nothing more can be collected. Ends with the harness.
 */
export async function serve(
  listen: () => Promise<number>,
  answers: Readonly<Record<string, () => string>> = {},
): Promise<void> {
  console.log(`Listening on ${await listen()}`);
  createInterface(process.stdin)
    .on("line", (line) => {
      const answer = answers[line];
      if (answer === undefined) void tellResident();
      else console.log(answer());
    })
    .on("close", () => process.exit(0));
}

async function tellResident(): Promise<void> {
  for (let count = 0; count < settling.collectionCount; count++) {
    globalThis.gc?.();
    await sleep(settling.pauseMs);
  }
  console.log(`Resident ${process.memoryUsage.rss()}`);
}

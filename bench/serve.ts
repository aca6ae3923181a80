import { createInterface } from "node:readline";

/**
 * Makes this process a server under test: says where it listens, and to any line says, after a full collection, how many bytes are
 * resident. Ends with the harness.
 */
export async function serve(listen: () => Promise<number>): Promise<void> {
  console.log(`Listening on ${await listen()}`);
  createInterface(process.stdin)
    .on("line", () => {
      // Twice: what the first frees may hold back more until its finalizers have run.
      globalThis.gc?.();
      setImmediate(() => {
        globalThis.gc?.();
        console.log(`Resident ${process.memoryUsage.rss()}`);
      });
    })
    .on("close", () => process.exit(0));
}

import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** What a sorted list has at so much of its length. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The median of appending 4 KiB and waiting for the disk, as a log does. */
export function measureFsyncMs(folder: string): number {
  const descriptor = openSync(join(folder, "fsync"), "w");
  const page = Buffer.alloc(4096, 1);
  const durationsMs = Array.from({ length: 200 }, () => {
    const startMs = performance.now();
    writeSync(descriptor, page);
    fsyncSync(descriptor);
    return performance.now() - startMs;
  });
  closeSync(descriptor);
  return quantile(durationsMs, 0.5);
}

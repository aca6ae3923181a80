import { readFileSync } from "node:fs";

/** Descriptors that are kept back for the store, the log and whatever else is not a connection. */
const keptBack = 64;

/** How many files this process may have open; `Infinity` where that is not to be known (only Linux tells). */
export function maxOpenFiles(readLimits = (): string => readFileSync("/proc/self/limits", "utf8")): number {
  try {
    return Number(/^Max open files +(?<soft>\d+)/m.exec(readLimits())?.groups?.["soft"] ?? Infinity);
  } catch {
    return Infinity;
  }
}

/** So many connections that a file can still be opened: nine tenths of what is allowed, at most what was wished for. */
export function connectionsWithin(openFiles: number, wish: number): number {
  return Math.max(1, Math.min(wish, Math.floor(openFiles * 0.9), openFiles - keptBack));
}

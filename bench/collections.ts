import { constants, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";

/** What was left when the collector had gone over all of the heap. */
export interface Collection {
  /** Since 1970. */
  readonly atMs: number;
  /** Used on the heap, and outside of it for objects on it. */
  readonly bytes: number;
}

/** Keeps what each full collection of this process leaves. Gives those since it was asked last. */
export function watchCollections(): () => readonly Collection[] {
  const collections: Collection[] = [];
  new PerformanceObserver((list) => {
    // The type of an entry of "gc" says nothing of it: https://nodejs.org/docs/latest-v20.x/api/perf_hooks.html#performanceentrydetail
    const entries = list.getEntries() as readonly (PerformanceEntry & {
      readonly detail?: { readonly kind?: number };
    })[];
    const isFull = entries.some(({ detail }) => detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR);
    if (!isFull) return;
    const { external, heapUsed } = process.memoryUsage();
    collections.push({ atMs: Date.now(), bytes: heapUsed + external });
  }).observe({ entryTypes: ["gc"] });
  return () => collections.splice(0);
}

import type { PlantedBug } from "./bugs.ts";
import { loadSimulator } from "./bundle.ts";

export interface Found {
  readonly seedCount: number;
  readonly seconds: number;
  readonly rule: string;
}

/** Runs seeds with the mistake in our source until one breaks a promise; nothing if none does. */
export async function findBug(
  { edits, name }: PlantedBug,
  { minutes, seed, seedCount }: { readonly seed: number; readonly seedCount: number; readonly minutes: number },
): Promise<Found | undefined> {
  const startedMs = performance.now();
  const { runSeed } = await loadSimulator(name, edits);
  for (let done = 1; done <= seedCount; done += 1) {
    const { violations } = await runSeed(seed + done - 1, minutes);
    const [first] = violations;
    if (first !== undefined) {
      return { seedCount: done, seconds: (performance.now() - startedMs) / 1000, rule: first.rule };
    }
  }
  return undefined;
}

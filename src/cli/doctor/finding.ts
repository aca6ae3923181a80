/** What `switchboard doctor` finds: the shape of its `--json`. */

export type CheckName =
  | "node"
  | "open-files"
  | "simd"
  | "backlog"
  | "proxies"
  | "file-system"
  | "sync"
  | "store"
  | "canary"
  | "gateway"
  | "names"
  | "health"
  | "readiness";

export interface DoctorFinding {
  readonly check: CheckName;
  /** `error`: it will not work. `warning`: it will hurt one day. `note`: it is good to know. */
  readonly level: "ok" | "note" | "warning" | "error";
  /** What was found, with its value. */
  readonly found: string;
  /** What follows from it. */
  readonly means: string;
  /** What to do; empty where nothing is to be done. */
  readonly remedy: string;
}

/** Makes the findings of one check. */
export function findingsOf(
  check: CheckName,
): Record<DoctorFinding["level"], (found: string, means: string, remedy?: string) => DoctorFinding> {
  const make =
    (level: DoctorFinding["level"]) =>
    (found: string, means: string, remedy = ""): DoctorFinding => ({ check, level, found, means, remedy });
  return { ok: make("ok"), note: make("note"), warning: make("warning"), error: make("error") };
}

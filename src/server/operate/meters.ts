import type { CloseInfo } from "../../engine/index.ts";
import type { Results } from "../../gateway/index.ts";
import { closeCodes } from "../../wire/index.ts";
import { Flights } from "./flights.ts";
import { Histogram } from "./histogram.ts";
import { LatencyWindow } from "./latency.ts";

/** From a lone memory append to a disk that hangs, in seconds. */
const appendBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Codes that mean something here; the others, which peers may choose, share one label: a label has few values, whoever connects. */
const knownCodes: ReadonlySet<number> = new Set([
  ...Array.from({ length: 16 }, (_, index) => 1000 + index),
  ...Object.values(closeCodes),
]);

/** What the gateway counts while it works, beyond what engine and core count themselves: additions, and nothing else. */
export class Meters {
  /** Appends by what came of them; the canary's are among them. */
  readonly appends: Record<Results["append"]["type"], number> = {
    stored: 0,
    duplicate: 0,
    conflict: 0,
    expired: 0,
    failed: 0,
  };
  /** From handing an event to the store until it was stable. */
  readonly appendSeconds: Histogram = new Histogram(appendBounds);
  /** The same, for the console. */
  readonly stored: LatencyWindow = new LatencyWindow();
  readonly flights: Flights = new Flights();
  readonly #closes = new Map<string, { readonly code: string; readonly by: CloseInfo["by"]; count: number }>();
  readonly #hookFailures = new Map<string, number>();

  appended(type: Results["append"]["type"], tookMs: number): void {
    this.appends[type] += 1;
    this.appendSeconds.observe(tookMs / 1_000);
    if (type === "stored") this.stored.observe(tookMs);
  }

  closed({ by, code }: Pick<CloseInfo, "by" | "code">): void {
    const label = knownCodes.has(code) ? String(code) : "other";
    const key = `${label} ${by}`;
    const known = this.#closes.get(key);
    if (known === undefined) this.#closes.set(key, { code: label, by, count: 1 });
    else known.count += 1;
  }

  hookFailed(hook: string): void {
    this.#hookFailures.set(hook, (this.#hookFailures.get(hook) ?? 0) + 1);
  }

  get closes(): readonly { readonly code: string; readonly by: CloseInfo["by"]; readonly count: number }[] {
    return [...this.#closes.values()];
  }

  get hookFailures(): readonly (readonly [string, number])[] {
    return [...this.#hookFailures];
  }
}

import type { InspectedStep, Inspection } from "./inspection.ts";

/** An inspection while it is being made. */
export class InspectionLog {
  readonly #startedMs = performance.now();
  readonly #steps: InspectedStep[] = [];
  #inspection: Inspection;
  #roundTripCount = 0;
  #connectionCount = 0;

  constructor(url: string) {
    this.#inspection = {
      url,
      isOpen: false,
      openAfterMs: undefined,
      pingMs: undefined,
      connectionCount: 0,
      roundTripCount: 0,
      steps: this.#steps,
      request: [],
      response: undefined,
      subprotocol: "",
      extensions: "",
      frames: [],
      close: undefined,
      findings: [],
    };
  }

  /** What is known so far. */
  get inspection(): Inspection {
    return {
      ...this.#inspection,
      roundTripCount: this.#roundTripCount,
      connectionCount: this.#connectionCount,
    };
  }

  /** Starts a step's clock; call the result when the step is done. */
  begin(name: InspectedStep["name"]): (detail: string, roundTripCount?: number) => void {
    const startedMs = performance.now();
    return (detail, roundTripCount = 0) => {
      this.#steps.push({ name, ms: roundMs(performance.now() - startedMs), detail });
      this.#roundTripCount += roundTripCount;
    };
  }

  /** A TCP connection is being tried. */
  countConnection(): void {
    this.#connectionCount++;
  }

  /** Adds what was found out. */
  note(facts: Partial<Inspection>): void {
    this.#inspection = { ...this.#inspection, ...facts };
  }

  /** The connection is open from here on. */
  noteOpen(): void {
    this.note({ isOpen: true, openAfterMs: roundMs(performance.now() - this.#startedMs) });
  }
}

/** Tenths of a millisecond: more is noise. */
export function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10;
}

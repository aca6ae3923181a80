import type { HistoryEvent } from "./event.ts";

/** The rules of SPEC.md, chapter tools, that a history can break. */
export type HistoryRule =
  | "HK1"
  | "HK2"
  | "HK3"
  | "HK4"
  | "HK5"
  | "HK6"
  | "HK7"
  | "HK8"
  | "HK9"
  | "HK10"
  | "HK11"
  | "HK14"
  | "HK15";

export interface Violation {
  readonly rule: HistoryRule;
  /** What is wrong, with the values. */
  readonly sentence: string;
  /** The fewest events that show it, in the order they happened. */
  readonly slice: readonly HistoryEvent[];
}

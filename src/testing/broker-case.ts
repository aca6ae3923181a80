import type { BrokerBench } from "./broker-bench.ts";

/** One rule of the contract and the run that shows it. */
export interface BrokerCase {
  /** The rule's id in SPEC.md. */
  readonly rule: string;
  readonly title: string;
  /** Whether it is about a store that outlives its broker. */
  readonly needsPersistence?: boolean;
  readonly run: (bench: BrokerBench) => Promise<void>;
}

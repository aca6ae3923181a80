import { appendCases } from "./broker-append-cases.ts";
import type { BrokerStore, ExpectFunction } from "./broker-bench.ts";
import { BrokerBench } from "./broker-bench.ts";
import { compareCases } from "./broker-compare-cases.ts";
import { dedupCases } from "./broker-dedup-cases.ts";
import { noticeCases } from "./broker-notice-cases.ts";
import { readCases } from "./broker-read-cases.ts";
import { tellCases } from "./broker-tell-cases.ts";

/** What `vitest`, `jest` and `node:test` have in common: a name and something to wait for. */
export type TestFunction = (name: string, run: () => Promise<void>) => unknown;

/** A test runner, and how to make the store that is judged. */
export interface DescribeBrokerOptions {
  readonly test: TestFunction;
  readonly expect: ExpectFunction;
  readonly makeStore: () => Promise<BrokerStore>;
  /** Whether the store outlives its broker. Rules about opening again run only then. */
  readonly isPersistent: boolean;
  /** Rules that the broker does not keep, each with the reason that its users are told. */
  readonly skip?: readonly { readonly rule: string; readonly reason: string }[];
}

const allCases = [...appendCases, ...compareCases, ...dedupCases, ...noticeCases, ...readCases, ...tellCases];

/**
 * Registers a test for every rule of the broker contract (SPEC.md, chapter "Brokers"). A broker that passes can carry the gateway's
 * promises.
 *
 * @param name - the broker's, for the names of the tests.
 */
export function describeBroker(name: string, options: DescribeBrokerOptions): void {
  const skipped = new Set(options.skip?.map(({ rule }) => rule));
  for (const { needsPersistence, rule, run, title } of allCases) {
    if (skipped.has(rule) || (needsPersistence === true && !options.isPersistent)) continue;
    options.test(`[${rule}] ${name}: ${title}`, async () => {
      const bench = new BrokerBench(await options.makeStore(), options.expect);
      try {
        await run(bench);
      } finally {
        await bench.dispose();
      }
    });
  }
}

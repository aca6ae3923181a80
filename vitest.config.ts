import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { PlainReporter } from "./tools/plain-reporter.ts";

export default defineConfig({
  test: {
    include: [
      "src/**/*.test.ts",
      "test/**/*.test.ts",
      "tools/**/*.test.ts",
      "bench/**/*.test.ts",
      "web/**/*.test.{ts,tsx}",
      "examples/**/*.test.ts",
    ],
    // Bounds for what hangs, not for what is slow: CI's two cores also run the browsers and servers under test.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 15_000 } },
    // Half of the time a test waits for what it has started: a browser, a store, a node that is killed.
    maxWorkers: 2 * availableParallelism(),
    reporters: ["default", new PlainReporter()],
    coverage: { include: ["src/**/*.ts"], exclude: ["**/*.test.ts"] },
  },
});

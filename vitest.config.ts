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
    ],
    reporters: ["default", new PlainReporter()],
    coverage: { include: ["src/**/*.ts"], exclude: ["**/*.test.ts"] },
  },
});
